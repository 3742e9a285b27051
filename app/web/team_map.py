"""Where everybody of a team is on each day that the map can show, as small as it can be said.

People and trips name cities by their place in one list, and days by their distance from the first one.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cities.representation import represent_all
from people.models import User
from trips.models import Trip

DAYS_AHEAD = 180
"""How far ahead people may look."""

MARGIN = 1
"""It is yesterday or tomorrow for somebody: a day more at either end than is shown."""

PEOPLE = ("pk", "public_id", "first_name", "email", "avatar_url", "home_city_id", "work_hours")
TRIPS = ("user_id", "city_id", "start", "end")


def of_team(team_id: int) -> dict[str, Any]:
    """The people of a team who can log in, with their homes, work hours and trips around the coming days."""
    first = datetime.now(UTC).date() - timedelta(days=MARGIN)
    last = first + timedelta(days=DAYS_AHEAD + 2 * MARGIN)
    people = list(
        User.objects.filter(team_id=team_id, is_active=True).order_by("first_name", "pk").values_list(*PEOPLE)
    )
    trips = list(
        Trip.objects.filter(user__team=team_id, user__is_active=True, end__gte=first, start__lte=last)
        .order_by("start", "pk")
        .values_list(*TRIPS)
    )
    known = represent_all({person[5] for person in people if person[5]} | {trip[1] for trip in trips})
    places = {city_id: place for place, city_id in enumerate(known)}
    stays = _stays(trips, places, first)
    return {
        "first_day": first,
        "cities": [_city(city) for city in known.values()],
        "people": [
            {
                "id": public_id,
                "name": first_name or email.partition("@")[0],
                "avatar": avatar,
                "home": places.get(home),
                "work_hours": hours and [hours["start"], hours["end"]],
                "trips": stays.get(pk, []),
            }
            for pk, public_id, first_name, email, avatar, home, hours in people
        ],
    }


def _stays(trips: list[Any], places: dict[int, int], first: date) -> dict[int, list[list[int]]]:
    stays: dict[int, list[list[int]]] = {}
    for user, city, start, end in trips:
        stays.setdefault(user, []).append([places[city], (start - first).days, (end - first).days])
    return stays


def _city(city: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": city["id"],
        "name": city["name"],
        "country": city["country"]["code"],
        "region": city["region"] and city["region"]["code"],
        "location": city["location"],
        "timezone": city["timezone"],
    }
