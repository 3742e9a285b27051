"""Trips: booked, seen by the team, changed and cancelled by their owner alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.compose.stack import Person, Stack

TRIP = {"id", "city", "start", "end", "user", "notes"}
USER = {"id", "first_name", "avatar_url", "home_city", "email", "work_hours"}


@pytest.fixture
def team(stack: Stack) -> list[Person]:
    return stack.people(alice=None, bob=None)


@pytest.fixture
def outsider(stack: Stack) -> Person:
    return stack.people(mallory=None)[0]


def test_a_booked_trip_is_shown_whole(team: list[Person], city: Callable[[str], int]) -> None:
    alice, _ = team

    trip = alice.book(city("Rome"), "2031-03-01", "2031-03-05", notes="two bags")

    assert set(trip) == TRIP
    assert set(trip["user"]) == USER
    assert (trip["city"]["name"], trip["start"], trip["end"]) == ("Rome", "2031-03-01", "2031-03-05")
    assert (trip["user"]["id"], trip["notes"]) == (alice.id, "two bags")
    assert alice.get(f"/api/trips/{trip['id']}").json() == trip


def test_notes_are_for_their_owner_only(team: list[Person], city: Callable[[str], int]) -> None:
    alice, bob = team
    trip = alice.book(city("Rome"), "2031-03-01", "2031-03-05", notes="interview at a rival")

    seen = [
        bob.get(f"/api/trips/{trip['id']}"),
        bob.get("/api/trips"),
        bob.get("/api/users"),
        bob.get("/api/matches"),
    ]

    assert [answer.status_code for answer in seen] == [200] * 4
    assert not any("interview" in answer.text for answer in seen)
    assert set(seen[0].json()) == TRIP
    assert alice.results("/api/trips")[0]["notes"] == "interview at a rival"


def test_trips_are_listed_by_their_start_the_teams_or_mine(
    team: list[Person], city: Callable[[str], int]
) -> None:
    alice, bob = team
    late = alice.book(city("Rome"), "2031-09-01", "2031-09-05")
    early = bob.book(city("Rome"), "2031-03-01", "2031-03-05")
    past = alice.book(city("Rome"), "2020-03-01", "2020-03-05")

    def listed(**params: str) -> list[str]:
        return [trip["id"] for trip in alice.results("/api/trips", **params)]

    assert listed() == [past["id"], early["id"], late["id"]]
    assert listed(me="true") == [past["id"], late["id"]]
    assert listed(me="false") == [past["id"], early["id"], late["id"]]


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2031-03-10", "2031-03-20", 400),  # the same days
        ("2031-03-12", "2031-03-13", 400),  # within
        ("2031-03-01", "2031-03-31", 400),  # around
        ("2031-03-19", "2031-03-25", 400),  # over its end
        ("2031-03-15", "2031-03-15", 400),  # one day within
        ("2031-03-21", "2031-03-25", 201),  # the day after
        ("2031-02-01", "2031-03-09", 201),  # until the day before
    ],
)
def test_one_person_is_in_one_place(
    team: list[Person], city: Callable[[str], int], start: str, end: str, status: int
) -> None:
    alice, bob = team
    alice.book(city("Rome"), "2031-03-10", "2031-03-20")
    wanted = {"city": city("Paris"), "start": start, "end": end}

    answer = alice.post("/api/trips", json=wanted)

    assert answer.status_code == status, answer.text
    if status == 400:
        said = answer.json()
        assert (said["code"], said["attr"]) == ("overlapping_trip", "end")
        assert said["detail"] == "You cannot add an overlapping trip."
    assert bob.post("/api/trips", json=wanted).status_code == 201


def test_two_requests_at_once_book_one_trip(team: list[Person], city: Callable[[str], int]) -> None:
    alice, _ = team
    wanted = {"city": city("Rome"), "start": "2031-03-10", "end": "2031-03-20"}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: alice.post("/api/trips", json=wanted).status_code, range(8)))

    assert sorted(answers) == [201] + [400] * 7
    assert len(alice.results("/api/trips")) == 1


def test_a_trip_can_be_moved(team: list[Person], city: Callable[[str], int]) -> None:
    alice, _ = team
    trip = alice.book(city("Rome"), "2031-03-01", "2031-03-05", notes="kept")
    other = alice.book(city("Rome"), "2031-04-01", "2031-04-05")

    moved = alice.patch(f"/api/trips/{trip['id']}", json={"city": city("Paris"), "end": "2031-03-07"})
    clash = alice.patch(f"/api/trips/{trip['id']}", json={"end": "2031-04-03"})
    backwards = alice.patch(f"/api/trips/{other['id']}", json={"end": "2031-03-30"})

    assert moved.status_code == 200
    assert moved.json() == trip | {"city": moved.json()["city"], "end": "2031-03-07"}
    assert moved.json()["city"]["name"] == "Paris"
    assert (clash.status_code, clash.json()["code"]) == (400, "overlapping_trip")
    assert (backwards.status_code, backwards.json()["code"]) == (400, "invalid_date_range")


def test_a_cancelled_trip_is_gone(team: list[Person], city: Callable[[str], int]) -> None:
    alice, _ = team
    trip = alice.book(city("Rome"), "2031-03-01", "2031-03-05")

    answer = alice.delete(f"/api/trips/{trip['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert alice.get(f"/api/trips/{trip['id']}").status_code == 404
    assert alice.delete(f"/api/trips/{trip['id']}").status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_team_mates_trip_may_be_read_and_no_more(
    team: list[Person], city: Callable[[str], int], method: str
) -> None:
    alice, bob = team
    trip = alice.book(city("Rome"), "2031-03-01", "2031-03-05")

    answer = bob.request(method, f"/api/trips/{trip['id']}", json={"end": "2031-03-04"})

    assert answer.status_code == 403
    assert answer.json() == {
        "type": "authentication_error",
        "code": "permission_denied",
        "detail": "You cannot modify or delete someone else's trip.",
        "attr": None,
    }
    assert bob.get(f"/api/trips/{trip['id']}").status_code == 200


def test_another_teams_trip_does_not_exist(
    team: list[Person], outsider: Person, city: Callable[[str], int]
) -> None:
    trip = team[0].book(city("Rome"), "2031-03-01", "2031-03-05")
    path = f"/api/trips/{trip['id']}"

    answers = [outsider.get(path), outsider.patch(path, json={}), outsider.delete(path)]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert outsider.results("/api/trips") == []
    assert [user["id"] for user in outsider.results("/api/users")] == [outsider.id]
