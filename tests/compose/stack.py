"""A whole stack of its own for the tests, and the people in it."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx

from dev import host, settings, state
from dev.settings import ROOT

UP_SECONDS = 1800
STAMP = "test-stack"

MAKE_PEOPLE = """
import json, sys
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, BACKEND_SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from cities.models import City
from people.models import Team
wanted = json.loads({wanted!r})
team = Team.objects.create(name=wanted["team"])
made = []
for person in wanted["people"]:
    home = person.pop("home")
    city = City.objects.get(id=home) if home else None
    user = get_user_model().objects.create_user(
        password=wanted["password"], team=team, home_city=city, **person)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    made.append({{"id": user.public_id, "email": user.email, "session": session.session_key}})
print(json.dumps({{"cookie": settings.SESSION_COOKIE_NAME, "people": made}}))
"""


class Person(httpx.Client):
    """A logged-in browser, and whose it is. Unsafe requests carry the CSRF token."""

    def __init__(self, base_url: str, *, id: str, email: str, password: str) -> None:  # noqa: A002
        super().__init__(
            base_url=base_url, timeout=30, trust_env=False, event_hooks={"request": [self._add_token]}
        )
        self.id, self.email, self.password = id, email, password

    def _add_token(self, request: httpx.Request) -> None:
        if token := self.cookies.get("csrftoken"):
            request.headers.setdefault("X-CSRFToken", token)

    def book(self, city: int, start: str, end: str, notes: str = "") -> dict[str, Any]:
        """Create a trip; returns what the API answers."""
        body = {"city": city, "start": start, "end": end, "notes": notes}
        answer = self.post("/api/trips", json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        trip: dict[str, Any] = answer.json()
        return trip

    def results(self, path: str, **params: str) -> list[dict[str, Any]]:
        """The first page of a list."""
        answer = self.get(path, params=params)
        assert answer.status_code == httpx.codes.OK, answer.text
        listed: list[dict[str, Any]] = answer.json()["results"]
        return listed


@dataclass(frozen=True)
class Stack:
    """One Compose project: where it is and how to reach into it."""

    project: str
    port: int
    internal_port: int
    browsers: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, compare=False)

    @classmethod
    def choose(cls) -> "Stack":
        """The stack of an earlier run that kept it, or free ports for a new one."""
        project = f"{settings.load().project}-test"
        known = state.stamp(STAMP)
        if known.get("project") == project:
            return cls(**known)
        port = host.free_port("127.0.0.1", 18079)
        chosen = cls(project, port, host.free_port("127.0.0.1", port))
        state.set_stamp(STAMP, project=project, port=chosen.port, internal_port=chosen.internal_port)
        return chosen

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def internal_url(self) -> str:
        return f"http://localhost:{self.internal_port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "WITW_PROJECT": self.project,
            "WITW_PORT": str(self.port),
            "WITW_INTERNAL_PORT": str(self.internal_port),
        }

    def up(self) -> None:
        """Bring it up as a person would; what that prints is shown when a test fails."""
        subprocess.run(
            [sys.executable, "-m", "dev", "up"],
            cwd=ROOT,
            env=self.environment,
            check=True,
            timeout=UP_SECONDS,
        )

    def down(self) -> None:
        """Take the containers, the networks and the data away; images and engine stay."""
        self.compose("down", "--volumes", "--remove-orphans")
        state.forget(STAMP)

    def compose(
        self, *arguments: str, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` on this stack."""
        command = ["docker", "compose", "--project-directory", str(ROOT), *arguments]
        result = subprocess.run(
            command,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr}")
        return result

    def manage(self, *arguments: str) -> str:
        """Run manage.py in a container of the app."""
        return self.compose("exec", "--no-TTY", "app", "python", "manage.py", *arguments).stdout

    def browser(self) -> httpx.Client:
        """Somebody who is not logged in, at the public gateway."""
        return self.browsers.enter_context(httpx.Client(base_url=self.url, timeout=30, trust_env=False))

    def operator(self) -> httpx.Client:
        """Somebody at the internal gateway."""
        return self.browsers.enter_context(
            httpx.Client(base_url=self.internal_url, timeout=30, trust_env=False)
        )

    def people(self, **homes: int | None) -> list[Person]:
        """A new team of people, each with a home city (or None), logged in already."""
        tag, password = secrets.token_hex(4), secrets.token_urlsafe(12)
        people = [
            {"email": f"{name}.{tag}@example.org", "first_name": name.title(), "home": home}
            for name, home in homes.items()
        ]
        wanted = json.dumps({"team": f"Team {tag}", "password": password, "people": people})
        made = json.loads(self.manage("shell", "--no-imports", "-c", MAKE_PEOPLE.format(wanted=wanted)))
        return [self._browser_of(facts, made["cookie"], password) for facts in made["people"]]

    def _browser_of(self, facts: dict[str, str], cookie: str, password: str) -> Person:
        person = Person(self.url, id=facts["id"], email=facts["email"], password=password)
        self.browsers.enter_context(person)
        person.cookies.set(cookie, facts["session"], domain="localhost.local", path="/")
        # Any token of the right form is valid: what counts is that cookie and header agree.
        person.cookies.set("csrftoken", secrets.token_hex(16), domain="localhost.local", path="/")
        return person
