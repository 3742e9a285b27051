"""Logging in and out, as a browser does."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dev.stack import DEMO_EMAIL
from tests.compose.stack import Person, Stack
from tests.people_kit import LOGIN_TOKEN

LogIn = Callable[[str, str], httpx.Client]


@pytest.fixture(scope="module")
def alice(stack: Stack) -> Person:
    return stack.people(alice=None)[0]


def test_email_and_password_open_the_app(login: LogIn, alice: Person) -> None:
    browser = login(alice.email, alice.password)

    assert browser.get("/api/users/me").json()["id"] == alice.id
    assert browser.patch("/api/users/me", json={"first_name": "Alicia"}).status_code == 200


def test_the_email_may_be_written_in_capitals(login: LogIn, alice: Person) -> None:
    assert login(alice.email.upper(), alice.password).get("/api/users/me").json()["id"] == alice.id


def test_the_demo_login_works(login: LogIn, stack: Stack) -> None:
    password = stack.compose("exec", "-T", "app", "cat", "/run/secrets/app/demo_password").stdout.strip()

    me = login(DEMO_EMAIL, password).get("/api/users/me").json()

    assert me["email"] == DEMO_EMAIL
    assert me["home_city"] is not None


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_opens_nothing(public: httpx.Client, alice: Person, password: str) -> None:
    token = LOGIN_TOKEN.search(public.get("/login").text)
    assert token

    answer = public.post(
        "/login", data={"csrfmiddlewaretoken": token[1], "email": alice.email, "password": password}
    )

    assert answer.status_code == 422
    assert "wrong" in answer.text or "required" in answer.text
    assert public.get("/api/users/me").status_code == 403


@pytest.fixture
def forgotten_guesses(stack: Stack) -> Iterator[None]:
    """Let the tests that follow log in: all of them come from this one address."""
    yield
    stack.manage(
        "shell", "--no-imports", "-c", "from web.models import GuessCount as G; G.objects.all().delete()"
    )


@pytest.mark.usefixtures("forgotten_guesses")
def test_many_guesses_at_once_are_counted_by_all_containers_together(stack: Stack) -> None:
    """Of thirty at the same time five are looked at, whichever process of which container gets them."""
    (victim,) = stack.people(victim=None)

    def guess(browser: httpx.Client, token: str) -> httpx.Response:
        form = {"csrfmiddlewaretoken": token, "email": victim.email, "password": "a guess"}
        return browser.post("/login", data=form)

    with contextlib.ExitStack() as browsers, ThreadPoolExecutor(10) as at_once:
        # Addresses that a client claims do not help it: the gateway's word on where it is counts.
        clients = [
            browsers.enter_context(
                httpx.Client(
                    base_url=stack.url,
                    headers={"X-Forwarded-For": f"10.0.0.{number}"},
                    trust_env=False,
                    timeout=30,
                )
            )
            for number in range(30)
        ]
        tokens = [LOGIN_TOKEN.search(client.get("/login").text) for client in clients]
        answers = list(at_once.map(guess, clients, [token[1] for token in tokens if token]))
    looked_at = [answer for answer in answers if answer.status_code == 422]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(looked_at) <= 5
    assert len(refused) >= 25
    assert len(looked_at) + len(refused) == 30
    for answer in refused:
        assert "Too many attempts. Try again in 15 minutes." in answer.text
        assert int(answer.headers["Retry-After"]) == 15 * 60


def test_a_login_without_its_token_is_refused(public: httpx.Client, alice: Person) -> None:
    answer = public.post("/login", data={"email": alice.email, "password": alice.password})

    assert answer.status_code == 403
    assert public.get("/api/users/me").status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null"])
def test_a_page_of_somebody_else_logs_nobody_in(public: httpx.Client, alice: Person, origin: str) -> None:
    token = LOGIN_TOKEN.search(public.get("/login").text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "email": alice.email, "password": alice.password}

    answer = public.post("/login", data=form, headers={"Origin": origin})

    assert answer.status_code == 403
    assert public.get("/api/users/me").status_code == 403


def test_a_login_leads_only_to_pages_of_ours(public: httpx.Client, alice: Person) -> None:
    token = LOGIN_TOKEN.search(public.get("/login").text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "email": alice.email, "password": alice.password}

    answer = public.post(
        "/login?next=https://evil.example.org/", data={**form, "next": "https://evil.example.org/"}
    )

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_logging_out_ends_the_session(login: LogIn, alice: Person) -> None:
    browser = login(alice.email, alice.password)
    page = browser.get("/", follow_redirects=True)
    assert page.status_code == 200

    # As the page's script does: it takes the token from the cookie.
    answer = browser.post("/logout", data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})

    assert answer.status_code == 302
    assert browser.get("/api/users/me").status_code == 403


def test_pages_lead_strangers_to_the_login(public: httpx.Client) -> None:
    answer = public.get("/trips")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_nobody_can_sign_up(public: httpx.Client) -> None:
    for path in ("/signup", "/signup/", "/accounts/signup/", "/login/signup"):
        answer = public.post(path, data={"email": "new@example.org", "password1": "x", "password2": "x"})

        assert answer.status_code in {302, 403, 404, 405}, path
        assert "sessionid" not in public.cookies


def test_cookies_are_kept_from_scripts_and_other_sites(login: LogIn, alice: Person, stack: Stack) -> None:
    browser = login(alice.email, alice.password)
    token = LOGIN_TOKEN.search(stack.browser().get("/login").text)

    session = next(cookie for cookie in browser.cookies.jar if cookie.name == "sessionid")

    assert token
    assert session.has_nonstandard_attr("HttpOnly")
    assert session.get_nonstandard_attr("SameSite") == "Lax"
