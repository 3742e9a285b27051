"""Matches as the API shows them to one of the two."""

from collections.abc import Collection
from typing import Any

from rest_framework.exceptions import NotFound

from matches.models import Match
from people.models import User
from people.representation import represent_people
from trips.representation import simple_trips

COLUMNS = (
    "public_id",
    "source_user_id",
    "target_user_id",
    "source_trip_id",
    "target_trip_id",
    "distance",
    "overlap_start",
    "overlap_end",
    "source_state",
    "target_state",
    "are_meeting",
)


def represent(match: Match, viewer: User) -> dict[str, Any]:
    """One match as `viewer` sees it.

    Raises:
        NotFound: It has gone in the meantime.
    """
    for found in from_rows([tuple(getattr(match, column) for column in COLUMNS)], viewer):
        return found
    raise NotFound


def from_rows(rows: Collection[tuple[Any, ...]], viewer: User) -> list[dict[str, Any]]:
    """Matches from rows of `COLUMNS`; the state is that on the viewer's side.

    A match whose trip was cancelled, or whose person left, since its row was read has gone with them: it is
    left out.
    """
    people = represent_people({person for row in rows for person in row[1:3]})
    trips = simple_trips({trip for row in rows for trip in row[3:5] if trip is not None})
    return [
        {
            "id": public_id,
            "source_user": people[source],
            "target_user": people[target],
            "distance": distance,
            "overlap_start": start,
            "overlap_end": end,
            "source_trip": source_trip and trips[source_trip],
            "target_trip": target_trip and trips[target_trip],
            "state": source_state if source == viewer.pk else target_state,
            "are_meeting": are_meeting,
        }
        for (
            public_id, source, target, source_trip, target_trip,
            distance, start, end, source_state, target_state, are_meeting,
        ) in rows
        if {source, target} <= people.keys() and {source_trip, target_trip} - {None} <= trips.keys()
    ]  # fmt: skip
