"""Who matches whom: the rules, one by one."""

from datetime import date
from typing import Any

import pytest

from matches.models import Match
from people.models import Team, User
from people.services import move_home
from tests.unit.factories import TeamFactory, UserFactory, book, day, place
from trips import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return TeamFactory()


def member(team: Team, name: str, home: str | None = None) -> User:
    return UserFactory(team=team, first_name=name, home_city=home)


def overlaps(*people: User) -> list[tuple[int, int]]:
    """First and last days (of January 2040) of the matches between people, in order."""
    matches = Match.objects.filter(source_user__in=people, target_user__in=people)
    return sorted(
        ((match.overlap_start - day(0)).days, (match.overlap_end - day(0)).days)  # type: ignore[operator]
        for match in matches
    )


def test_the_worked_example(team: Team) -> None:
    a = member(team, "A", "London")
    b = member(team, "B", "Paris")
    c = member(team, "C", "Paris")
    d = member(team, "D", "Edinburgh")

    trip = book(a, "Paris", day(1), day(5))
    for other in (b, c):
        match = Match.objects.get(source_user=a, target_user=other)
        assert (match.source_trip, match.target_trip, match.distance) == (trip, None, 0)
        assert (match.overlap_start, match.overlap_end) == (day(1), day(5))
    Match.objects.all().delete()

    visit = book(b, "Cambridge", day(14), day(17))
    stay = book(c, "London", day(16), day(25))

    meeting = Match.objects.get(source_user=b, target_user=c)
    assert (meeting.source_trip, meeting.target_trip) == (visit, stay)
    assert (meeting.overlap_start, meeting.overlap_end) == (day(16), day(17))
    assert meeting.distance == pytest.approx(78_600, abs=1000)
    assert overlaps(a, b) == [(14, 17)]
    assert Match.objects.get(source_user=a, target_user=b).distance == meeting.distance
    assert overlaps(a, c) == [(16, 25)]
    assert Match.objects.get(source_user=a, target_user=c).distance == 0
    assert not Match.objects.filter(target_user=d).exists()

    services.cancel(stay)
    assert [(match.source_user, match.target_user) for match in Match.objects.all()] == [(a, b)]


def test_moving_home_exchanges_the_visitors(team: Team) -> None:
    c = member(team, "C", "London")
    d = member(team, "D", "Edinburgh")
    e = member(team, "E", "Rome")
    book(d, "Cambridge", day(1), day(3))
    kept = book(c, "Edinburgh", day(10), day(12))
    book(e, "Paris", day(20), day(22))
    assert overlaps(c, d) == [(1, 3), (10, 12)]
    before = Match.objects.get(source_trip=kept)

    move_home(c, place("Versailles").pk)

    assert Match.objects.get(source_trip=kept).public_id == before.public_id
    assert overlaps(c, d) == [(10, 12)]
    assert overlaps(c, e) == [(20, 22)]
    assert Match.objects.get(source_user=c, target_user=e).distance == pytest.approx(16_600, abs=300)


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        ([(17, 18)], [(16, 17), (18, 25)]),
        ([(14, 19)], [(19, 25)]),
        ([(15, 26)], []),
        ([(16, 25)], []),
        ([(10, 16)], [(16, 25)]),
        ([(25, 30)], [(16, 25)]),
        ([(17, 18), (20, 22)], [(16, 17), (18, 20), (22, 25)]),
        ([(17, 19), (19, 21)], [(16, 17), (21, 25)]),
        ([(14, 18), (18, 26)], []),
        ([(16, 20)], [(20, 25)]),
        ([(18, 18)], [(16, 25)]),
        ([(16, 16), (25, 25)], [(16, 25)]),
        ([], [(16, 25)]),
    ],
)
@pytest.mark.parametrize("who_books_first", ["host", "guest"])
def test_a_visit_is_shortened_by_each_absence_of_the_host(
    team: Team, away: list[tuple[int, int]], expected: list[tuple[int, int]], who_books_first: str
) -> None:
    host = member(team, "V", "Paris")
    guest = member(team, "U", "Edinburgh")

    def guest_books() -> None:
        book(guest, "Paris", day(16), day(25))

    def host_books() -> None:
        for first, last in away:
            book(host, "Singapore", day(first), day(last))

    steps = [host_books, guest_books]
    for step in steps if who_books_first == "host" else reversed(steps):
        step()

    assert overlaps(host, guest) == expected
    assert all(match.source_trip is None for match in Match.objects.filter(source_user=host))


@pytest.mark.parametrize(
    ("away", "is_home"),
    [((16, 20), True), ((10, 16), True), ((16, 16), False), ((15, 17), False), ((17, 20), True)],
)
def test_a_visit_of_one_day_finds_its_host_on_the_day_of_leaving_or_returning(
    team: Team, away: tuple[int, int], is_home: bool
) -> None:
    host = member(team, "V", "Paris")
    guest = member(team, "U", "Edinburgh")
    book(host, "Singapore", day(away[0]), day(away[1]))
    book(guest, "Paris", day(16))
    assert overlaps(host, guest) == ([(16, 16)] if is_home else [])


def test_a_host_between_two_trips_is_home_that_day(team: Team) -> None:
    host, guest = member(team, "V", "Paris"), member(team, "U", "Rome")
    book(host, "Singapore", day(10), day(16))
    book(host, "London", day(16), day(20))
    book(guest, "Versailles", day(16))
    assert overlaps(host, guest) == [(16, 16)]


def test_trips_match_where_they_share_a_single_day(team: Team) -> None:
    one, other = member(team, "A"), member(team, "B")
    book(one, "London", day(1), day(5))
    book(other, "Cambridge", day(5), day(9))
    assert overlaps(one, other) == [(5, 5)]


def test_trips_that_share_no_day_or_no_place_do_not_match(team: Team) -> None:
    one, other = member(team, "A"), member(team, "B")
    book(one, "London", day(1), day(5))
    book(other, "Cambridge", day(6), day(9))
    book(other, "Rome", day(1), day(5))
    assert overlaps(one, other) == []


def test_a_trip_next_door_matches_as_any_other(team: Team) -> None:
    one, other = member(team, "A", "Paris"), member(team, "B", "Paris")
    book(one, "Versailles", day(1), day(5))
    assert overlaps(one, other) == [(1, 5)]


def test_a_trip_next_door_makes_its_traveller_absent(team: Team) -> None:
    host, guest = member(team, "V", "Paris"), member(team, "U", "Rome")
    book(host, "Versailles", day(1), day(5))
    book(guest, "Paris", day(1), day(5))
    match = Match.objects.get()
    assert match.source_trip is not None
    assert match.target_trip is not None


def test_people_at_home_never_match(team: Team) -> None:
    member(team, "A", "Paris")
    member(team, "B", "Paris")
    assert not Match.objects.exists()


def test_other_teams_never_match(team: Team) -> None:
    book(member(team, "A", "Rome"), "Paris", day(1), day(5))
    stranger = member(TeamFactory(), "X", "Paris")
    book(stranger, "Rome", day(1), day(5))
    assert not Match.objects.exists()


def test_one_visit_can_give_a_home_match_and_a_trip_match_of_one_pair(team: Team) -> None:
    host, guest = member(team, "V", "Paris"), member(team, "U", "Rome")
    book(guest, "Paris", day(1), day(10))
    book(host, "Versailles", day(5), day(20))
    assert overlaps(host, guest) == [(1, 5), (5, 10)]


@pytest.mark.parametrize("traveller", ["older", "younger"])
def test_the_older_account_is_the_source_whoever_travels(team: Team, traveller: str) -> None:
    people: dict[str, User] = {
        "older": member(team, "Z", "Paris"),
        "younger": member(team, "A", "Paris"),
    }
    trip = book(people[traveller], "Paris", day(1))
    match = Match.objects.get()
    assert (match.source_user, match.target_user) == (people["older"], people["younger"])
    trips = (match.source_trip, match.target_trip)
    assert trips == ((trip, None) if traveller == "older" else (None, trip))


def test_nearness_is_in_metres_also_across_the_date_line(team: Team, settings: Any) -> None:
    west = place("Suva")
    east = place("Suva")
    east.pk, east.longitude = 1, -180.5 + 0.6  # 179.9 degrees west
    east.latitude = west.latitude
    east.save(force_insert=True)
    one, other = member(team, "A"), member(team, "B")
    services.book(one, city_id=west.pk, start=day(1), end=day(2))
    services.book(other, city_id=east.pk, start=day(1), end=day(2))
    distance = Match.objects.get().distance
    assert distance == pytest.approx(175_000, abs=3000)

    settings.NEAR_METRES = distance  # the fraction of a metre above it is too far
    book(one, "Suva", day(5))
    services.book(other, city_id=east.pk, start=day(5), end=day(5))
    assert not Match.objects.filter(overlap_start=day(5)).exists()


def test_dates_at_the_ends_of_the_calendar_match(team: Team) -> None:
    one, other = member(team, "A", "Rome"), member(team, "B", "Paris")
    book(one, "Paris", date.min, date.max)
    match = Match.objects.get(target_user=other)
    assert (match.overlap_start, match.overlap_end) == (date.min, date.max)
