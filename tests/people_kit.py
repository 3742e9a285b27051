"""People for the tests of a running stack: made in its database, logged in, each with their own browser."""

import functools
import json
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import httpx

LOGIN_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')

MAKE = """
import json
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, BACKEND_SESSION_KEY, get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from cities.models import City
from people.models import Team
wanted = json.loads({wanted!r})
password = make_password(wanted["password"])
made = []
for people in wanted["teams"]:
    team = Team.objects.create(name=wanted["name"])
    members = []
    for person in people:
        home = person.pop("home")
        city = City.objects.get(id=home) if home else None
        user = get_user_model().objects.create_user(team=team, home_city=city, **person)
        user.password = password
        user.save(update_fields=["password"])
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        members.append({{"id": user.public_id, "email": user.email, "session": session.session_key}})
    made.append(members)
print(json.dumps({{"cookie": settings.SESSION_COOKIE_NAME, "teams": made}}))
"""


class Person(httpx.Client):
    """A logged-in browser, and whose it is. Unsafe requests carry the CSRF token."""

    def __init__(
        self,
        base_url: str,
        *,
        id: str,  # noqa: A002
        email: str,
        password: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(
            base_url=base_url,
            timeout=30,
            trust_env=False,
            event_hooks={"request": [self._add_token]},
            transport=transport,
        )
        self.id, self.email, self.password = id, email, password

    def _add_token(self, request: httpx.Request) -> None:
        if token := self.cookies.get("csrftoken"):
            request.headers.setdefault("X-CSRFToken", token)

    def remember(self, name: str, value: str) -> None:
        """Set a cookie for the host that this browser talks to."""
        host = self.base_url.host
        # Python's cookie jar knows a host without a dot by this name.
        self.cookies.set(name, value, domain=host if "." in host else f"{host}.local", path="/")

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


def city_finder(reader: Person) -> Callable[[str], int]:
    """Finds the id of the biggest city of a name, and asks only once for each."""

    @functools.cache
    def find(name: str) -> int:
        return int(reader.results("/api/cities", search=name, limit="1")[0]["id"])

    return find


def log_in(browser: httpx.Client, email: str, password: str) -> httpx.Client:
    """Log in at the login page as a person would; the browser then carries the CSRF token."""
    page = browser.get("/login")
    assert page.status_code == httpx.codes.OK, page.text
    token = LOGIN_TOKEN.search(page.text)
    assert token, "the login page has no CSRF token"
    form = {"csrfmiddlewaretoken": token[1], "email": email, "password": password}
    answer = browser.post("/login", data=form)
    assert answer.status_code == httpx.codes.FOUND, answer.text
    browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
    return browser


def make(
    manage: Callable[..., str],
    url: str,
    homes: dict[str, int | None],
    *,
    transport: Callable[[], httpx.BaseTransport | None] = lambda: None,
) -> list[Person]:
    """A new team of people who are logged in already; whoever gets them closes them.

    Args:
        manage: Runs manage.py in the stack and gives what it prints.
        url: Where people reach the stack.
        homes: Their names, each with the id of a home city or None.
        transport: Makes the way to the stack, where it is not an ordinary one.
    """
    return make_teams(manage, url, [homes], transport=transport)[0]


def make_teams(
    manage: Callable[..., str],
    url: str,
    teams: Sequence[dict[str, int | None]],
    *,
    transport: Callable[[], httpx.BaseTransport | None] = lambda: None,
) -> list[list[Person]]:
    """Several teams at once, which takes hardly longer than one; see `make`."""
    tag, password = secrets.token_hex(4), secrets.token_urlsafe(12)
    people = [
        [
            {"email": f"{name}.{number}.{tag}@example.org", "first_name": name.title(), "home": home}
            for name, home in homes.items()
        ]
        for number, homes in enumerate(teams)
    ]
    wanted = json.dumps({"name": f"Team {tag}", "password": password, "teams": people})
    made = json.loads(manage("shell", "--no-imports", "-c", MAKE.format(wanted=wanted)))
    return [
        [_browser_of(url, facts, made["cookie"], password, transport()) for facts in members]
        for members in made["teams"]
    ]


def _browser_of(
    url: str, facts: dict[str, str], cookie: str, password: str, transport: httpx.BaseTransport | None
) -> Person:
    person = Person(url, id=facts["id"], email=facts["email"], password=password, transport=transport)
    person.remember(cookie, facts["session"])
    # Any token of the right form is valid: what counts is that cookie and header agree.
    person.remember("csrftoken", secrets.token_hex(16))
    return person
