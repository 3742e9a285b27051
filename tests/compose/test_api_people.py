"""Cities, users and one's own profile."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.compose.stack import Person, Stack

CITY = {"id", "name", "country", "region", "location", "kind", "timezone"}
COUNTRY = {"code", "code3", "name", "currency", "tld", "capital"}
USER = {"id", "first_name", "avatar_url", "home_city", "email", "work_hours"}
SIMPLE_TRIP = {"id", "city", "start", "end"}


@pytest.fixture(scope="module")
def team(stack: Stack, city: Callable[[str], int]) -> list[Person]:
    return stack.people(bob=city("Paris"), alice=city("London"), carol=None)


def test_a_city_has_its_country_region_place_and_zone(team: list[Person]) -> None:
    (paris, *_) = team[0].results("/api/cities", search="paris")

    assert set(paris) == CITY
    assert (paris["name"], paris["kind"], paris["timezone"]) == ("Paris", "PPLC", "Europe/Paris")
    assert paris["country"] == {
        "code": "FR", "code3": "FRA", "name": "France", "currency": "EUR", "tld": "fr", "capital": "Paris",
    }  # fmt: skip
    assert paris["region"] == {"code": "11", "name": paris["region"]["name"]}
    longitude, latitude = paris["location"]
    assert (round(longitude), round(latitude)) == (2, 49)


@pytest.mark.parametrize("search", ["sao paulo", "São Paulo", "PAULO sao", "sao,paulo"])
def test_a_search_minds_neither_accents_nor_case_nor_order(team: list[Person], search: str) -> None:
    (first, *_) = team[0].results("/api/cities", search=search)

    assert (first["name"], first["country"]["code"]) == ("Sao Paulo", "BR")


def test_the_biggest_city_comes_first(team: list[Person]) -> None:
    found = team[0].results("/api/cities", search="london", limit="5")

    assert [(city["name"], city["country"]["code"]) for city in found[:2]] == [
        ("London", "GB"),
        ("East London", "ZA"),
    ]


def test_a_search_that_fits_nothing_finds_nothing(team: list[Person]) -> None:
    assert team[0].get("/api/cities", params={"search": "paris xyzzy"}).json()["count"] == 0


def test_the_team_is_listed_by_first_name_with_trips(team: list[Person], city: Callable[[str], int]) -> None:
    bob, alice, carol = team
    booked = bob.book(city("Rome"), "2031-03-01", "2031-03-05", notes="anniversary")

    users = carol.results("/api/users")

    assert [user["id"] for user in users] == [alice.id, bob.id, carol.id]
    assert {frozenset(user) for user in users} == {frozenset(USER | {"trips"})}
    assert users[1]["trips"] == [{name: booked[name] for name in SIMPLE_TRIP}]
    assert (users[1]["home_city"]["name"], users[2]["home_city"]) == ("Paris", None)


def test_my_profile_is_mine(team: list[Person]) -> None:
    me = team[1].get("/api/users/me").json()

    assert set(me) == USER
    assert (me["id"], me["email"], me["first_name"]) == (team[1].id, team[1].email, "Alice")


def test_a_profile_is_changed_field_by_field(stack: Stack, city: Callable[[str], int]) -> None:
    (dave,) = stack.people(dave=None)
    changes: list[dict[str, Any]] = [
        {"first_name": "David"},
        {"avatar_url": "https://example.org/d.png"},
        {"work_hours": {"start": "09:00", "end": "17:30"}},
        {"home_city": city("Berlin")},
        {"work_hours": None},
    ]

    answers = [dave.patch("/api/users/me", json=change) for change in changes]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert answers[2].json()["work_hours"] == {"start": "09:00", "end": "17:30"}
    last = answers[-1].json()
    assert last == dave.get("/api/users/me").json()
    assert (last["first_name"], last["home_city"]["name"], last["work_hours"]) == ("David", "Berlin", None)


def test_what_is_not_ours_to_change_is_passed_over(stack: Stack) -> None:
    (erin,) = stack.people(erin=None)

    answer = erin.patch("/api/users/me", json={"email": "x@example.org", "id": "user_x", "is_staff": True})

    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["id"]) == (erin.email, erin.id)


@pytest.mark.parametrize(
    "hours", [{"start": "09:00"}, {"start": 9, "end": 17}, [], "soon", {"start": "", "x": ""}]
)
def test_malformed_work_hours_are_refused(team: list[Person], hours: Any) -> None:
    answer = team[0].patch("/api/users/me", json={"work_hours": hours})

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["attr"]) == ("invalid_input", "work_hours")


def test_a_home_city_cannot_be_cleared_nor_made_up(team: list[Person]) -> None:
    codes = [
        team[0].patch("/api/users/me", json={"home_city": home}).json()["code"] for home in (None, 1, "Paris")
    ]

    assert codes == ["null", "does_not_exist", "invalid_input"]
