"""Requests at the same time, on connections of their own."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from matches import queries
from matches.models import Match
from people.models import Team, User
from people.services import move_home
from tests.unit.clients import ApiClient, problem
from tests.unit.factories import TeamFactory, UserFactory, book, day, place
from tests.unit.matches import oracle
from trips import services
from trips.models import Trip

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What several actions give that start at the same moment."""
    start = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=10)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, action) for action in actions]]


@pytest.fixture
def team() -> Team:
    return TeamFactory()


def test_of_two_overlapping_bookings_at_once_one_is_refused(team: Team) -> None:
    clients = [ApiClient(user) for user in [UserFactory(team=team, home_city="London")] * 2]
    body = {"city": place("Paris").pk, "start": "2040-01-01", "end": "2040-01-05"}

    def booking(client: ApiClient) -> Callable[[], Any]:
        return lambda: client.post("/api/trips", body)

    answers = at_once(*map(booking, clients))

    assert sorted(answer.status_code for answer in answers) == [201, 400]
    (refused,) = (answer for answer in answers if answer.status_code == 400)
    assert problem(refused) == (400, "validation_error", "overlapping_trip", "end")
    assert Trip.objects.count() == 1


def test_two_who_travel_to_one_place_at_once_match_once(team: Team) -> None:
    one, other = UserFactory(team=team), UserFactory(team=team)
    for start in range(1, 30, 3):
        at_once(
            lambda start=start: book(one, "Rome", day(start), day(start + 1)),  # type: ignore[misc]
            lambda start=start: book(other, "Rome", day(start), day(start + 1)),  # type: ignore[misc]
        )
        assert Match.objects.filter(overlap_start=day(start)).count() == 1


def test_whatever_happens_at_once_the_matches_are_right(team: Team) -> None:
    people = [UserFactory(team=team, home_city=home) for home in ("London", "Paris", "Rome", "Paris")]
    cities = [place(name).pk for name in ("London", "Cambridge", "Paris", "Versailles", "Rome")]

    def live(person: User) -> Callable[[], None]:
        dice = random.Random(person.email)  # noqa: S311 (dice)

        def act() -> None:
            for step in range(12):
                me = User.objects.get(pk=person.pk)
                start = day(step * 4 + 1)
                trip = services.book(me, city_id=dice.choice(cities), start=start, end=day(step * 4 + 4))
                if dice.random() < 0.4:
                    services.cancel(trip)
                elif dice.random() < 0.4:
                    services.change(trip, city_id=dice.choice(cities), end=start)
                if dice.random() < 0.3:
                    move_home(me, dice.choice(cities))

        return act

    at_once(*map(live, people))

    rows = Match.objects.values_list(
        "source_user", "target_user", "source_trip", "target_trip", "overlap_start", "overlap_end"
    )
    expected = oracle.matches(User.objects.all(), Trip.objects.all())
    assert expected
    assert sorted(rows, key=str) == sorted(expected, key=str)


def test_a_trip_whose_matching_fails_is_not_booked(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory(team=team, home_city="Paris")
    guest = UserFactory(team=team)

    def fail(*args: Any) -> None:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(queries, "insert", fail)
    with pytest.raises(RuntimeError):
        book(guest, "Paris", day(1))
    assert not Trip.objects.exists()
    assert not Match.objects.exists()
