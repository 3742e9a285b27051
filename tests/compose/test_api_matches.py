"""Who meets whom: the rules of matching, seen from outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.compose.stack import Person, Stack

MATCH = {
    "id", "source_user", "target_user", "distance", "overlap_start", "overlap_end",
    "source_trip", "target_trip", "state", "are_meeting",
}  # fmt: skip


def day(offset: int) -> str:
    """A day far enough ahead that it is ahead in every time zone."""
    return (datetime.now(UTC).date() + timedelta(days=30 + offset)).isoformat()


def meetings(person: Person) -> set[tuple[str, str, str, str]]:
    """A person's matches: both first names, first and last day."""
    return {
        (
            match["source_user"]["first_name"],
            match["target_user"]["first_name"],
            match["overlap_start"],
            match["overlap_end"],
        )
        for match in person.results("/api/matches")
    }


def only_match(person: Person) -> dict[str, Any]:
    (match,) = person.results("/api/matches")
    return match


@pytest.fixture
def team(stack: Stack, city: Callable[[str], int]) -> list[Person]:
    return stack.people(ann=city("London"), ben=city("Paris"), cat=city("Paris"), dan=city("Edinburgh"))


def test_a_trip_meets_those_who_live_there(team: list[Person], city: Callable[[str], int]) -> None:
    ann, ben, _, dan = team
    trip = ann.book(city("Paris"), day(1), day(5))

    match = only_match(ben)

    assert set(match) == MATCH
    assert (match["source_user"]["id"], match["target_user"]["id"]) == (ann.id, ben.id)
    assert match["source_trip"] == {name: trip[name] for name in ("id", "city", "start", "end")}
    assert match["target_trip"] is None
    assert (match["distance"], match["state"], match["are_meeting"]) == (0, "unseen", False)
    assert meetings(ann) == {("Ann", "Ben", day(1), day(5)), ("Ann", "Cat", day(1), day(5))}
    assert meetings(dan) == set()


def test_absences_shorten_matches_and_travellers_meet_on_the_road(
    team: list[Person], city: Callable[[str], int]
) -> None:
    ann, ben, cat, dan = team

    ben.book(city("Cambridge"), day(14), day(17))
    visit = cat.book(city("London"), day(16), day(25))

    assert meetings(ann) == {("Ann", "Ben", day(14), day(17)), ("Ann", "Cat", day(16), day(25))}
    assert meetings(ben) == {("Ann", "Ben", day(14), day(17)), ("Ben", "Cat", day(16), day(17))}
    (on_the_road,) = [
        match for match in ben.results("/api/matches") if match["source_trip"] and match["target_trip"]
    ]
    assert 75_000 < on_the_road["distance"] < 85_000
    assert meetings(dan) == set()

    cat.delete(f"/api/trips/{visit['id']}")

    assert meetings(ann) == meetings(ben) == {("Ann", "Ben", day(14), day(17))}


def test_a_host_who_is_away_twice_is_met_between(team: list[Person], city: Callable[[str], int]) -> None:
    ann, ben, *_ = team
    ben.book(city("Rome"), day(3), day(5))
    ben.book(city("Madrid"), day(8), day(10))

    ann.book(city("Paris"), day(1), day(12))

    assert {match for match in meetings(ann) if "Ben" in match} == {
        ("Ann", "Ben", day(1), day(3)),
        ("Ann", "Ben", day(5), day(8)),
        ("Ann", "Ben", day(10), day(12)),
    }


def test_the_order_of_booking_makes_no_difference(stack: Stack, city: Callable[[str], int]) -> None:
    def book(order: list[int]) -> set[tuple[str, str, str, str]]:
        ann, ben = stack.people(ann=city("London"), ben=city("Paris"))
        trips = [
            lambda: ann.book(city("Paris"), day(1), day(12)),
            lambda: ben.book(city("Rome"), day(3), day(5)),
            lambda: ben.book(city("Madrid"), day(8), day(10)),
        ]
        for index in order:
            trips[index]()
        return meetings(ann)

    assert book([0, 1, 2]) == book([1, 2, 0]) == book([2, 0, 1])


def test_a_cancelled_absence_brings_the_match_back_as_it_was_dealt_with(
    team: list[Person], city: Callable[[str], int]
) -> None:
    ann, ben, *_ = team
    ann.book(city("Paris"), day(1), day(5))
    before = only_match(ben)
    ben.patch(f"/api/matches/{before['id']}", json={"are_meeting": True})
    absence = ben.book(city("Rome"), day(20), day(22))
    assert only_match(ben) == before | {"are_meeting": True}

    ben.delete(f"/api/trips/{absence['id']}")

    assert only_match(ben) == before | {"are_meeting": True}


def test_an_absence_during_the_visit_ends_the_match_until_it_is_cancelled(
    team: list[Person], city: Callable[[str], int]
) -> None:
    ann, ben, *_ = team
    ann.book(city("Paris"), day(1), day(5))

    absence = ben.book(city("Rome"), day(1), day(5))
    assert meetings(ben) == set()

    ben.delete(f"/api/trips/{absence['id']}")
    assert meetings(ben) == {("Ann", "Ben", day(1), day(5))}


def test_moving_home_changes_the_home_matches_only(stack: Stack, city: Callable[[str], int]) -> None:
    cat, dan, eve = stack.people(cat=city("London"), dan=city("Edinburgh"), eve=city("Rome"))
    dan.book(city("Cambridge"), day(1), day(5))
    cat.book(city("Edinburgh"), day(10), day(12))
    eve.book(city("Berlin"), day(20), day(22))
    assert meetings(cat) == {("Cat", "Dan", day(1), day(5)), ("Cat", "Dan", day(10), day(12))}

    cat.patch("/api/users/me", json={"home_city": city("Berlin")})

    assert meetings(cat) == {("Cat", "Dan", day(10), day(12)), ("Cat", "Eve", day(20), day(22))}


def test_each_side_has_its_own_state_and_both_share_the_meeting(
    team: list[Person], city: Callable[[str], int]
) -> None:
    ann, ben, *_ = team
    ann.book(city("Paris"), day(1), day(5))
    path = f"/api/matches/{only_match(ben)['id']}"

    changed = ben.patch(path, json={"state": "dismissed", "are_meeting": True})

    assert changed.status_code == 200
    assert (changed.json()["state"], changed.json()["are_meeting"]) == ("dismissed", True)
    seen_by_ann = ann.get(path).json()
    assert (seen_by_ann["state"], seen_by_ann["are_meeting"]) == ("unseen", True)
    assert only_match(ben)["state"] == "dismissed"
    wrong = ben.patch(path, json={"state": "hello!"})
    assert wrong.status_code == 400
    assert wrong.json() == {
        "type": "validation_error",
        "code": "invalid_choice",
        "detail": '"hello!" is not a valid choice.',
        "attr": "state",
    }


def test_a_match_is_between_two(stack: Stack, team: list[Person], city: Callable[[str], int]) -> None:
    ann, ben, cat, _ = team
    (mallory,) = stack.people(mallory=city("Paris"))
    ann.book(city("Paris"), day(1), day(5))
    path = f"/api/matches/{only_match(ben)['id']}"

    answers = {
        person.email.split(".")[0]: (person.get(path).status_code, person.patch(path, json={}).status_code)
        for person in (ann, ben, cat, mallory)
    }

    assert answers == {"ann": (200, 200), "ben": (200, 200), "cat": (403, 403), "mallory": (404, 404)}
    assert cat.get(path).json()["detail"] == "You do not have permission to perform this action."
    assert meetings(mallory) == set()


def test_past_matches_can_be_opened_but_are_not_listed(
    team: list[Person], city: Callable[[str], int]
) -> None:
    ann, ben, *_ = team
    ann.book(city("Paris"), "2020-05-01", "2020-05-05")

    assert meetings(ann) == meetings(ben) == set()
