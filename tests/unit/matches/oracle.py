"""The rules of matching once more, in the plainest Python: day by day, without a database."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations, permutations
from math import acos, cos, radians, sin

from cities.models import City
from people.models import User
from trips.models import Trip

Match = tuple[int, int, int | None, int | None, date, date]

EARTH_METRES = 6_378_168
NEAR_METRES = 200_000


def matches(people: Iterable[User], trips: Iterable[Trip]) -> set[Match]:
    """Who matches whom: source, target, their trips, first day, last day."""
    people, trips = list(people), list(trips)
    found: set[Match] = set()
    for trip, other in combinations(trips, 2):
        mates = trip.user_id != other.user_id and trip.user.team_id == other.user.team_id
        start, end = max(trip.start, other.start), min(trip.end, other.end)
        if mates and start <= end and are_near(trip.city, other.city):
            source, target = sorted((trip, other), key=lambda each: each.user_id)
            found.add((source.user_id, target.user_id, source.pk, target.pk, start, end))
    for guest, host in permutations(people, 2):
        if guest.team_id != host.team_id or host.home_city is None:
            continue
        absences = [trip for trip in trips if trip.user_id == host.pk]
        for visit in (trip for trip in trips if trip.user_id == guest.pk):
            if not are_near(visit.city, host.home_city):
                continue
            for start, end in at_home(visit, absences):
                if guest.pk < host.pk:
                    found.add((guest.pk, host.pk, visit.pk, None, start, end))
                else:
                    found.add((host.pk, guest.pk, None, visit.pk, start, end))
    return found


def at_home(visit: Trip, absences: list[Trip]) -> Iterator[tuple[date, date]]:
    """The parts of a visit for which its host is at home."""
    if visit.start == visit.end:
        day = visit.start
        if not any(away.start < day < away.end or away.start == day == away.end for away in absences):
            yield day, day
        return
    nights = [visit.start + timedelta(days=n) for n in range((visit.end - visit.start).days)]
    run: list[date] = []
    for night in nights:
        if any(away.start <= night < away.end for away in absences):
            if run:
                yield run[0], run[-1] + timedelta(days=1)
            run = []
        else:
            run.append(night)
    if run:
        yield run[0], run[-1] + timedelta(days=1)


def are_near(one: City, other: City) -> bool:
    """Whether two cities are within 200 km, by the spherical law of cosines."""
    if one.pk == other.pk:
        return True
    (a, b), (c, d) = (
        (radians(city.latitude), radians(city.longitude)) for city in (one, other)
    )  # fmt: skip
    return EARTH_METRES * acos(sin(a) * sin(c) + cos(a) * cos(c) * cos(b - d)) <= NEAR_METRES
