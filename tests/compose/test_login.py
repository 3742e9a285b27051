"""Logging in and out, as a browser does."""

from collections.abc import Callable

import httpx
import pytest

from dev.stack import DEMO_EMAIL
from tests.compose.conftest import LOGIN_TOKEN
from tests.compose.stack import Person, Stack

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


def test_a_login_without_its_token_is_refused(public: httpx.Client, alice: Person) -> None:
    answer = public.post("/login", data={"email": alice.email, "password": alice.password})

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
    token = LOGIN_TOKEN.search(page.text)
    assert token, "the page has no form to log out with"

    answer = browser.post("/logout", data={"csrfmiddlewaretoken": token[1]})

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
