"""People and trips in any number, for measuring. Made inside the database: a million take minutes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from cities.models import City
from matches import matching
from people.models import Team

DOMAIN = "bench.invalid"

_PEOPLE = """
INSERT INTO people_user (
    email, password, first_name, last_name, avatar_url, team_id, home_city_id,
    is_staff, is_superuser, is_active, date_joined, created, modified
)
SELECT 'team' || team || '-' || number || '@' || %(domain)s, %(password)s,
    'Person ' || number, 'Bench', '', team,
    (%(cities)s::int[])[1 + number %% cardinality(%(cities)s::int[])],
    false, false, true, now(), now(), now()
FROM unnest(%(teams)s::bigint[]) team, generate_series(1, %(people)s) number
"""

# Each trip of a person lies in a slot of days of its own, so that none overlap.
_TRIPS = """
INSERT INTO trips_trip (user_id, city_id, start, "end", notes, created, modified)
SELECT u.id, (%(cities)s::int[])[1 + floor(random() * cardinality(%(cities)s::int[]))],
    day, day + floor(random() * (%(slot)s - 1))::int, '', now(), now()
FROM (
    SELECT id, row_number() OVER (PARTITION BY team_id ORDER BY id) - 1 AS number
    FROM people_user WHERE team_id = ANY(%(teams)s::bigint[])
) u, generate_series(0, %(trips)s - 1) trip, LATERAL (
    SELECT %(first)s::date + %(slot)s * (trip / %(people)s)::int AS day
) slot
WHERE trip %% %(people)s = u.number
"""


@dataclass(frozen=True)
class Crowd:
    """How many teams of how many people, and how many trips each team has."""

    teams: int = 1
    people: int = 50
    trips: int = 2000
    cities: int = 30


def seed(crowd: Crowd, password: str) -> list[Team]:
    """Add teams of people with homes and trips around today, in the biggest cities; without matches."""
    biggest = list(City.objects.order_by("-population").values_list("pk", flat=True)[: crowd.cities])
    if not biggest:
        raise City.DoesNotExist("There are no cities yet: run `manage.py import_cities` first.")
    with transaction.atomic():
        number = Team.objects.count()
        teams = Team.objects.bulk_create(Team(name=f"Bench {number + i + 1}") for i in range(crowd.teams))
        per_person = -(-crowd.trips // crowd.people)
        # Two years, or more where the trips need it.
        slot = max(5, 730 // max(per_person, 1))
        parameters: dict[str, Any] = {
            "domain": DOMAIN,
            "password": make_password(password),
            "cities": biggest,
            "teams": [team.pk for team in teams],
            "people": crowd.people,
            "trips": crowd.trips,
            "slot": slot,
            "first": timezone.now().date() - timedelta(days=slot * per_person // 2),
        }
        with connection.cursor() as cursor:
            cursor.execute(_PEOPLE, parameters)
            cursor.execute(_TRIPS, parameters)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_team, people_user, trips_trip")
    return teams


# Of teams that hold nobody but people of this module.
_REMOVE = """
WITH team AS (
    SELECT team_id AS id FROM people_user GROUP BY team_id HAVING bool_and(email LIKE '%%@' || %(domain)s)
), matches AS (
    DELETE FROM matches_match WHERE team_id IN (SELECT id FROM team)
), trips AS (
    DELETE FROM trips_trip t USING people_user u WHERE u.id = t.user_id AND u.team_id IN (SELECT id FROM team)
), people AS (
    DELETE FROM people_user WHERE team_id IN (SELECT id FROM team)
)
DELETE FROM people_team WHERE id IN (SELECT id FROM team)
"""


def remove() -> int:
    """Take away everything that `seed` has ever made; says how many teams."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_REMOVE, {"domain": DOMAIN})
        return int(cursor.rowcount)


def match(team: Team) -> int:
    """Make the matches of a team; says how many."""
    return len(matching.rebuild(team.pk).new)
