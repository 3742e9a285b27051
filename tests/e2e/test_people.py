"""What people do: log in, book, meet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dev.stack import DEMO_EMAIL
from tests import people_kit
from tests.e2e.stack import Stack
from tests.people_kit import Person

Team = Callable[..., list[Person]]
City = Callable[[str], int]

LOGIN = pytest.mark.xdist_group("login")
"""Logins are limited for all together: tests that make many, or count on one, do not run side by side."""


def day(offset: int) -> str:
    """A day far enough ahead that it is ahead in every time zone."""
    return (datetime.now(UTC).date() + timedelta(days=30 + offset)).isoformat()


def only_match(person: Person) -> dict[str, Any]:
    (match,) = person.results("/api/matches")
    return match


@LOGIN
def test_a_person_logs_in_at_the_login_page(public: httpx.Client, people: Team) -> None:
    (ann,) = people(ann=None)
    browser = people_kit.log_in(public, ann.email, ann.password)
    assert browser.get("/api/users/me").json()["email"] == ann.email


@LOGIN
def test_the_login_of_the_demo_people_works(stack: Stack, public: httpx.Client) -> None:
    stack.manage("seed_demo")
    password = stack.execute("cat", "/run/secrets/app/demo_password").strip()
    browser = people_kit.log_in(public, DEMO_EMAIL, password)
    assert browser.get("/api/users/me").json()["home_city"] is not None


@LOGIN
def test_a_wrong_password_opens_nothing(public: httpx.Client, people: Team) -> None:
    (ann,) = people(ann=None)
    with pytest.raises(AssertionError):
        people_kit.log_in(public, ann.email, "wrong")
    assert public.get("/api/users/me").status_code == httpx.codes.FORBIDDEN


@LOGIN
def test_logging_out_ends_the_session(public: httpx.Client, people: Team) -> None:
    (ann,) = people(ann=None)
    browser = people_kit.log_in(public, ann.email, ann.password)
    browser.post("/logout")
    assert browser.get("/api/users/me").status_code == httpx.codes.FORBIDDEN


def test_strangers_see_nothing_of_the_api(public: httpx.Client) -> None:
    answers = [public.get(f"/api/{what}") for what in ("users", "users/me", "trips", "matches", "cities")]
    assert {answer.status_code for answer in answers} == {httpx.codes.FORBIDDEN}


def test_a_trip_is_booked_and_found_again(people: Team, city: City) -> None:
    (ann,) = people(ann=city("London"))
    trip = ann.book(city("Paris"), day(1), day(5), notes="by train")
    assert ann.get(f"/api/trips/{trip['id']}").json() == trip
    assert [one["id"] for one in ann.results("/api/trips")] == [trip["id"]]


def test_nobody_is_in_two_places_at_once(people: Team, city: City) -> None:
    (ann,) = people(ann=None)
    ann.book(city("Paris"), day(1), day(5))
    body = {"city": city("Rome"), "start": day(3), "end": day(4)}
    assert ann.post("/api/trips", json=body).status_code == httpx.codes.BAD_REQUEST


def test_two_people_meet_and_each_says_so_for_themselves(people: Team, city: City) -> None:
    ann, bob = people(ann=city("London"), bob=city("Paris"))
    ann.book(city("Paris"), day(1), day(5))
    seen_by_ann, seen_by_bob = only_match(ann), only_match(bob)
    assert seen_by_ann["id"] == seen_by_bob["id"]
    assert (seen_by_ann["overlap_start"], seen_by_ann["overlap_end"]) == (day(1), day(5))

    path = f"/api/matches/{seen_by_ann['id']}"
    assert bob.patch(path, json={"state": "seen", "are_meeting": True}).status_code == httpx.codes.OK
    assert (only_match(ann)["state"], only_match(ann)["are_meeting"]) == ("unseen", True)
    assert only_match(bob)["state"] == "seen"


def test_a_match_goes_with_its_trip(people: Team, city: City) -> None:
    ann, bob = people(ann=city("London"), bob=city("Paris"))
    trip = ann.book(city("Paris"), day(1), day(5))
    assert only_match(bob)
    assert ann.delete(f"/api/trips/{trip['id']}").status_code == httpx.codes.NO_CONTENT
    assert bob.results("/api/matches") == []


def test_teams_see_nothing_of_one_another(people: Team, city: City) -> None:
    (ann,), (eve,) = people(ann=city("London")), people(eve=city("Paris"))
    trip = ann.book(city("Paris"), day(1), day(5))
    assert eve.results("/api/matches") == eve.results("/api/trips") == []
    assert eve.get(f"/api/trips/{trip['id']}").status_code == httpx.codes.NOT_FOUND


def test_all_pods_know_what_one_was_told(people: Team) -> None:
    (ann,) = people(ann=None)
    for name in ("Anna", "Anne", "Annie"):
        assert ann.patch("/api/users/me", json={"first_name": name}).status_code == httpx.codes.OK
        assert {ann.get("/api/users/me").json()["first_name"] for _ in range(8)} == {name}
