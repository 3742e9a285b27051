"""Login by email address and password, and out again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from people.accounts.addresses import client_of
from people.models import User
from tests.unit.factories import PASSWORD, TeamFactory, UserFactory
from web.models import GuessCount

pytestmark = pytest.mark.django_db

WRONG = "Email address or password is wrong."


@pytest.fixture
def anna() -> User:
    return UserFactory(email="anna@example.com")


def test_the_right_password_opens_the_page_that_was_asked_for(client: Client, anna: User) -> None:
    assert client.get("/trips")["Location"] == "/login?next=/trips"
    page = client.get("/login?next=/trips")
    assert 'name="next" value="/trips"' in page.text
    answer = client.post("/login", {"email": "Anna@Example.com", "password": PASSWORD, "next": "/trips"})
    assert (answer.status_code, answer["Location"]) == (302, "/trips")
    assert client.get("/api/trips").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/login", ""]
)
def test_login_leads_to_pages_of_ours_only(client: Client, anna: User, target: str) -> None:
    answer = client.post("/login", {"email": anna.email, "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_whoever_is_logged_in_goes_on(client: Client, anna: User) -> None:
    client.force_login(anna)
    assert client.get("/login?next=/profile")["Location"] == "/profile"


@pytest.mark.parametrize(
    ("email", "password"),
    [("anna@example.com", "guess"), ("nobody@example.com", PASSWORD), ("off@example.com", PASSWORD)],
)
def test_a_refusal_does_not_tell_who_has_an_account(
    client: Client, anna: User, email: str, password: str
) -> None:
    UserFactory(email="off@example.com", is_active=False)
    answer = client.post("/login", {"email": email, "password": password})
    assert answer.status_code == 422
    assert re.findall(r'role="alert">(.*?)<', answer.text) == [WRONG]


def test_what_is_missing_is_said_at_its_field(client: Client) -> None:
    answer = client.post("/login", {"email": "anna"})
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.text
    assert "This field is required." in answer.text


def test_an_account_without_password_cannot_be_opened_with_an_empty_one(client: Client) -> None:
    UserFactory(email="social@example.com", password=None)
    assert client.post("/login", {"email": "social@example.com", "password": " "}).status_code == 422


def test_guessing_ends_after_five_attempts_even_with_the_right_password(client: Client, anna: User) -> None:
    for _ in range(5):
        assert client.post("/login", {"email": anna.email, "password": "guess"}).status_code in (422, 429)
    answer = client.post("/login", {"email": anna.email, "password": PASSWORD})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert "Too many attempts. Try again in 15 minutes." in answer.text
    assert "sessionid" not in client.cookies


def test_accounts_that_do_not_exist_are_limited_in_the_same_way(client: Client) -> None:
    codes = [
        client.post("/login", {"email": "nobody@example.com", "password": "x"}).status_code for _ in range(7)
    ]
    assert codes == [422] * 5 + [429] * 2


def test_after_a_while_guesses_are_forgotten(client: Client, anna: User) -> None:
    for _ in range(7):
        client.post("/login", {"email": anna.email, "password": "guess"})
    GuessCount.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert client.post("/login", {"email": anna.email, "password": PASSWORD}).status_code == 302


def test_a_right_password_forgives_the_wrong_ones_before(client: Client, anna: User) -> None:
    for _ in range(3):
        for _ in range(4):
            client.post("/login", {"email": anna.email, "password": "guess"})
        assert client.post("/login", {"email": anna.email, "password": PASSWORD}).status_code == 302
        client.post("/logout")


def test_somebody_elses_guesses_do_not_keep_the_owner_out(client: Client, anna: User) -> None:
    for _ in range(7):
        client.post(
            "/login", {"email": anna.email, "password": "guess"}, headers={"X-Forwarded-For": "203.0.113.7"}
        )
    assert client.post("/login", {"email": anna.email, "password": PASSWORD}).status_code == 302


def test_one_place_cannot_try_one_password_on_every_account(client: Client) -> None:
    codes = {
        client.post("/login", {"email": f"p{number}@example.com", "password": "x"}).status_code
        for number in range(52)
    }
    assert codes == {422, 429}


def test_the_limit_holds_for_the_admins_login_too(client: Client) -> None:
    UserFactory(email="root@example.com", is_staff=True)
    for _ in range(5):
        wrong = client.post("/internal/admin/login/", {"username": "root@example.com", "password": "guess"})
        assert wrong.status_code == 200
    answer = client.post("/internal/admin/login/", {"username": "root@example.com", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 15 * 60
    assert "Too many attempts. Try again in 15 minutes." in answer.text
    assert "sessionid" not in client.cookies


def test_the_table_of_guesses_tells_nobody_who_tried(client: Client, anna: User) -> None:
    client.post("/login", {"email": anna.email, "password": "guess"})
    assert not any("anna" in row.key or "127.0.0.1" in row.key for row in GuessCount.objects.all())


def test_a_login_without_a_request_works_for_commands(anna: User) -> None:
    assert authenticate(None, username=anna.email, password=PASSWORD) == anna
    assert authenticate(None, email=anna.email, password=PASSWORD) == anna
    assert authenticate(None, username=anna.email) is None


def test_a_form_from_elsewhere_is_refused(anna: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login", {"email": anna.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "reload the page" in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_logout_ends_the_session_as_old_clients_do_it_too(anna: User, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert getattr(client, method)("/logout")["Location"] == "/login"
    assert client.get("/api/users/me").status_code == 403


def test_a_superuser_made_on_the_command_line_can_log_in_to_the_admin(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import call_command

    team = TeamFactory()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="root@example.com", team=team.pk, verbosity=0)
    answer = client.post(
        "/internal/admin/login/?next=/internal/admin/", {"username": "root@example.com", "password": PASSWORD}
    )
    assert answer.status_code == 302
    answer = client.get("/internal/admin/")
    assert answer.status_code == 200
    assert "Social accounts" in answer.text
    assert "Social applications" not in answer.text


@pytest.mark.parametrize(
    ("trusted", "header", "expected"),
    [
        (1, "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.9, 203.0.113.7", "198.51.100.9"),
        (3, "198.51.100.9, 203.0.113.7", "10.0.0.1"),
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_clients_address_is_what_the_outermost_trusted_proxy_saw(
    settings: Settings, trusted: int, header: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="10.0.0.1")
    assert client_of(request) == expected


def test_without_a_request_there_is_no_address() -> None:
    assert client_of(None) == ""
