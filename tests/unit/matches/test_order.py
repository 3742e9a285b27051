"""The stored matches never depend on how things came about: random histories, and the rules again."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from matches import matching
from matches.models import Match
from people.models import Team, User
from people.services import change_team, move_home
from tests.unit.factories import TeamFactory, UserFactory, book, day, place
from tests.unit.matches import oracle
from trips import services
from trips.models import Trip

CITIES = ("London", "Cambridge", "Paris", "Versailles", "Rome")
PEOPLE = 3

who = st.integers(0, PEOPLE - 1)
city = st.sampled_from(CITIES)
first = st.integers(1, 14)
length = st.integers(0, 6)
events = st.one_of(
    st.tuples(st.just("book"), who, city, first, length),
    st.tuples(st.just("change"), who, city, first, length),
    st.tuples(st.just("cancel"), who),
    st.tuples(st.just("move"), who, st.one_of(st.none(), city)),
    st.tuples(st.just("touch"), who),
    st.tuples(st.just("emigrate"), who),
)


class History:
    """A small team, another one to leave for, and what happens to them."""

    def __init__(self) -> None:
        self.teams: list[Team] = [TeamFactory(), TeamFactory()]
        self.people: list[User] = [
            UserFactory(team=self.teams[0], home_city=home) for home in ("London", "Paris", None)
        ]

    def happen(self, event: tuple[Any, ...]) -> None:
        kind, number, *details = event
        person = User.objects.get(pk=self.people[number].pk)
        with suppress(ValidationError):  # an overlap is refused, so nothing may have changed
            getattr(self, kind)(person, *details)

    def book(self, person: User, where: str, start: int, days: int) -> None:
        book(person, where, day(start), day(start + days))

    def change(self, person: User, where: str, start: int, days: int) -> None:
        if trip := person.trips.first():
            services.change(trip, city_id=place(where).pk, start=day(start), end=day(start + days))

    def cancel(self, person: User) -> None:
        if trip := person.trips.last():
            services.cancel(trip)

    def move(self, person: User, where: str | None) -> None:
        move_home(person, where and place(where).pk)

    def touch(self, person: User) -> None:
        if match := Match.objects.filter(source_user=person).first():
            match.are_meeting = True
            match.save()

    def emigrate(self, person: User) -> None:
        change_team(person, self.teams[1] if person.team == self.teams[0] else self.teams[0])


class TestHistories(TestCase):
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(events, min_size=3, max_size=12))
    def test_any_history_ends_in_the_matches_of_its_outcome(self, history: list[tuple[Any, ...]]) -> None:
        world = History()
        for event in history:
            world.happen(event)

        assert stored() == oracle.matches(User.objects.all(), Trip.objects.all())
        for team in world.teams:
            assert matching.rebuild(team.pk) == ([], [], []), "from scratch it is otherwise"
        Match.objects.all().delete()
        for team in world.teams:
            matching.rebuild(team.pk)
        assert stored() == oracle.matches(User.objects.all(), Trip.objects.all())


def stored() -> set[oracle.Match]:
    """All matches by what they are, not by which rows they are."""
    rows = Match.objects.values_list(
        "source_user", "target_user", "source_trip", "target_trip", "overlap_start", "overlap_end"
    )
    assert len(rows) == len(set(rows))
    return set(rows)
