"""`/api/matches`."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from matches import representation
from matches.models import Match
from people.models import User
from tests.unit.clients import FORBIDDEN, NOT_FOUND, ApiClient, problem
from tests.unit.factories import UserFactory, book, day
from trips.models import Trip
from trips.representation import simple_trips

pytestmark = pytest.mark.django_db


def visit(mate: User, first: int, last: int | None = None) -> Match:
    """The match of a visit to London."""
    return Match.objects.get(target_trip=book(mate, "Cambridge", day(first), day(last or first)))


def test_a_match_is_shown_with_exactly_these_keys(me: User, mate: User, api: ApiClient) -> None:
    match = visit(mate, 1, 3)
    shown = api.get(f"/api/matches/{match.public_id}").json()
    assert set(shown) == {
        "id",
        "source_user",
        "target_user",
        "distance",
        "overlap_start",
        "overlap_end",
        "source_trip",
        "target_trip",
        "state",
        "are_meeting",
    }
    assert (shown["id"], shown["distance"]) == (match.public_id, match.distance)
    assert (shown["overlap_start"], shown["overlap_end"]) == ("2040-01-01", "2040-01-03")
    assert shown["source_user"] == api.get("/api/users/me").json()
    assert shown["target_user"] == ApiClient(mate).get("/api/users/me").json()
    assert shown["source_trip"] is None
    assert set(shown["target_trip"]) == {"id", "city", "start", "end"}
    assert (shown["state"], shown["are_meeting"]) == ("unseen", False)
    assert api.get("/api/matches").json()["results"] == [shown]


def test_matches_of_two_trips_can_be_opened(me: User, mate: User, api: ApiClient) -> None:
    trips = [book(me, "Rome", day(1)), book(mate, "Rome", day(1))]
    (match_id,) = api.ids("/api/matches")
    shown = api.get(f"/api/matches/{match_id}").json()
    assert [shown["source_trip"]["id"], shown["target_trip"]["id"]] == [trip.public_id for trip in trips]


def test_my_matches_are_listed_by_date_on_either_side(me: User, mate: User, api: ApiClient) -> None:
    later, sooner = visit(mate, 9), visit(mate, 2)
    third = UserFactory(team=me.team, home_city="Rome")
    book(third, "Paris", day(1))  # not mine
    Match.objects.filter(pk=sooner.pk).update(source_state="dismissed")
    assert api.ids("/api/matches") == [sooner.public_id, later.public_id]
    assert ApiClient(third).get("/api/matches").json()["count"] == 1
    assert ApiClient(mate).get("/api/matches").json()["count"] == 3


def test_a_match_is_listed_until_its_last_day_is_over_everywhere(me: User, mate: User) -> None:
    visit(mate, 1, 10)
    for now, count in (
        (datetime(2040, 1, 11, 11, 59, tzinfo=UTC), 1),  # still the 10th twelve hours west of Greenwich
        (datetime(2040, 1, 11, 12, 0, tzinfo=UTC), 0),
    ):
        with time_machine.travel(now, tick=False):
            api = ApiClient(me)
            assert api.get("/api/matches").json()["count"] == count
            assert api.get("/api/matches", past="true").json()["count"] == 1 - count


def test_past_matches_can_be_listed_and_opened(me: User, mate: User) -> None:
    old, older, coming = visit(mate, 5), visit(mate, 1), visit(mate, 30)
    with time_machine.travel(datetime(2040, 1, 20, tzinfo=UTC), tick=False):
        api = ApiClient(me)
        assert api.ids("/api/matches") == [coming.public_id]
        assert api.ids("/api/matches", past="false") == [coming.public_id]
        assert api.ids("/api/matches", past="true") == [old.public_id, older.public_id]
        assert api.get(f"/api/matches/{old.public_id}").status_code == 200


def test_matches_can_be_listed_by_my_state(me: User, mate: User, api: ApiClient) -> None:
    first, second = visit(mate, 1), visit(mate, 5)
    api.patch(f"/api/matches/{first.public_id}", {"state": "seen"})
    assert api.ids("/api/matches", state="seen") == [first.public_id]
    assert api.ids("/api/matches", state="unseen") == [second.public_id]
    assert len(ApiClient(mate).ids("/api/matches", state="unseen")) == 2


@pytest.mark.parametrize("state", ["seen", "dismissed", "unseen"])
def test_each_side_has_a_state_of_its_own(me: User, mate: User, api: ApiClient, state: str) -> None:
    path = f"/api/matches/{visit(mate, 1).public_id}"
    theirs = ApiClient(mate)
    assert theirs.patch(path, {"state": "seen"}).json()["state"] == "seen"
    answer = api.patch(path, {"state": state})
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert api.get(path).json() == answer.json()
    assert theirs.get(path).json()["state"] == "seen"


def test_either_of_the_two_sets_for_both_that_they_meet(me: User, mate: User, api: ApiClient) -> None:
    path = f"/api/matches/{visit(mate, 1).public_id}"
    theirs = ApiClient(mate)
    assert theirs.patch(path, {"are_meeting": True}).json()["are_meeting"] is True
    assert api.get(path).json()["are_meeting"] is True
    assert api.patch(path, {"are_meeting": False, "state": "dismissed"}).json()["are_meeting"] is False
    shown = theirs.get(path).json()
    assert (shown["are_meeting"], shown["state"]) == (False, "unseen")


def test_nothing_to_change_changes_nothing(mate: User, api: ApiClient) -> None:
    path = f"/api/matches/{visit(mate, 1).public_id}"
    before = api.get(path).json()
    assert api.patch(path, {"distance": 0, "overlap_start": "2000-01-01"}).json() == before


@pytest.mark.parametrize("value", ["hello!", "", "UNSEEN", 5, [], {}, True])
def test_a_state_is_one_of_three(mate: User, api: ApiClient, value: object) -> None:
    answer = api.patch(f"/api/matches/{visit(mate, 1).public_id}", {"state": value})
    assert problem(answer) == (400, "validation_error", "invalid_choice", "state")
    if value == "hello!":
        assert answer.json()["detail"] == '"hello!" is not a valid choice.'


@pytest.mark.parametrize("value", ["true", 1, 0, "", [], {}])
def test_meeting_is_true_or_false(mate: User, api: ApiClient, value: object) -> None:
    answer = api.patch(f"/api/matches/{visit(mate, 1).public_id}", {"are_meeting": value})
    assert problem(answer) == (400, "validation_error", "invalid_input", "are_meeting")


@pytest.mark.parametrize("field", ["state", "are_meeting"])
def test_null_is_refused(mate: User, api: ApiClient, field: str) -> None:
    answer = api.patch(f"/api/matches/{visit(mate, 1).public_id}", {field: None})
    assert problem(answer) == (400, "validation_error", "null", field)


def test_a_mates_match_is_forbidden_and_another_teams_unknown(me: User, mate: User) -> None:
    path = f"/api/matches/{visit(mate, 1).public_id}"
    third = ApiClient(UserFactory(team=me.team))
    stranger = ApiClient(UserFactory())
    for client, expected in ((third, FORBIDDEN), (stranger, NOT_FOUND)):
        assert problem(client.get(path)) == expected
        assert problem(client.patch(path, {"state": "seen"})) == expected
    assert Match.objects.get().source_state == "unseen"


def test_a_trip_that_is_cancelled_while_matches_are_read_takes_its_match_along(
    me: User, mate: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves, stays = visit(mate, 1), visit(mate, 5)

    def cancelled_first(ids: Collection[int]) -> dict[int, dict[str, Any]]:
        Trip.objects.filter(pk=leaves.target_trip_id).delete()
        return simple_trips(ids)

    monkeypatch.setattr(representation, "simple_trips", cancelled_first)
    assert api.ids("/api/matches") == [stays.public_id]


def test_a_match_that_goes_while_it_is_read_is_not_found(
    me: User, mate: User, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = visit(mate, 1)
    monkeypatch.setattr(representation, "simple_trips", lambda _: {})
    assert problem(api.get(f"/api/matches/{match.public_id}")) == NOT_FOUND
