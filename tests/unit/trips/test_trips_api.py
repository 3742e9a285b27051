"""`/api/trips`."""

import json
from typing import Any

import pytest

from matches.models import Match
from people.models import User
from tests.unit.clients import FORBIDDEN, NOT_FOUND, ApiClient, detail, problem
from tests.unit.factories import TeamFactory, UserFactory, book, day, place
from trips.models import Trip

pytestmark = pytest.mark.django_db


def test_booking_answers_with_the_whole_trip(me: User, api: ApiClient) -> None:
    body = {"city": place("Paris").pk, "start": "2040-01-01", "end": "2040-01-05", "notes": "call Bob"}
    answer = api.post("/api/trips", body)
    assert answer.status_code == 201
    assert "Location" not in answer
    shown = answer.json()
    assert set(shown) == {"id", "city", "start", "end", "user", "notes"}
    trip = Trip.objects.get()
    assert shown["id"] == trip.public_id
    assert (shown["city"]["name"], shown["start"], shown["end"]) == ("Paris", "2040-01-01", "2040-01-05")
    assert shown["user"] == api.get("/api/users/me").json()
    assert shown["notes"] == "call Bob"
    assert (trip.user, trip.start, trip.end) == (me, day(1), day(5))


def test_notes_are_optional_and_trips_may_be_past(api: ApiClient) -> None:
    answer = api.post("/api/trips", {"city": place("Rome").pk, "start": "1999-12-31", "end": "1999-12-31"})
    assert (answer.status_code, answer.json()["notes"]) == (201, "")


def test_nobody_books_for_others(me: User, mate: User, api: ApiClient) -> None:
    body = {"city": place("Rome").pk, "start": "2040-01-01", "end": "2040-01-01", "user": mate.public_id}
    assert api.post("/api/trips", body).json()["user"]["id"] == me.public_id


def test_booking_makes_matches(me: User, mate: User, api: ApiClient) -> None:
    api.post("/api/trips", {"city": place("Versailles").pk, "start": "2040-01-01", "end": "2040-01-05"})
    match = Match.objects.get()
    assert (match.source_user, match.target_user) == (me, mate)


def test_the_teams_trips_are_listed_by_date(me: User, mate: User, api: ApiClient) -> None:
    second = book(mate, "Rome", day(5))
    first, third = book(me, "Rome", day(1)), book(me, "Rome", day(9))
    book(UserFactory(team=TeamFactory()), "Rome", day(2))
    assert api.ids("/api/trips") == [first.public_id, second.public_id, third.public_id]


@pytest.mark.parametrize(
    ("query", "mine_only"),
    [
        ("?me=true", True),
        ("?me=1", True),
        ("?me=yes", True),
        ("?me=anything", True),
        ("?me=false", False),
        ("?me=False", False),
        ("?me=0", False),
        ("?me=no", False),
        ("?me=", False),
        ("", False),
    ],
)
def test_my_own_trips_can_be_listed_alone(
    me: User, mate: User, api: ApiClient, query: str, mine_only: bool
) -> None:
    mine, other = book(me, "Rome", day(1)), book(mate, "Rome", day(2))
    expected = [mine.public_id] if mine_only else [mine.public_id, other.public_id]
    assert api.ids("/api/trips" + query) == expected


def test_notes_are_private_to_their_owner(me: User, mate: User, api: ApiClient) -> None:
    trip = book(me, "Paris", day(1), notes="meet the other company")
    path = f"/api/trips/{trip.public_id}"
    for client, notes in ((api, "meet the other company"), (ApiClient(mate), "")):
        assert client.get(path).json()["notes"] == notes
        assert client.get("/api/trips").json()["results"][0]["notes"] == notes
        assert "meet the other" not in client.get("/api/users").content.decode()
        assert "meet the other" not in client.get("/api/matches").content.decode()


def test_any_trip_of_the_team_can_be_opened(me: User, mate: User, api: ApiClient) -> None:
    trip = book(mate, "Rome", day(1))
    assert api.get(f"/api/trips/{trip.public_id}").json()["user"]["first_name"] == "Bob"


def test_other_teams_trips_do_not_exist(api: ApiClient) -> None:
    path = f"/api/trips/{book(UserFactory(), 'Rome', day(1)).public_id}"
    assert problem(api.get(path)) == NOT_FOUND
    assert problem(api.patch(path, {"notes": "x"})) == NOT_FOUND
    assert problem(api.delete(path)) == NOT_FOUND
    assert Trip.objects.get().notes == ""


def test_a_mates_trip_is_not_mine_to_change(mate: User, api: ApiClient) -> None:
    path = f"/api/trips/{book(mate, 'Rome', day(1)).public_id}"
    for answer in (api.delete(path), api.patch(path, {"notes": "x"})):
        assert problem(answer) == FORBIDDEN
        assert detail(answer) == "You cannot modify or delete someone else's trip."
    assert Trip.objects.get().notes == ""


def test_cancelling_a_trip_takes_its_matches(me: User, mate: User, api: ApiClient) -> None:
    trip = book(me, "Paris", day(1), day(5))
    answer = api.delete(f"/api/trips/{trip.public_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Trip.objects.exists()
    assert not Match.objects.exists()
    assert problem(api.delete(f"/api/trips/{trip.public_id}")) == NOT_FOUND


def test_cancelling_a_trip_brings_the_matches_at_home_back(me: User, mate: User, api: ApiClient) -> None:
    away = book(me, "Rome", day(1), day(9))
    book(mate, "London", day(3), day(5))
    assert not Match.objects.exists()
    api.delete(f"/api/trips/{away.public_id}")
    match = Match.objects.get()
    assert (match.source_trip, match.overlap_start, match.overlap_end) == (None, day(3), day(5))


def test_a_trip_can_be_changed(me: User, mate: User, api: ApiClient) -> None:
    trip = book(me, "Paris", day(1), day(5))
    match = Match.objects.get()
    path = f"/api/trips/{trip.public_id}"

    shown = api.patch(path, {"end": "2040-01-09", "notes": "longer"}).json()

    assert set(shown) == {"id", "city", "start", "end", "user", "notes"}
    assert (shown["start"], shown["end"], shown["notes"]) == ("2040-01-01", "2040-01-09", "longer")
    assert api.get(path).json() == shown
    changed = Match.objects.get()
    assert (changed.public_id, changed.overlap_end) == (match.public_id, day(9))


def test_a_trip_to_another_city_has_other_matches(me: User, mate: User, api: ApiClient) -> None:
    roman = UserFactory(team=me.team, home_city="Rome")
    trip = book(me, "Paris", day(1), day(5))
    shown = api.patch(f"/api/trips/{trip.public_id}", {"city": place("Rome").pk}).json()
    assert shown["city"]["name"] == "Rome"
    assert Match.objects.get().target_user == roman


def test_a_shortened_trip_brings_the_matches_at_home_back(me: User, mate: User, api: ApiClient) -> None:
    away = book(me, "Rome", day(1), day(9))
    book(mate, "London", day(3), day(7))
    api.patch(f"/api/trips/{away.public_id}", {"end": "2040-01-05"})
    match = Match.objects.get()
    assert (match.overlap_start, match.overlap_end) == (day(5), day(7))


@pytest.mark.parametrize(
    ("changes", "code", "attr"),
    [
        ({"start": "2040-01-06"}, "invalid_date_range", "end"),
        ({"end": "2039-12-31"}, "invalid_date_range", "end"),
        ({"end": "2040-01-11"}, "overlapping_trip", "end"),
        ({"start": "2040-01-10", "end": "2040-01-10"}, "overlapping_trip", "end"),
        ({"city": None}, "null", "city"),
        ({"city": 5}, "does_not_exist", "city"),
        ({"notes": None}, "null", "notes"),
        ({"start": "soon"}, "invalid_input", "start"),
    ],
)
def test_changing_a_trip_has_the_rules_of_booking(
    me: User, api: ApiClient, changes: dict[str, Any], code: str, attr: str
) -> None:
    trip = book(me, "Paris", day(1), day(5))
    book(me, "Rome", day(10), day(12))
    before = api.get(f"/api/trips/{trip.public_id}").json()
    answer = api.patch(f"/api/trips/{trip.public_id}", changes)
    assert problem(answer) == (400, "validation_error", code, attr)
    assert api.get(f"/api/trips/{trip.public_id}").json() == before


def test_a_trip_may_be_moved_over_its_own_days(me: User, api: ApiClient) -> None:
    trip = book(me, "Paris", day(1), day(5))
    answer = api.patch(f"/api/trips/{trip.public_id}", {"start": "2040-01-03", "end": "2040-01-08"})
    assert answer.status_code == 200


def test_changing_nothing_is_allowed_and_owners_cannot_change(me: User, mate: User, api: ApiClient) -> None:
    trip = book(me, "Paris", day(1), day(5))
    path = f"/api/trips/{trip.public_id}"
    before = api.get(path).json()
    assert api.patch(path, {}).json() == before
    assert api.patch(path, {"user": mate.public_id, "id": "trip_" + "a" * 24}).json() == before


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        ((1, 5), (5, 8), True),
        ((5, 8), (1, 5), True),
        ((1, 5), (6, 8), True),
        ((1, 5), (4, 8), False),
        ((1, 5), (1, 5), False),
        ((1, 9), (3, 4), False),
        ((3, 4), (1, 9), False),
        ((5, 5), (5, 5), False),
        ((1, 5), (5, 5), False),
        ((1, 5), (1, 1), False),
        ((5, 5), (5, 8), False),
        ((1, 5), (3, 3), False),
        ((5, 5), (6, 6), True),
        ((1, 5), (6, 6), True),
    ],
)
def test_trips_may_touch_but_a_day_trip_has_its_day_to_itself(
    me: User, api: ApiClient, first: tuple[int, int], second: tuple[int, int], fits: bool
) -> None:
    book(me, "Paris", day(first[0]), day(first[1]))
    body = {"city": place("Rome").pk, "start": day(second[0]), "end": day(second[1])}
    answer = api.post("/api/trips", json.loads(json.dumps(body, default=str)))
    if fits:
        assert answer.status_code == 201
    else:
        assert problem(answer) == (400, "validation_error", "overlapping_trip", "end")


def test_different_people_may_travel_on_the_same_days(me: User, mate: User) -> None:
    book(me, "Rome", day(1), day(5))
    book(mate, "Rome", day(1), day(5))
    assert Trip.objects.count() == 2


def test_trips_may_span_the_whole_calendar(api: ApiClient) -> None:
    answer = api.post("/api/trips", {"city": place("Rome").pk, "start": "0001-01-01", "end": "9999-12-31"})
    assert (answer.json()["start"], answer.json()["end"]) == ("0001-01-01", "9999-12-31")
