"""Runs inside the app, by `manage.py shell`: people for a load run, made and taken away.

They are in teams of a few, as real people are: a booking is matched against the whole team. All of a run
share one password, new every time, because hashing takes the processor's time.
"""

import json
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from cities.models import City
from matches import matching
from people.models import Team, User
from trips.models import Trip

DOMAIN = "load.invalid"
TEAM, TEAM_SIZE = "Load", 10
LIFE = timedelta(hours=5)
"""Longer than the longest run: what is older was left by a run that was killed."""
HOMES = 30
LOGINS = 5
"""So many come to the login page. The app refuses the 51st login from one address in 15 minutes."""


def make(tag: str, number: int) -> dict[str, Any]:
    """Make people with homes, trips, matches and sessions; returns what locust needs to be them."""
    removed = _remove(Team.objects.filter(name__startswith=f"{TEAM} ", created__lt=timezone.now() - LIFE))
    cities = list(City.objects.order_by("-population").values_list("pk", flat=True)[:HOMES])
    password = secrets.token_urlsafe(18)
    hashed = make_password(password)
    people: list[User] = []
    with transaction.atomic():
        for start in range(0, number, TEAM_SIZE):
            team = Team.objects.create(name=f"{TEAM} {tag} {start // TEAM_SIZE + 1}")
            people += User.objects.bulk_create(
                User(
                    email=f"{tag}-{place}@{DOMAIN}",
                    password=hashed,
                    first_name=f"Person {place}",
                    team=team,
                    home_city_id=cities[place % len(cities)],
                    work_hours={"start": "09:00", "end": "17:30"},
                )
                for place in range(start, min(start + TEAM_SIZE, number))
            )
        _book(people, cities)
        for team_id in dict.fromkeys(person.team_id for person in people):
            matching.rebuild(team_id)
        sessions = _log_in(people)
    return {
        "tag": tag,
        "removed": removed,
        "people": [
            {
                "email": person.email,
                "password": password,
                "cookies": {settings.SESSION_COOKIE_NAME: sessions[person.pk]},
                "logs_in": place < LOGINS,
            }
            for place, person in enumerate(people)
        ],
    }


def remove(tag: str, sessions: list[str]) -> dict[str, Any]:
    """Take the people of a run away, with everything of theirs."""
    removed = _remove(Team.objects.filter(name__startswith=f"{TEAM} {tag} "))
    Session.objects.filter(pk__in=sessions).delete()
    return {"removed": removed}


def _remove(teams: Any) -> int:
    """Those teams that hold nobody but people of this file; says how many."""
    known = [
        pk
        for pk in teams.values_list("pk", flat=True)
        if not User.objects.filter(team=pk).exclude(email__endswith=f"@{DOMAIN}").exists()
    ]
    for pk in known:
        with transaction.atomic():
            Team.objects.filter(pk=pk).delete()
    return len(known)


def _book(people: list[User], cities: list[int]) -> None:
    """Two trips for everybody, to team mates among others."""
    today = timezone.now().date()
    Trip.objects.bulk_create(
        Trip(
            user=person,
            city_id=cities[(place + 1 + turn) % len(cities)],
            start=today + timedelta(days=210 + 10 * turn),
            end=today + timedelta(days=213 + 10 * turn),
        )
        for place, person in enumerate(people)
        for turn in range(2)
    )


def _log_in(people: list[User]) -> dict[int, str]:
    """A session for everybody; returns their keys by the people's primary keys."""
    keys: dict[int, str] = {}
    rows = []
    store = SessionStore()
    for person in people:
        keys[person.pk] = secrets.token_hex(16)
        facts = {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
        rows.append(
            Session(
                session_key=keys[person.pk],
                session_data=store.encode(facts),
                expire_date=timezone.now() + LIFE,
            )
        )
    Session.objects.bulk_create(rows)
    return keys


def main(wish: dict[str, Any]) -> None:
    """Do what `dev.load.people` asks for, and say what came of it."""
    done = make(wish["tag"], wish["make"]) if "make" in wish else remove(wish["tag"], wish["sessions"])
    print(json.dumps(done))  # noqa: T201 - the harness reads it
