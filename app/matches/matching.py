"""Keeping the matches right: the one place that makes, changes and removes them.

Whatever happens to trips and homes, the stored matches are compared with those that follow from the rules,
and only the difference is written. So the result does not depend on the order of events, and a match that
goes on being one keeps its id and what people did about it.

The rules. Two team mates match where a trip of one is near a trip of the other on the same days, or near the
other's home while they are there. Somebody is away in the nights of their trips: on the days they leave and
return they count as home. Two people at home never match.

Everything here runs in a transaction that holds the team's lock (`locked`): of two requests at once, the
second sees what the first has done. It knows tables, not models, so that models may use it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.db import connection, transaction

from matches import queries
from matches.queries import Meeting, Scope, StoredMeeting

# The first key of our advisory locks ("witw" in ASCII); the second is the team.
LOCK_SPACE = 0x77697477
REBUILD_AT_ONCE = 500


class Difference(NamedTuple):
    """What turns the stored matches into the wanted ones."""

    new: list[Meeting]
    moved: list[tuple[int, Meeting]]
    gone: list[int]


@contextmanager
def locked(*teams: int) -> Iterator[None]:
    """A transaction in which nobody else changes the trips, homes or matches of `teams`."""
    with transaction.atomic():
        for team in sorted(set(teams)):
            with connection.cursor() as cursor:
                # The lock's key is 32 bits wide; two teams that share one only wait for each other.
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, team % 2**31])
        yield


def trip_booked(team: int, user: int, trip: int, start: date, end: date) -> None:
    """A trip exists since just now: find its matches, and end those at its traveller's home."""
    _refresh(Scope(team, trips=[trip], host=user, days=(start, end)))


def trip_changed(team: int, user: int, trip: int, days: Iterable[date]) -> None:
    """A trip has another city or other days; `days` are its first and last ones, old and new."""
    days = list(days)
    _refresh(Scope(team, trips=[trip], host=user, days=(min(days), max(days))))


def trip_cancelled(team: int, user: int, start: date, end: date) -> None:
    """A trip is gone, with its matches: its traveller is at home again on those days."""
    _refresh(Scope(team, host=user, days=(start, end)))


def home_changed(team: int, user: int) -> None:
    """Somebody lives in another city, or in one for the first time, or in none."""
    _refresh(Scope(team, host=user))


def team_joined(team: int, user: int, trips: Iterable[int]) -> None:
    """Somebody has come into a team, with their trips; their matches in the one they left go."""
    _refresh(Scope(team, trips=list(trips), host=user))


def rebuild(team: int) -> Difference:
    """Compute all matches of a team afresh; says what was not right. For repairs, and for changed cities."""
    whole = Difference([], [], [])
    with locked(team):
        trips = queries.trips_of_team(team)
        # In parts, so that no statement takes long however many trips there are.
        for begin in range(0, len(trips), REBUILD_AT_ONCE):
            part = _refresh(Scope(team, trips=trips[begin : begin + REBUILD_AT_ONCE]))
            whole.new.extend(part.new)
            whole.moved.extend(part.moved)
            whole.gone.extend(part.gone)
    return whole


def _refresh(scope: Scope) -> Difference:
    difference = compare(queries.wanted(scope), queries.stored(scope))
    if difference.gone:
        queries.delete(difference.gone)
    if difference.moved:
        queries.update(difference.moved)
    if difference.new:
        queries.insert(scope.team, difference.new)
    return difference


def compare(wanted: Iterable[Meeting], stored: Iterable[StoredMeeting]) -> Difference:
    """Choose which stored match becomes which wanted one.

    Only matches of the same two people on the same trips that share a day are the same match. Where a stay
    was split or joined there is a choice: a match that somebody has touched goes first, then the longer
    common time.
    """
    stored_by_pair = defaultdict(list)
    for match in stored:
        stored_by_pair[match.meeting.pair].append(match)
    wanted_by_pair = defaultdict(list)
    for meeting in wanted:
        wanted_by_pair[meeting.pair].append(meeting)

    difference = Difference([], [], [])
    for pair, meetings in wanted_by_pair.items():
        matches = stored_by_pair.pop(pair, [])
        kept = _assign(meetings, matches)
        difference.new.extend(meeting for meeting in meetings if meeting not in kept)
        difference.moved.extend(
            (match.id, meeting) for meeting, match in kept.items() if match.meeting != meeting
        )
        kept_ids = {match.id for match in kept.values()}
        difference.gone.extend(match.id for match in matches if match.id not in kept_ids)
    for matches in stored_by_pair.values():
        difference.gone.extend(match.id for match in matches)
    return difference


def _assign(meetings: list[Meeting], matches: list[StoredMeeting]) -> dict[Meeting, StoredMeeting]:
    """One stored match at most for each wanted one, the best first."""
    choices = sorted(
        (
            (match.is_touched, days, -meeting.start.toordinal(), -match.id, meeting, match)
            for meeting in meetings
            for match in matches
            if (days := _common_days(meeting, match.meeting)) > 0
        ),
        key=lambda choice: choice[:4],
        reverse=True,
    )
    kept: dict[Meeting, StoredMeeting] = {}
    taken: set[int] = set()
    for *_, meeting, match in choices:
        if meeting not in kept and match.id not in taken:
            kept[meeting] = match
            taken.add(match.id)
    return kept


def _common_days(one: Meeting, other: Meeting) -> int:
    return (min(one.end, other.end) - max(one.start, other.start)).days + 1
