"""What becomes of exceptions that views and services let through."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from rest_framework.exceptions import APIException

from config.api.errors import handle
from matches import queries
from matches.models import Match
from people import representation
from people.models import User
from tests.unit.clients import ApiClient, problem
from tests.unit.factories import UserFactory, book, day, place
from trips import services
from trips.models import Trip


def body(error: Exception) -> tuple[int, dict[str, Any]]:
    answer = handle(error, {})
    assert answer is not None
    return answer.status_code, answer.data


def test_what_has_vanished_meanwhile_is_not_found() -> None:
    assert body(Trip.DoesNotExist())[0] == 404
    assert body(Match.DoesNotExist())[1]["code"] == "not_found"


def test_djangos_own_refusal_is_forbidden() -> None:
    assert body(PermissionDenied())[1]["code"] == "permission_denied"


@pytest.mark.parametrize(
    ("error", "code", "attr"),
    [
        (ValidationError("x"), "invalid_input", None),
        (ValidationError({"__all__": ["x"]}), "invalid_input", None),
        (ValidationError({"end": ValidationError("x", code="overlapping_trip")}), "overlapping_trip", "end"),
        (ValidationError("no %(what)s", params={"what": "way"}), "invalid_input", None),
    ],
)
def test_a_broken_rule_of_a_model_is_a_validation_error(
    error: ValidationError, code: str, attr: str | None
) -> None:
    status, shown = body(error)
    assert (status, shown["type"], shown["code"], shown["attr"]) == (400, "validation_error", code, attr)
    assert "%" not in shown["detail"]


def test_an_exception_without_a_single_message_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no single message"):
        handle(APIException({"several": "messages"}), {})


def test_other_exceptions_are_left_to_django() -> None:
    assert handle(RuntimeError(), {}) is None


@pytest.mark.django_db
def test_what_nobody_expected_gets_500_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(user: User) -> None:
        raise RuntimeError("a secret")

    api = ApiClient(UserFactory())
    api.django = Client(raise_request_exception=False)
    api.django.force_login(UserFactory())
    monkeypatch.setattr(representation, "represent", fail)
    answer = api.get("/api/users/me")
    assert problem(answer) == (500, "server_error", "error", None)
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_a_match_that_ceases_to_be_one_meanwhile_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    host = UserFactory(home_city="Paris")
    book(UserFactory(team=host.team), "Paris", day(1))
    api = ApiClient(host)
    match = Match.objects.get()
    monkeypatch.setattr("matches.api._own_match", lambda *_: match)
    queries.delete([match.pk])
    assert api.patch(f"/api/matches/{match.public_id}", {"state": "seen"}).status_code == 404


@pytest.mark.django_db
def test_other_refusals_of_the_database_are_not_taken_for_an_overlap() -> None:
    user = UserFactory()
    trip = Trip(user=user, city=place("Rome"), start=day(1), end=day(1), public_id="malformed")
    with pytest.raises(IntegrityError, match="trip_public_id_format"):
        services.add(trip)


def test_routes_can_be_reversed() -> None:
    public_id = "trip_" + "a" * 24
    assert reverse("trip", kwargs={"public_id": public_id}) == f"/api/trips/{public_id}"
