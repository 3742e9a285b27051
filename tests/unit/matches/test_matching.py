"""What survives when trips and homes change, and what matching costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from matches import matching
from matches.matching import compare
from matches.models import Match
from matches.queries import Meeting, StoredMeeting
from people.models import Team, User
from people.services import change_team, move_home
from tests.unit.factories import TeamFactory, UserFactory, book, day, place
from trips import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return TeamFactory()


@pytest.fixture
def host(team: Team) -> User:
    return UserFactory(team=team, home_city="Paris")


@pytest.fixture
def guest(team: Team) -> User:
    return UserFactory(team=team, home_city="Edinburgh")


def touch(match: Match) -> Match:
    match.source_state, match.target_state, match.are_meeting = "seen", "dismissed", True
    match.save()
    return match


def is_untouched(match: Match) -> bool:
    return (match.source_state, match.target_state, match.are_meeting) == ("unseen", "unseen", False)


def test_a_changed_trip_keeps_its_match_and_what_was_done_about_it(host: User, guest: User) -> None:
    trip = book(guest, "Paris", day(10), day(20))
    before = touch(Match.objects.get())
    services.change(trip, start=day(15), end=day(25), city_id=place("Versailles").pk)
    after = Match.objects.get()
    assert (after.pk, after.public_id, after.created) == (before.pk, before.public_id, before.created)
    assert (after.source_state, after.target_state, after.are_meeting) == ("seen", "dismissed", True)
    assert (after.overlap_start, after.overlap_end) == (day(15), day(25))
    assert after.distance != before.distance
    assert after.modified > before.modified


def test_a_trip_moved_to_days_apart_makes_a_new_match(host: User, guest: User) -> None:
    trip = book(guest, "Paris", day(10), day(20))
    before = touch(Match.objects.get())
    services.change(trip, start=day(21), end=day(25))
    after = Match.objects.get()
    assert after.public_id != before.public_id
    assert is_untouched(after)


def test_a_split_match_goes_on_as_its_longer_part(host: User, guest: User) -> None:
    book(guest, "Paris", day(10), day(20))
    before = touch(Match.objects.get())
    book(host, "Rome", day(12), day(14))
    longer, shorter = Match.objects.order_by("-overlap_end")
    assert (longer.pk, longer.overlap_start, longer.are_meeting) == (before.pk, day(14), True)
    assert (shorter.overlap_end, is_untouched(shorter)) == (day(12), True)


def test_a_joined_match_goes_on_as_the_part_that_was_touched(host: User, guest: User) -> None:
    away = book(host, "Rome", day(12), day(14))
    book(guest, "Paris", day(10), day(20))
    before = touch(Match.objects.get(overlap_start=day(10)))
    services.cancel(away)
    joined = Match.objects.get()
    assert (joined.pk, joined.overlap_start, joined.overlap_end) == (before.pk, day(10), day(20))
    assert joined.are_meeting


def test_notes_alone_leave_the_matches_alone(host: User, guest: User) -> None:
    trip = book(guest, "Paris", day(10), day(20))
    with CaptureQueriesContext(connection) as queries:
        services.change(trip, notes="window seat")
    assert "matches_match" not in str(queries.captured_queries)
    trip.refresh_from_db()
    assert trip.notes == "window seat"


def test_a_first_home_and_a_home_given_up_change_the_matches(team: Team, guest: User) -> None:
    nomad = UserFactory(team=team)
    book(guest, "Paris", day(1))
    move_home(nomad, place("Paris").pk)
    assert Match.objects.get().target_user == nomad
    move_home(nomad, None)
    assert not Match.objects.exists()


def test_somebody_created_with_a_home_meets_visitors_booked_before(team: Team, guest: User) -> None:
    book(guest, "Paris", day(1))
    newcomer = UserFactory(team=team, home_city="Versailles")
    assert Match.objects.get().target_user == newcomer


def test_moving_next_door_keeps_the_matches(host: User, guest: User) -> None:
    book(guest, "Paris", day(1))
    before = touch(Match.objects.get())
    move_home(host, place("Versailles").pk)
    after = Match.objects.get()
    assert (after.pk, after.are_meeting) == (before.pk, True)
    assert after.distance == pytest.approx(16_600, abs=300)


def test_changing_teams_leaves_old_matches_and_makes_new_ones(host: User, guest: User) -> None:
    trip = book(host, "Edinburgh", day(1))
    book(guest, "Paris", day(5))
    assert Match.objects.count() == 2
    there = UserFactory(team=TeamFactory(), home_city="Edinburgh")
    book(there, "Paris", day(9))

    change_team(host, there.team)

    assert set(Match.objects.values_list("source_user", "target_user", "overlap_start")) == {
        (host.pk, there.pk, day(1)),
        (host.pk, there.pk, day(9)),
    }
    assert Match.objects.get(overlap_start=day(1)).source_trip == trip
    assert set(Match.objects.values_list("team", flat=True)) == {there.team.pk}


def test_a_person_changed_behind_our_back_is_still_matched_in_their_team(host: User, guest: User) -> None:
    stale = User.objects.get(pk=guest.pk)
    other = TeamFactory()
    change_team(guest, other)
    book(stale, "Paris", day(1))
    assert not Match.objects.exists()
    somebody = UserFactory(team=other, home_city="Paris")
    assert Match.objects.get().target_user == somebody


def test_deleting_people_takes_their_trips_and_matches(host: User, guest: User) -> None:
    book(guest, "Paris", day(1))
    guest.delete()
    assert not Match.objects.exists()
    host.team.delete()
    assert not User.objects.exists()


def test_rebuilding_says_and_mends_what_was_wrong(host: User, guest: User) -> None:
    book(guest, "Paris", day(1), day(5))
    book(host, "Edinburgh", day(10))
    assert matching.rebuild(host.team_id) == ([], [], [])
    wrong, missing = Match.objects.order_by("overlap_start")
    Match.objects.filter(pk=wrong.pk).update(overlap_end=day(9))
    missing.delete()
    new, moved, gone = matching.rebuild(host.team_id)
    assert ([meeting.start for meeting in new], [key for key, _ in moved], gone) == (
        [day(10)],
        [wrong.pk],
        [],
    )


def test_booking_costs_the_same_whatever_the_number_of_matches(team: Team) -> None:
    def cost(user: User, start: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            book(user, "Rome", day(start), day(start + 3))
        return len(queries)

    guests = [UserFactory(team=team) for _ in range(30)]
    book(guests[0], "Rome", day(1), day(4))
    few = cost(guests[1], 1)
    for guest in guests[2:]:
        book(guest, "Rome", day(1), day(4))
    many = cost(UserFactory(team=team), 1)
    assert Match.objects.count() == 31 * 30 / 2
    assert few == many <= 13  # two of them savepoints, which the test's own transaction makes of the real one


class TestTheDatabaseItself:
    """What no code can store, however wrong it is."""

    def refuses(self, match: Match, because: str) -> None:
        match.pk = None
        match.public_id = Match().public_id
        self.refuses_to(lambda: match.save(force_insert=True), because)

    def refuses_to(self, change: Callable[[], Any], because: str) -> None:
        def act() -> None:
            with transaction.atomic():
                change()
                connection.check_constraints()

        with pytest.raises(IntegrityError, match=because):
            act()

    @pytest.fixture
    def match(self, host: User, guest: User) -> Match:
        book(guest, "Paris", day(1), day(5))
        return Match.objects.get()

    def test_refuses_a_match_twice(self, match: Match) -> None:
        self.refuses(match, "match_once")

    def test_refuses_sides_the_wrong_way_round(self, match: Match) -> None:
        match.source_user, match.target_user = match.target_user, match.source_user
        match.source_trip, match.target_trip = match.target_trip, match.source_trip
        self.refuses(match, "match_source_before_target")

    def test_refuses_another_persons_trip(self, match: Match) -> None:
        match.source_trip, match.target_trip = match.target_trip, None
        self.refuses(match, "match_source_trip_of_user|match_target_trip_of_user")

    def test_refuses_people_of_two_teams(self, match: Match) -> None:
        match.target_user = UserFactory()
        match.target_trip = book(match.target_user, "Rome", day(1))
        self.refuses(match, "match_target_user_of_team")

    def test_refuses_two_people_at_home(self, match: Match) -> None:
        match.target_trip = None
        self.refuses(match, "match_somebody_travels")

    def test_refuses_an_end_before_the_start(self, match: Match) -> None:
        match.overlap_start, match.overlap_end = day(5), day(4)
        self.refuses(match, "match_start_not_after_end")

    def test_refuses_a_state_that_is_none(self, match: Match) -> None:
        match.overlap_start, match.source_state = day(2), "maybe"
        self.refuses(match, "match_source_state")

    def test_refuses_a_team_change_that_leaves_matches_behind(self, match: Match) -> None:
        people, other = User.objects.filter(pk=match.source_user_id), TeamFactory()
        self.refuses_to(lambda: people.update(team=other), "match_source_user_of_team")


def meeting(start: int, end: int, trip: int = 1) -> Meeting:
    return Meeting(1, 2, trip, None, 0, day(start), day(end))


def test_an_equal_match_is_left_alone() -> None:
    assert compare([meeting(1, 5)], [StoredMeeting(7, meeting(1, 5), False)]) == ([], [], [])


def test_matches_of_other_trips_are_other_matches() -> None:
    difference = compare([meeting(1, 5, trip=2)], [StoredMeeting(7, meeting(1, 5, trip=1), True)])
    assert difference == ([meeting(1, 5, trip=2)], [], [7])


def test_the_longer_common_time_decides_between_untouched_matches() -> None:
    stored = [StoredMeeting(7, meeting(1, 3), False), StoredMeeting(8, meeting(3, 9), False)]
    assert compare([meeting(2, 9)], stored) == ([], [(8, meeting(2, 9))], [7])


def test_two_matches_that_change_both_go_on() -> None:
    stored = [StoredMeeting(7, meeting(1, 5), False), StoredMeeting(8, meeting(5, 9), False)]
    difference = compare([meeting(1, 4), meeting(6, 9)], stored)
    assert difference == ([], [(7, meeting(1, 4)), (8, meeting(6, 9))], [])
