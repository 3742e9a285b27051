"""Vacations: from when until when the app in a cluster is scaled to zero, and what cannot be one."""

from __future__ import annotations

import datetime as dt
import os
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dev import suggest
from dev.errors import WitwError

LOCALTIME = Path("/etc/localtime")


@dataclass(frozen=True)
class Vacation:
    """One time in which the app sleeps.

    Args:
        begins: When it falls asleep.
        ends: When it wakes.
        zone: The time zone in which it was planned, and is told.
    """

    begins: dt.datetime
    ends: dt.datetime
    zone: str

    @property
    def name(self) -> str:
        """What its objects are called: `20261224-1900`, the beginning in UTC."""
        return f"{self.begins.astimezone(dt.UTC):%Y%m%d-%H%M}"

    def __str__(self) -> str:
        """As people are told."""
        return f"from {self.told(self.begins)} to {self.told(self.ends)} ({self.zone})"

    @property
    def wakes(self) -> str:
        """When it wakes, as people are told."""
        return f"{self.told(self.ends)} ({self.zone})"

    def overlaps(self, other: Vacation) -> bool:
        """Whether both sleep at some moment."""
        return self.begins < other.ends and other.begins < self.ends

    def told(self, moment: dt.datetime) -> str:
        """A moment in the zone of the plan."""
        return f"{moment.astimezone(zoneinfo.ZoneInfo(self.zone)):%a %Y-%m-%d %H:%M}"


def plan(
    first: str,
    last: str,
    *,
    sleep: str,
    wake: str,
    zone: str,
    now: dt.datetime,
    others: Iterable[Vacation] = (),
) -> Vacation:
    """A vacation from what was typed.

    Args:
        first: The day on which it begins, `2026-12-24`.
        last: The day on which it ends.
        sleep: The time on the first day at which the app falls asleep, `19:00`.
        wake: The time on the last day at which it wakes.
        zone: The time zone of all of them; empty for this machine's own.
        now: The present.
        others: Vacations that are planned already.

    Raises:
        WitwError: A word cannot be read, it ends before it begins, begins in the past, or overlaps another.
    """
    zone = zone or local_zone()
    known = _zone(zone)
    begins = dt.datetime.combine(_day("--from", first), _time("--sleep", sleep), known)
    ends = dt.datetime.combine(_day("--to", last), _time("--wake", wake), known)
    # In UTC from here on: two times of one zone are compared by their clocks, whatever was set between.
    made = Vacation(begins.astimezone(dt.UTC), ends.astimezone(dt.UTC), zone)
    if made.ends <= made.begins:
        raise WitwError(
            f"a vacation {made} ends before it begins; nothing was changed",
            remedy="choose a later --to, or an earlier --sleep or later --wake on the same day",
        )
    if made.begins < now:
        raise WitwError(
            f"a vacation {made} begins in the past, it is {made.told(now)}; nothing was changed",
            remedy="choose a later --from or --sleep",
        )
    if clash := next((other for other in others if made.overlaps(other)), None):
        raise WitwError(
            f"a vacation {made} overlaps the one that is planned {clash}; nothing was changed",
            remedy="choose other days, or end that one first: ./witw vacation --cancel",
        )
    return made


def local_zone() -> str:
    """The time zone of this machine; UTC where nothing says so."""
    if (named := os.environ.get("TZ", "").lstrip(":")) and named in zoneinfo.available_timezones():
        return named
    _, _, name = str(LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if name in zoneinfo.available_timezones() else "UTC"


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = zoneinfo.available_timezones()
        raise WitwError(
            suggest.unknown("time zone", name, known) + "; nothing was changed",
            remedy="name it as the tz database does: --timezone Europe/Berlin",
        ) from error


def _day(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise WitwError(
            f"{option} {text} is no day; nothing was changed", remedy=f"write {option} YEAR-MONTH-DAY"
        ) from error


def _time(option: str, text: str) -> dt.time:
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - the zone comes with the day
    except ValueError as error:
        raise WitwError(
            f"{option} {text} is no time of day; nothing was changed", remedy=f"write {option} HOUR:MINUTE"
        ) from error
