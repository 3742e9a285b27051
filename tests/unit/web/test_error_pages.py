"""What people and clients get when something goes wrong."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from config.urls import handler400, handler403, handler404, handler500
from tests.unit.factories import UserFactory
from web import errors

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def crash(request: HttpRequest) -> HttpResponse:
    """Break."""
    raise RuntimeError("broken")


def odd(request: HttpRequest) -> HttpResponse:
    """Take offence at the request."""
    raise SuspiciousOperation


def ask_the_database(request: HttpRequest) -> HttpResponse:
    """Need a database that hangs up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse("not reached")


def ask_nonsense(request: HttpRequest) -> HttpResponse:
    """Have the database refuse a statement because of what it says."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
    return HttpResponse("not reached")


urlpatterns = [
    path(f"{prefix}{name}", view)
    for prefix in ("", "api/")
    for name, view in (("crash", crash), ("odd", odd), ("away", ask_the_database), ("slow", ask_nonsense))
]


@pytest.fixture
def broken(settings: Settings) -> Client:
    """A site where everything breaks."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_a_crash_is_admitted_in_words(broken: Client) -> None:
    answer = broken.get("/crash")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "RuntimeError" not in answer.text


def test_clients_of_the_api_get_json(broken: Client) -> None:
    answer = broken.get("/api/crash")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "server_error", "code": "error", "detail": "A server error occurred.", "attr": None,
    }  # fmt: skip
    assert broken.get("/api/odd").json()["type"] == "invalid_request"


def test_a_request_that_makes_no_sense_is_told_so(broken: Client) -> None:
    assert "makes no sense" in broken.get("/odd").text


def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/login", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_a_page_that_does_not_exist_says_so(client: Client) -> None:
    client.force_login(UserFactory())
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_even_a_broken_error_page_says_something(broken: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> str:
        raise RuntimeError("no templates")

    monkeypatch.setattr(errors, "render_to_string", fail)
    answer = broken.get("/crash")
    assert answer.status_code == 500
    assert answer.text == "Something broke on our side. It has been noted. Try again in a moment."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prefix", ["/", "/api/"])
def test_while_the_database_is_away_clients_are_asked_to_come_again(broken: Client, prefix: str) -> None:
    answer = broken.get(f"{prefix}away")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_is_a_fault_not_a_failure(broken: Client) -> None:
    assert broken.get("/slow").status_code == 500
