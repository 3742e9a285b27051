"""`/api/users` and `/api/users/me`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from matches.models import Match
from people.models import User
from tests.unit.clients import ApiClient, detail, problem
from tests.unit.factories import TeamFactory, UserFactory, book, day, place

pytestmark = pytest.mark.django_db

PARIS = {
    "id": 2988507,
    "name": "Paris",
    "country": {
        "code": "FR",
        "code3": "FRA",
        "name": "France",
        "currency": "EUR",
        "tld": "fr",
        "capital": "Paris",
    },
    "region": {"code": "11", "name": "Ile-de-France"},
    "location": [2.3488, 48.85341],
    "kind": "PPLC",
    "timezone": "Europe/Paris",
}


@pytest.fixture
def me() -> User:
    return UserFactory(first_name="Bob", email="bob@example.com", home_city="Paris")


def test_i_am_shown_with_exactly_these_keys(me: User, api: ApiClient) -> None:
    assert api.get("/api/users/me").json() == {
        "id": me.public_id,
        "first_name": "Bob",
        "avatar_url": "",
        "home_city": PARIS,
        "email": "bob@example.com",
        "work_hours": None,
    }


def test_no_home_is_null() -> None:
    assert ApiClient(UserFactory()).get("/api/users/me").json()["home_city"] is None


def test_my_profile_can_be_changed(me: User, api: ApiClient) -> None:
    changes = {
        "first_name": "Robert",
        "avatar_url": "no URL at all",
        "home_city": place("Rome").pk,
        "work_hours": {"start": "09:00", "end": "17:30"},
    }
    answer = api.patch("/api/users/me", changes)
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["home_city"]["name"] == "Rome"
    assert {**shown, "home_city": shown["home_city"]["id"]} == {**shown, **changes}
    assert api.get("/api/users/me").json() == shown


def test_one_field_can_be_changed_alone_and_emptied(me: User, api: ApiClient) -> None:
    shown = api.patch("/api/users/me", {"first_name": ""}).json()
    assert (shown["first_name"], shown["home_city"]) == ("", PARIS)


def test_what_cannot_be_changed_is_ignored(me: User, api: ApiClient) -> None:
    before = api.get("/api/users/me").json()
    ignored = {
        "email": "x@example.com",
        "id": "user_" + "a" * 24,
        "is_staff": True,
        "team": 1,
        "password": "x",
    }
    answer = api.patch("/api/users/me", ignored)
    assert (answer.status_code, answer.json()) == (200, before)
    me.refresh_from_db()
    assert not me.is_staff


def test_a_home_cannot_be_given_up_here(api: ApiClient) -> None:
    answer = api.patch("/api/users/me", {"home_city": None})
    assert problem(answer) == (400, "validation_error", "null", "home_city")


def test_work_hours_can_be_taken_away(me: User, api: ApiClient) -> None:
    api.patch("/api/users/me", {"work_hours": {"start": "9", "end": "whenever"}})
    assert api.patch("/api/users/me", {"work_hours": None}).json()["work_hours"] is None


def test_work_hours_may_come_as_a_string_of_json(api: ApiClient) -> None:
    answer = api.patch("/api/users/me", {"work_hours": '{"end": "17:00", "start": "09:00"}'})
    assert answer.json()["work_hours"] == {"start": "09:00", "end": "17:00"}


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ({}, "'start' is a required property"),
        ({"start": "9"}, "'end' is a required property"),
        ({"start": "9", "end": 17}, "17 is not of type 'string'"),
        ({"start": "9", "end": None}, "None is not of type 'string'"),
        ({"start": "9", "end": "17", "x": 1}, "'x' was unexpected"),
        ([], "[] is not of type 'object'"),
        (5, "5 is not of type 'object'"),
        ("9 to 5", "Extra data"),
        ("[" * 100_000, "recursion"),
        ({"start": "9\x00", "end": "17"}, "cannot be stored"),
        ({"start": "9", "end": "\ud800"}, "cannot be stored"),
        ('{"start": "9", "end": "\\ud800"}', "cannot be stored"),
        ({"start": "x" * 65, "end": "17"}, "longer than 64"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_malformed_work_hours_are_refused(api: ApiClient, value: Any, because: str) -> None:
    answer = api.patch("/api/users/me", {"work_hours": value})
    assert problem(answer) == (400, "validation_error", "invalid_input", "work_hours")
    assert detail(answer).startswith("Malformed JSON: ")
    assert because in detail(answer)


def test_moving_home_makes_and_ends_matches(me: User, api: ApiClient) -> None:
    mate = UserFactory(team=me.team, home_city="Edinburgh")
    book(mate, "Rome", day(1), day(3))
    book(mate, "Paris", day(10), day(12))
    assert Match.objects.get().overlap_start == day(10)
    api.patch("/api/users/me", {"home_city": place("Rome").pk})
    assert Match.objects.get().overlap_start == day(1)


def test_the_team_is_listed_by_first_name_with_trips_by_date(me: User, api: ApiClient) -> None:
    anna = UserFactory(first_name="Anna", team=me.team)
    UserFactory(first_name="Stranger", team=TeamFactory())
    later, sooner = book(anna, "Rome", day(5)), book(anna, "Paris", day(1), day(3), notes="private")

    body = api.get("/api/users").json()

    assert (body["count"], body["next"], body["previous"]) == (2, None, None)
    first, second = body["results"]
    assert [first["first_name"], second["first_name"]] == ["Anna", "Bob"]
    assert set(first) == {"id", "first_name", "avatar_url", "home_city", "email", "work_hours", "trips"}
    assert [trip["id"] for trip in first["trips"]] == [sooner.public_id, later.public_id]
    assert first["trips"][0] == {
        "id": sooner.public_id,
        "city": PARIS,
        "start": "2040-01-01",
        "end": "2040-01-03",
    }
    assert second["trips"] == []


def test_trips_that_ended_over_31_days_ago_are_history(me: User, api: ApiClient) -> None:
    with time_machine.travel(datetime(2040, 3, 1, 13, tzinfo=UTC), tick=False):
        api = ApiClient(me)
        today = day(61)
        old = book(me, "Rome", today - timedelta(days=40), today - timedelta(days=32))
        recent = book(me, "Rome", today - timedelta(days=32), today - timedelta(days=31))

        def shown(**query: str) -> list[str]:
            (listed,) = api.get("/api/users", **query).json()["results"]
            return [trip["id"] for trip in listed["trips"]]

        assert shown() == shown(trips="") == shown(trips="recent") == [recent.public_id]
        assert shown(trips="all") == [old.public_id, recent.public_id]


def test_lists_come_in_pages(me: User, api: ApiClient) -> None:
    for name in ("Anna", "Cleo", "Dora"):
        UserFactory(first_name=name, team=me.team)

    page = api.get("/api/users", limit=2, offset=1).json()

    assert page["count"] == 4
    assert [person["first_name"] for person in page["results"]] == ["Bob", "Cleo"]
    assert page["next"] == "http://testserver/api/users?limit=2&offset=3"
    assert page["previous"] == "http://testserver/api/users?limit=2"
    last = api.django.get(page["next"]).json()
    assert ([person["first_name"] for person in last["results"]], last["next"]) == (["Dora"], None)


def test_pages_have_100_results_unless_asked_and_1000_at_most(me: User, api: ApiClient) -> None:
    User.objects.bulk_create(User(email=f"{number}@example.com", team=me.team) for number in range(1100))
    assert len(api.get("/api/users").json()["results"]) == 100
    assert len(api.get("/api/users", limit=300).json()["results"]) == 300
    page = api.get("/api/users", limit=5000).json()
    assert len(page["results"]) == 1000
    assert page["next"] == "http://testserver/api/users?limit=1000&offset=1000"
