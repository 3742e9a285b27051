"""The demo team: who they are, where they live and where they go, in days from today."""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from cities.models import City
from people import services as people
from people.models import Team, User
from trips import services as trips

TEAM = "Demo"

# GeoNames ids.
LONDON, CAMBRIDGE, EDINBURGH = 2643743, 2653941, 2650225
PARIS, ROME, LISBON, NEW_YORK, SINGAPORE = 2988507, 3169070, 2267057, 5128581, 1880252


class Person(NamedTuple):
    """Somebody of the demo team."""

    name: str
    home: int
    hours: tuple[str, str] | None
    trips: tuple[tuple[int, int, int], ...]
    is_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.com"


# The first four are the example of how matching works; the others are elsewhere on the map and in the clock.
PEOPLE = (
    Person("Alice", LONDON, ("09:00", "17:30"), ((PARIS, 1, 5), (LISBON, 40, 44)), is_staff=True),
    Person("Bob", PARIS, ("08:30", "17:00"), ((ROME, 6, 10), (CAMBRIDGE, 14, 17))),
    Person("Charlie", PARIS, ("10:00", "18:30"), ((CAMBRIDGE, -3, -1), (LONDON, 16, 25))),
    Person("Dana", EDINBURGH, ("09:00", "17:00"), ((LONDON, 0, 2), (ROME, 30, 33))),
    Person("Erin", SINGAPORE, ("22:00", "06:00"), ((LONDON, 15, 22),)),
    Person("Farid", NEW_YORK, None, ((PARIS, -1, 3), (LISBON, 41, 41))),
)
LOGINS = tuple(person.email for person in PEOPLE)


class CannotSeedError(Exception):
    """The demo team cannot be made; the message says what to do."""


class Seeded(NamedTuple):
    """How much was missing."""

    people: int
    trips: int


def seed(password: str) -> Seeded:
    """Make the demo people and trips that are not there yet; all of them log in with `password`.

    Raises:
        CannotSeedError: the cities are missing, or one of the addresses belongs to somebody else.
    """
    cities = {person.home for person in PEOPLE} | {trip[0] for person in PEOPLE for trip in person.trips}
    if City.objects.filter(pk__in=cities).count() < len(cities):
        raise CannotSeedError("The demo's cities are not there yet: run `manage.py import_cities` first.")
    with transaction.atomic():
        team = Team.objects.filter(name=TEAM).order_by("pk").first() or Team.objects.create(name=TEAM)
        new_people = new_trips = 0
        for person in PEOPLE:
            user, is_new = _ensure_person(team, person, password)
            new_people += is_new
            new_trips += sum(_ensure_trip(user, *trip) for trip in person.trips)
    return Seeded(new_people, new_trips)


def _ensure_person(team: Team, person: Person, password: str) -> tuple[User, bool]:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        return User.objects.create_user(
            person.email,
            password,
            team=team,
            first_name=person.name,
            home_city_id=person.home,
            work_hours=person.hours and {"start": person.hours[0], "end": person.hours[1]},
            is_staff=person.is_staff,
        ), True
    if user.team_id != team.pk:
        raise CannotSeedError(
            f"{person.email} is in the team {user.team}, not in {TEAM}: rename that person."
        )
    if not user.check_password(password):
        user.set_password(password)
        people.update(user, password=user.password)
    return user, False


def _ensure_trip(user: User, city: int, first: int, last: int) -> bool:
    """Book a trip, unless they have one to that city ahead, or anything else on its days."""
    today = timezone.now().date()
    start, end = today + timedelta(days=first), today + timedelta(days=last)
    has_one = user.trips.filter(city=city, end__gte=min(today, end)).exists()
    if has_one or user.trips.filter(start__lte=end, end__gte=start).exists():
        return False
    trips.book(user, city_id=city, start=start, end=end)
    return True
