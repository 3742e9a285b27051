"""How many queries each endpoint makes: the same however much there is."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cities import memory
from matches.models import Match
from people.models import User
from tests.unit.clients import ApiClient
from tests.unit.factories import UserFactory, book, day, place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_look_for_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in ten seconds one request also asks whether cities were imported: not while we count."""
    monkeypatch.setattr(memory, "NOTICE_AFTER_SECONDS", 3600)


def populate(me: User, people: int, start: int) -> None:
    """More team mates, each with two trips that match mine."""
    for number in range(people):
        mate = UserFactory(team=me.team, home_city=("Paris", "Rome", "Edinburgh")[number % 3])
        book(mate, "London", day(start), day(start + 3), notes="n")
        book(mate, "Cambridge", day(start + 10), day(start + 11))


def queries(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/api/users/me", 2), ("/api/users", 5), ("/api/trips", 5), ("/api/matches", 6), ("/api/cities", 4)],
)
def test_lists_cost_the_same_whatever_their_length(me: User, api: ApiClient, path: str, most: int) -> None:
    populate(me, 3, 1)
    assert api.get(path).status_code == 200  # from now on the cities are known
    few = queries(lambda: api.get(path))
    populate(me, 9, 1)
    assert queries(lambda: api.get(path)) == few <= most


def test_cities_that_a_process_does_not_know_yet_cost_a_constant_more(me: User, api: ApiClient) -> None:
    populate(me, 6, 1)
    api.get("/api/matches")
    known = queries(lambda: api.get("/api/matches"))
    memory.forget()
    assert queries(lambda: api.get("/api/matches")) <= known + 6


def test_single_objects_cost_little(me: User, api: ApiClient) -> None:
    populate(me, 3, 1)
    trip_id = api.ids("/api/trips")[0]
    match_id = api.ids("/api/matches")[0]
    api.get(f"/api/trips/{trip_id}")
    assert queries(lambda: api.get(f"/api/trips/{trip_id}")) <= 4
    assert queries(lambda: api.get(f"/api/matches/{match_id}")) <= 5
    assert queries(lambda: api.patch(f"/api/matches/{match_id}", {"state": "seen"})) <= 6


@pytest.mark.parametrize("mates", [1, 12])
def test_booking_changing_and_cancelling_cost_at_most_15(me: User, api: ApiClient, mates: int) -> None:
    populate(me, mates, 1)
    body = {"city": place("London").pk, "start": "2040-01-01", "end": "2040-01-14"}
    api.get("/api/trips")
    assert queries(lambda: api.post("/api/trips", body)) <= 15
    trip = me.trips.get()
    assert Match.objects.filter(source_trip=trip).count() == 2 * mates
    path = f"/api/trips/{trip.public_id}"
    assert queries(lambda: api.patch(path, {"end": "2040-01-02"})) <= 15
    assert queries(lambda: api.delete(path)) <= 15


@pytest.mark.parametrize("mates", [1, 12])
def test_moving_home_costs_the_same_whoever_visits(me: User, api: ApiClient, mates: int) -> None:
    populate(me, mates, 1)
    paris = place("Paris").pk
    api.get("/api/users")
    assert queries(lambda: api.patch("/api/users/me", {"home_city": paris})) <= 15
