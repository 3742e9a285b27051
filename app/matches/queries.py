"""The questions that matching asks of the database: which matches ought to be, which are, and the changes.

Each is one statement whatever the number of trips and matches. Distances are earthdistance's great-circle
metres on a sphere, cut to whole ones; *near* is `NEAR_METRES` or less.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from trips.stays import STAY_SQL, WHOLE_DAYS_SQL


class Meeting(NamedTuple):
    """A match as it ought to be. Source is the person with the lower primary key; no trip means at home."""

    source_user: int
    target_user: int
    source_trip: int | None
    target_trip: int | None
    distance: int
    start: date
    end: date

    @property
    def pair(self) -> tuple[int, int, int | None, int | None]:
        """Whose match it is, on which trips; split stays give several matches of one pair."""
        return self[:4]


class StoredMeeting(NamedTuple):
    """A match as it is stored, and whether somebody has seen, dismissed or accepted it."""

    id: int
    meeting: Meeting
    is_touched: bool


@dataclass(frozen=True)
class Scope:
    """What may have changed: everything on `trips`, and the visits to the home of `host`.

    `days` narrows the visits to those by trips that share a day with it.
    """

    team: int
    trips: list[int] = field(default_factory=list)
    host: int | None = None
    days: tuple[date, date] | None = None

    def parameters(self) -> dict[str, Any]:
        first, last = self.days or (None, None)
        return {
            "team": self.team,
            "trips": self.trips,
            "host": self.host,
            "first": first,
            "last": last,
            "near": settings.NEAR_METRES,
        }


def _stay(trip: str) -> str:
    return STAY_SQL.format(start=f"{trip}.start", end=f'{trip}."end"')


def _days(trip: str) -> str:
    return WHOLE_DAYS_SQL.format(start=f"{trip}.start", end=f'{trip}."end"')


_IN_DAYS = (
    f"(%(first)s::date IS NULL OR {_stay('t')} && "
    + WHOLE_DAYS_SQL.format(start="%(first)s::date", end="%(last)s::date")
    + ")"
)

# `visit`: a trip and a mate who has a home somewhere. `crossing`: two trips that share a day. `near`: how far
# it is between any two cities of these, computed once however many trips go there; the others fall out.
#
# A host is away in the nights of their own trips: a visit of several days is its nights less those, and each
# run of nights that is left is a match from its first evening to its last morning. A visit of one day has no
# night; it finds its host unless one trip of theirs takes the whole of that day.
_WANTED = f"""
WITH visit AS MATERIALIZED (
    SELECT t.id AS trip, t.user_id AS guest, h.id AS host, t.start, t."end",
        t.city_id AS here, h.home_city_id AS there
    FROM trips_trip t
    JOIN people_user h ON h.team_id = %(team)s AND h.id <> t.user_id AND h.home_city_id IS NOT NULL
    WHERE t.id = ANY(%(trips)s::bigint[])
    UNION
    SELECT t.id, t.user_id, h.id, t.start, t."end", t.city_id, h.home_city_id
    FROM people_user h
    JOIN people_user guest ON guest.team_id = %(team)s AND guest.id <> h.id
    JOIN trips_trip t ON t.user_id = guest.id AND {_IN_DAYS}
    WHERE h.id = %(host)s AND h.home_city_id IS NOT NULL
), crossing AS MATERIALIZED (
    SELECT t.id AS trip, t.user_id AS traveller, o.id AS other_trip, o.user_id AS other,
        greatest(t.start, o.start) AS start, least(t."end", o."end") AS "end",
        t.city_id AS here, o.city_id AS there
    FROM trips_trip t
    JOIN people_user mate ON mate.team_id = %(team)s AND mate.id <> t.user_id
    JOIN trips_trip o ON o.user_id = mate.id AND {_stay("o")} && {_days("t")}
    WHERE t.id = ANY(%(trips)s::bigint[])
), near AS MATERIALIZED (
    SELECT one.id AS here, other.id AS there, metres
    FROM (SELECT here, there FROM visit UNION SELECT here, there FROM crossing) pair
    JOIN cities_city one ON one.id = pair.here
    JOIN cities_city other ON other.id = pair.there
    CROSS JOIN LATERAL earth_distance(
        ll_to_earth(one.latitude, one.longitude), ll_to_earth(other.latitude, other.longitude)
    ) AS metres
    WHERE metres <= %(near)s
), near_visit AS MATERIALIZED (
    SELECT visit.*, metres FROM visit JOIN near USING (here, there)
), at_home AS (
    SELECT v.trip, v.guest, v.host, v.metres, lower(run.nights) AS start, upper(run.nights) AS "end"
    FROM near_visit v CROSS JOIN LATERAL (
        SELECT unnest(
            datemultirange(daterange(v.start, v."end"))
            - coalesce(range_agg(daterange(away.start, away."end")), datemultirange())
        ) AS nights
        FROM trips_trip away WHERE away.user_id = v.host AND {_stay("away")} && {_days("v")}
    ) run
    WHERE v.start < v."end"
    UNION ALL
    SELECT v.trip, v.guest, v.host, v.metres, v.start, v."end"
    FROM near_visit v
    WHERE v.start = v."end" AND NOT EXISTS (
        SELECT FROM trips_trip away WHERE away.user_id = v.host AND {_stay("away")} @> {_days("v")}
    )
)
SELECT least(guest, host), greatest(guest, host),
    CASE WHEN guest < host THEN trip END, CASE WHEN host < guest THEN trip END,
    floor(metres)::int, start, "end"
FROM at_home
UNION
SELECT least(traveller, other), greatest(traveller, other),
    CASE WHEN traveller < other THEN trip ELSE other_trip END,
    CASE WHEN traveller < other THEN other_trip ELSE trip END,
    floor(metres)::int, start, "end"
FROM crossing JOIN near USING (here, there)
"""  # noqa: S608 (parameters are parameters)

_COLUMNS = """m.id, m.source_user_id, m.target_user_id, m.source_trip_id, m.target_trip_id,
    m.distance, m.overlap_start, m.overlap_end,
    m.source_state <> 'unseen' OR m.target_state <> 'unseen' OR m.are_meeting AS is_touched"""

# Branches of their own, so that each uses the index on its column. What a person hosts is looked up before
# the trips: the other way round would go through everybody's trips of those days.
_STORED = f"""
WITH hosted AS MATERIALIZED (
    SELECT {_COLUMNS}, m.target_trip_id AS trip
    FROM matches_match m WHERE m.source_user_id = %(host)s AND m.source_trip_id IS NULL
    UNION ALL
    SELECT {_COLUMNS}, m.source_trip_id
    FROM matches_match m WHERE m.target_user_id = %(host)s AND m.target_trip_id IS NULL
)
SELECT {_COLUMNS} FROM matches_match m WHERE m.source_trip_id = ANY(%(trips)s::bigint[])
UNION
SELECT {_COLUMNS} FROM matches_match m WHERE m.target_trip_id = ANY(%(trips)s::bigint[])
UNION
SELECT h.id, h.source_user_id, h.target_user_id, h.source_trip_id, h.target_trip_id,
    h.distance, h.overlap_start, h.overlap_end, h.is_touched
FROM hosted h JOIN trips_trip t ON t.id = h.trip WHERE {_IN_DAYS}
"""  # noqa: S608 (parameters are parameters)

_INSERT = """
INSERT INTO matches_match (
    team_id, source_user_id, target_user_id, source_trip_id, target_trip_id,
    distance, overlap_start, overlap_end, created, modified
)
SELECT %s, new.*, statement_timestamp(), statement_timestamp()
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::date[], %s::date[]) AS new
"""

_UPDATE = """
UPDATE matches_match m
SET distance = moved.distance, overlap_start = moved.start, overlap_end = moved."end",
    modified = statement_timestamp()
FROM unnest(%s::bigint[], %s::int[], %s::date[], %s::date[]) AS moved (id, distance, start, "end")
WHERE m.id = moved.id
"""


def wanted(scope: Scope) -> list[Meeting]:
    """The matches that ought to be, as far as `scope` reaches."""
    return [Meeting(*row) for row in _fetch(_WANTED, scope.parameters())]


def stored(scope: Scope) -> list[StoredMeeting]:
    """The matches that are, as far as `scope` reaches."""
    return [
        StoredMeeting(row[0], Meeting(*row[1:8]), is_touched=row[8])
        for row in _fetch(_STORED, scope.parameters())
    ]


def insert(team: int, meetings: list[Meeting]) -> None:
    """Store new matches."""
    _execute(_INSERT, [team, *_columns(meetings)])


def update(moved: list[tuple[int, Meeting]]) -> None:
    """Give stored matches, by primary key, new days and distances."""
    rows = [(key, meeting.distance, meeting.start, meeting.end) for key, meeting in moved]
    _execute(_UPDATE, _columns(rows))


def delete(keys: list[int]) -> None:
    """Remove stored matches by primary key."""
    _execute("DELETE FROM matches_match WHERE id = ANY(%s::bigint[])", [keys])


def trips_of_team(team: int) -> list[int]:
    """The primary keys of all trips of a team."""
    sql = "SELECT t.id FROM trips_trip t JOIN people_user u ON u.id = t.user_id WHERE u.team_id = %(team)s"
    return [row[0] for row in _fetch(sql, {"team": team})]


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _fetch(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _execute(sql: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
