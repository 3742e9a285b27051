"""Who is where on a day, and what time it is there."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cities.representation import represent_all
from people.models import User
from trips.models import Trip

CLOCK = "%H:%M"
# Where the first letter of the code of a flag lies: U+1F1E6 is A.
REGIONAL_A = 0x1F1E6
COLOURS = 8
# Degrees on the map within which two pins would cover one another.
PIN_WIDTH = 7


@dataclass(frozen=True)
class Person:
    """Somebody on a day: at home (`until` is None) or on a trip, and whether they are at work now."""

    user: User
    until: date | None
    availability: str
    is_me: bool

    @property
    def name(self) -> str:
        """How team mates call them."""
        return self.user.first_name or self.user.email.partition("@")[0]

    @property
    def initial(self) -> str:
        """For the round mark."""
        return self.name[:1].upper()

    @property
    def colour(self) -> int:
        """One of a few, always the same for the same person."""
        return colour(self.user.public_id)


@dataclass
class Place:
    """A city and who is there."""

    city: dict[str, Any]
    local_time: str
    people: list[Person] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Its name as people write it."""
        return label(self.city)

    @property
    def x(self) -> float:
        """On the map: degrees east of the date line."""
        return float(round(self.city["location"][0] + 180, 2))

    @property
    def y(self) -> float:
        """On the map: degrees south of the pole."""
        return float(round(90 - self.city["location"][1], 2))

    @property
    def names(self) -> str:
        """Everybody who is there."""
        return ", ".join(person.name for person in self.people)


@dataclass
class Pin:
    """A mark on the map, for one place or some close ones."""

    x: float
    y: float
    places: list[Place]

    @property
    def people(self) -> list[Person]:
        """Everybody in its places."""
        return [person for place in self.places for person in place.people]

    @property
    def is_working(self) -> bool:
        """Whether somebody there is at work now."""
        return any(person.availability == "working" for person in self.people)


def of_team(viewer: User, day: date, now: datetime) -> tuple[list[Place], list[Person]]:
    """Where the viewer's team is on `day`: places, the fullest first, and people whose place nobody knows.

    Args:
        viewer: the team is theirs.
        day: the calendar day.
        now: the moment, for clocks and work hours; those are of today, so they say nothing on other days.
    """
    people = list(User.objects.filter(team_id=viewer.team_id, is_active=True).order_by("first_name", "pk"))
    # Of two trips that touch on this day the later one: they have arrived.
    under_way = {
        trip.user_id: trip
        for trip in Trip.objects.filter(user__team=viewer.team_id, start__lte=day, end__gte=day).order_by(
            "start"
        )
    }
    where = {user.pk: _city_of(user, under_way) for user in people}
    cities = represent_all({city for city in where.values() if city is not None})
    places: dict[int, Place] = {}
    nowhere = []
    for user in people:
        trip, city = under_way.get(user.pk), cities.get(where[user.pk] or 0)
        local = now.astimezone(ZoneInfo(city["timezone"])) if city else None
        person = Person(
            user, trip.end if trip else None, availability(user.work_hours, local), user.pk == viewer.pk
        )
        if city is None or local is None:
            nowhere.append(person)
        else:
            place = places.setdefault(city["id"], Place(city, local.strftime(CLOCK)))
            place.people.append(person)
    return sorted(places.values(), key=lambda place: (-len(place.people), place.label)), nowhere


def pins(places: list[Place]) -> list[Pin]:
    """What the map shows: places that would cover one another share a pin."""
    found: list[Pin] = []
    for place in places:
        near = (pin for pin in found if math.hypot(pin.x - place.x, pin.y - place.y) < PIN_WIDTH)
        pin = next(near, None)
        if pin is None:
            found.append(Pin(place.x, place.y, [place]))
        else:
            pin.places.append(place)
    return found


def colour(public_id: str) -> int:
    """One of a few colours, always the same for the same person."""
    return sum(map(ord, public_id)) % COLOURS


def availability(work_hours: dict[str, str] | None, local: datetime | None) -> str:
    """`working`, `off`, or empty where work hours or place are unknown. Shifts may go past midnight."""
    if not work_hours or local is None:
        return ""
    try:
        start, end = (datetime.strptime(work_hours[key], CLOCK).time() for key in ("start", "end"))  # noqa: DTZ007
    except (KeyError, ValueError):
        return ""
    time = local.time()
    is_working = start <= time < end if start <= end else time >= start or time < end
    return "working" if is_working else "off"


def label(city: dict[str, Any]) -> str:
    """`Name, CC`; for the United States, where names repeat, `Name, State, US`."""
    state = [city["region"]["code"]] if city["country"]["code"] == "US" and city["region"] else []
    return ", ".join([city["name"], *state, city["country"]["code"]])


def flag(city: dict[str, Any]) -> str:
    """The country's flag, made of two letters: no picture has to be fetched."""
    return "".join(chr(REGIONAL_A + ord(letter) - ord("A")) for letter in city["country"]["code"])


def _city_of(user: User, under_way: dict[int, Trip]) -> int | None:
    return under_way[user.pk].city_id if user.pk in under_way else user.home_city_id
