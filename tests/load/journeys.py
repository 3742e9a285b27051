"""What people do, and how often. The weights stand here and nowhere else."""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

WEIGHTS = {
    "look_at_the_map": 10,
    "look_for_a_city": 5,
    "look_at_matches": 6,
    "mark_a_match_seen": 3,
    "book_a_trip": 3,
    "cancel_a_trip": 2,
    "look_at_the_team": 2,
}
"""How often each happens, against the others."""

THINK_SECONDS = (0.5, 1.5)
"""From one thing to the next: quick people, so that a run needs fewer of them."""

TYPING_SECONDS = 0.25

CITIES = ("london", "paris", "lisbon", "new y", "tokyo", "são pa", "berlin", "munich", "cambr", "singap")

FEW_DAYS = 200
MOST_TRIPS = 4

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Person:
    """Somebody who can log in, and the trips that they have booked in this run."""

    email: str
    password: str
    cookies: dict[str, str]
    logs_in: bool = False
    """Whether they come to the login page; all others are still logged in from another day."""
    trips: list[str] = field(default_factory=list)


class Answer(NamedTuple):
    """What came back, and whether that was right."""

    status: int
    ok: bool
    text: str

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.text)


class Browser:
    """One person at one browser: their cookies, and requests under the names of their routes.

    Args:
        session: Locust's HTTP client.
        person: Who it is.
    """

    def __init__(self, session: Any, person: Person) -> None:
        self.session, self.person = session, person
        self.cookies = {} if person.logs_in else dict(person.cookies)
        # People's browsers would follow; here a redirect is a wrong answer, and may lead to other machines.
        session.client.redirect_response_codes = frozenset()

    def send(
        self,
        method: str,
        path: str,
        name: str,
        *,
        expect: tuple[int, ...] = (200,),
        body: object = None,
        form: dict[str, str] | None = None,
        intended: float | None = None,
    ) -> Answer:
        """Send one request; what is not expected counts as a failure.

        Args:
            method: GET, POST, PATCH or DELETE.
            path: Where to, with its query.
            name: What it is counted under.
            expect: The statuses that are right.
            body: Sent as JSON.
            form: Sent as a form.
            intended: When it should have begun, by `time.perf_counter`; its time counts from then.

        Returns:
            The answer; without one its status is 0.
        """
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
        data: Any = None
        if method != "GET" and "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        if form is not None:
            data = form
        elif body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body)
        with self.session.request(
            method, path, name=f"{method} {name}", headers=headers, data=data, catch_response=True
        ) as answer:
            if intended is not None:
                answer.request_meta["response_time"] = (time.perf_counter() - intended) * 1000
            self._keep_cookies(answer.headers)
            ok = answer.status_code in expect
            if ok:
                answer.success()
            elif answer.status_code:
                answer.failure(f"{answer.status_code}, expected {' or '.join(map(str, expect))}")
            return Answer(answer.status_code, ok, answer.text or "")

    def _keep_cookies(self, headers: Any) -> None:
        for header, value in (headers or {}).items():
            if header.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key.strip()] = rest.partition(";")[0]


class Visit:
    """What somebody does in the app; every method is one of `WEIGHTS`."""

    def __init__(self, browser: Browser, sleep: Any) -> None:
        self.browser, self.sleep = browser, sleep
        self.trips = browser.person.trips

    def arrive(self) -> None:
        """Log in if they have to, and open the app, which sets the CSRF token."""
        if self.browser.person.logs_in:
            self._log_in()
        self.browser.send("GET", "/", "/")

    def look_at_the_map(self) -> None:
        """Open the map's data."""
        self.browser.send("GET", "/api/users/me", "/api/users/me")
        self.browser.send("GET", "/api/map", "/api/map")

    def look_for_a_city(self) -> int | None:
        """Type the beginning of a name, letter by letter; returns the first city found."""
        name = random.choice(CITIES)  # noqa: S311 - no secret
        found = None
        for length in (2, 3, len(name)):
            path = f"/api/cities?search={quote(name[:length])}&limit=10"
            answer = self.browser.send("GET", path, "/api/cities?search=")
            found = answer.json()["results"] if answer.ok else None
            self.sleep(TYPING_SECONDS)
        return int(found[0]["id"]) if found else None

    def look_at_matches(self) -> list[dict[str, Any]]:
        """See whom they meet."""
        answer = self.browser.send("GET", "/api/matches?limit=20", "/api/matches")
        return list(answer.json()["results"]) if answer.ok else []

    def mark_a_match_seen(self) -> None:
        """Mark one match seen; team mates may have cancelled it meanwhile."""
        for match in self.look_at_matches():
            if match["state"] == "unseen":
                path = f"/api/matches/{match['id']}"
                self.browser.send("PATCH", path, "/api/matches/ID", body={"state": "seen"}, expect=(200, 404))
                return

    def book_a_trip(self) -> None:
        """Book a few days somewhere; their own days may be taken already (400)."""
        if len(self.trips) >= MOST_TRIPS:
            self.cancel_a_trip()
            return
        city = self.look_for_a_city()
        if city is None:
            return
        first = date.today() + timedelta(days=random.randrange(1, FEW_DAYS))  # noqa: DTZ011, S311
        last = first + timedelta(days=random.randrange(1, 4))  # noqa: S311
        body = {"city": city, "start": first.isoformat(), "end": last.isoformat()}
        answer = self.browser.send("POST", "/api/trips", "/api/trips", body=body, expect=(201, 400))
        if answer.status == 201:
            self.trips.append(answer.json()["id"])
            self.browser.send("GET", "/api/map", "/api/map")

    def cancel_a_trip(self) -> None:
        """Cancel one of their trips, or look at them if there is none."""
        if not self.trips:
            self.browser.send("GET", "/api/trips?me=1&limit=20", "/api/trips")
            return
        trip = self.trips.pop()
        answer = self.browser.send("DELETE", f"/api/trips/{trip}", "/api/trips/ID", expect=(204, 404))
        if not answer.ok:
            self.trips.append(trip)

    def look_at_the_team(self) -> None:
        """See who is in the team."""
        self.browser.send("GET", "/api/users?limit=50", "/api/users")

    def cancel_all(self) -> None:
        """Leave nothing behind, where the people stay."""
        while self.trips:
            before = len(self.trips)
            self.cancel_a_trip()
            if len(self.trips) >= before:
                return

    def _log_in(self) -> None:
        """Once, as at a browser: the form's token, then the cookie that the login exchanges."""
        page = self.browser.send("GET", "/login", "/login", expect=(200, 302))
        token = TOKEN.search(page.text) if page.ok else None
        if token is None:
            return
        person = self.browser.person
        form = {"csrfmiddlewaretoken": token[1], "email": person.email, "password": person.password}
        # 429 is the app's limit on logins from one address, and no failure; then their old session has to do.
        answer = self.browser.send("POST", "/login", "/login", form=form, expect=(302, 429))
        if answer.status == 302:
            person.logs_in = False
        else:
            self.browser.cookies |= person.cookies


READS = {
    "/api/map": ("/api/map", 10),
    "/api/users/me": ("/api/users/me", 10),
    "/api/cities?search=": ("/api/cities?search=lon&limit=10", 12),
    "/api/matches": ("/api/matches?limit=20", 9),
    "/api/users": ("/api/users?limit=50", 2),
    "/api/trips": ("/api/trips?me=1&limit=20", 2),
}
"""Requests that stand alone, for arrivals at a constant rate: path and weight, as the visits make them."""


def any_read() -> tuple[str, str]:
    """Name and path of one of `READS`."""
    (name,) = random.choices(list(READS), [weight for _, weight in READS.values()])  # noqa: S311
    return name, READS[name][0]
