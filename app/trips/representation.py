"""Trips as the API shows them, built from columns without making model instances: lists are hot."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from rest_framework.exceptions import NotFound

from cities.representation import represent_all
from people.models import User
from people.representation import represent_people
from trips.models import Trip

SIMPLE_COLUMNS = ("pk", "user_id", "public_id", "city_id", "start", "end")
COLUMNS = ("user_id", "public_id", "city_id", "start", "end", "notes")


def trips_of(users: Collection[int], which: Q) -> dict[int, list[dict[str, Any]]]:
    """The simple trips of people, by the people's primary keys, each list by date."""
    rows = Trip.objects.filter(which, user__in=users).order_by("start", "pk").values_list(*SIMPLE_COLUMNS)
    cities = represent_all({row[3] for row in rows})
    trips = defaultdict(list)
    for row in rows:
        trips[row[1]].append(_simple(row, cities))
    return trips


def simple_trips(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Simple trips by primary key."""
    rows = Trip.objects.filter(pk__in=set(ids)).order_by().values_list(*SIMPLE_COLUMNS)
    cities = represent_all({row[3] for row in rows})
    return {row[0]: _simple(row, cities) for row in rows}


def represent(trip: Trip, viewer: User) -> dict[str, Any]:
    """One trip as `viewer` may see it.

    Raises:
        NotFound: Its traveller has gone in the meantime.
    """
    for found in from_rows([tuple(getattr(trip, column) for column in COLUMNS)], viewer):
        return found
    raise NotFound


def from_rows(rows: Collection[tuple[Any, ...]], viewer: User) -> list[dict[str, Any]]:
    """Trips from rows of `COLUMNS`, as `viewer` may see them: notes are their owner's, empty to others."""
    people = represent_people({row[0] for row in rows})
    cities = represent_all({row[2] for row in rows})
    return [
        {
            "id": public_id,
            "city": cities[city],
            "start": start,
            "end": end,
            "user": people[user],
            "notes": notes if user == viewer.pk else "",
        }
        for user, public_id, city, start, end, notes in rows
        # Somebody who has left since the row was read took their trips along.
        if user in people
    ]


def _simple(row: tuple[Any, ...], cities: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {"id": row[2], "city": cities[row[3]], "start": row[4], "end": row[5]}
