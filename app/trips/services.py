"""Booking, changing and cancelling trips, with the matches that follow, each in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from matches import matching
from people.models import User
from people.services import locked_team_of
from trips.models import NO_OVERLAP, Trip


class TripChanges(TypedDict, total=False):
    """The fields of a trip that its owner may change."""

    city_id: int
    start: date
    end: date
    notes: str


def book(user: User, *, city_id: int, start: date, end: date, notes: str = "") -> Trip:
    """Book a trip for `user`.

    Raises:
        ValidationError: it ends before it starts or overlaps another trip of theirs (code
        `invalid_date_range` or
            `overlapping_trip`, on `end`).
    """
    trip = Trip(user=user, city_id=city_id, start=start, end=end, notes=notes)
    add(trip)
    return trip


def add(trip: Trip) -> None:
    """Store a new trip and find its matches.

    Raises:
        ValidationError: as for `book`.
    """
    trip.clean()
    with _overlap_reported(), locked_team_of(trip.user) as team:
        trip.save(force_insert=True)
        matching.trip_booked(team, trip.user_id, trip.pk, trip.start, trip.end)


def change(trip: Trip, **changes: Unpack[TripChanges]) -> Trip:
    """Give a trip another city, days or notes; the trip returned has them.

    Raises:
        ValidationError: as for `book`.
        Trip.DoesNotExist: it has been cancelled meanwhile.
    """
    with _overlap_reported(), locked_team_of(trip.user) as team:
        trip = Trip.objects.select_related("user").get(pk=trip.pk)
        before = (trip.city_id, trip.start, trip.end)
        for name, value in changes.items():
            setattr(trip, name, value)
        trip.clean()
        trip.save(update_fields=[*changes, "modified"])
        if before != (trip.city_id, trip.start, trip.end):
            matching.trip_changed(team, trip.user_id, trip.pk, [*before[1:], trip.start, trip.end])
    return trip


def cancel(trip: Trip) -> None:
    """Remove a trip and its matches; who stays at home instead is matched with visitors again."""
    with locked_team_of(trip.user) as team:
        current = Trip.objects.get(pk=trip.pk)
        current.delete()
        matching.trip_cancelled(team, current.user_id, current.start, current.end)


@contextmanager
def _overlap_reported() -> Iterator[None]:
    """Turn the database's refusal into an error for people. There is no check beforehand that could race."""
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != NO_OVERLAP:
            raise
        message = ValidationError("You cannot add an overlapping trip.", code="overlapping_trip")
        raise ValidationError({"end": message}) from error
