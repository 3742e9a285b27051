"""Booking, changing and cancelling trips, with the matches that follow, each in one transaction."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from matches import matching
from people.models import User
from people.services import locked_team_of
from trips.models import NO_OVERLAP, Trip


class ChangedMeanwhile(Exception):  # noqa: N818 (it says what happened)
    """The trip is no longer what its owner saw when they decided what to do with it."""


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


def change(trip: Trip, seen: Collection[str] = (), **changes: Unpack[TripChanges]) -> Trip:
    """Give a trip another city, days or notes; the trip returned has them.

    Args:
        trip: the trip.
        seen: its `version` as its owner saw it, or several; none: whatever it is now.
        changes: its new fields.

    Raises:
        ValidationError: as for `book`.
        ChangedMeanwhile: it has another version by now.
        Trip.DoesNotExist: it has been cancelled meanwhile.
    """
    with _overlap_reported(), locked_team_of(trip.user) as team:
        trip = Trip.objects.select_related("user").get(pk=trip.pk)
        _check_unchanged(trip, seen)
        before = (trip.city_id, trip.start, trip.end)
        for name, value in changes.items():
            setattr(trip, name, value)
        trip.clean()
        trip.save(update_fields=[*changes, "modified"])
        if before != (trip.city_id, trip.start, trip.end):
            matching.trip_changed(team, trip.user_id, trip.pk, [*before[1:], trip.start, trip.end])
    return trip


def cancel(trip: Trip, seen: Collection[str] = ()) -> None:
    """Remove a trip and its matches; who stays at home instead is matched with visitors again.

    Raises:
        ChangedMeanwhile: `seen` is given, and the trip has another version by now.
    """
    with locked_team_of(trip.user) as team:
        current = Trip.objects.get(pk=trip.pk)
        _check_unchanged(current, seen)
        current.delete()
        matching.trip_cancelled(team, current.user_id, current.start, current.end)


def _check_unchanged(trip: Trip, seen: Collection[str]) -> None:
    if seen and trip.version not in seen:
        raise ChangedMeanwhile


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
