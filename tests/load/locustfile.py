"""Load on the app by locust: `locust -f tests/load/locustfile.py --host http://localhost:8080`.

`./witw load` runs this with a profile and a report. What it is told, by the environment:

LOAD_SHAPE   a profile (`spike`, `ramp:small`) or a shape as JSON; without it locust's own -u and -r hold
LOAD_MODEL   `users` (think, wait for answers) or `arrivals` (a constant rate, whatever is answered)
LOAD_PEOPLE  file with the people; without it they are made in the stack, if it is one of ours
LOAD_HOST    the name that the app has, where it is reached by another
LOAD_RECORD  1: a line of JSON on the standard output for each second
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import gevent
from gevent.pool import Group
from locust import FastHttpUser, LoadTestShape, constant_throughput, events
from locust.env import Environment
from locust.user.task import LOCUST_STATE_STOPPING

from dev.load import shapes
from tests.load import journeys, recorder
from tests.load.crowd import Crowd

SHAPE = shapes.parse(os.environ["LOAD_SHAPE"]) if os.environ.get("LOAD_SHAPE") else None
MODEL = os.environ.get("LOAD_MODEL", SHAPE.kind if SHAPE else "users")
ANSWER_SECONDS = 30.0
"""As long as the gateway waits for the app."""

HEADERS = {"Host": os.environ["LOAD_HOST"]} if os.environ.get("LOAD_HOST") else {}

crowd = Crowd()


def _task(name: str) -> Callable[[Any], None]:
    def task(user: Any) -> None:
        getattr(user.visit, name)()

    task.__name__ = name
    return task


class Colleague(FastHttpUser):
    """Somebody of a team: comes in, does one thing after the other and thinks in between."""

    abstract = MODEL != "users"
    network_timeout = connection_timeout = ANSWER_SECONDS
    max_redirects = 0
    default_headers = HEADERS

    def wait_time(self) -> float:
        """How long they think."""
        return random.uniform(*journeys.THINK_SECONDS)  # noqa: S311 - no secret

    def on_start(self) -> None:
        """Come in."""
        self.visit = journeys.Visit(journeys.Browser(self.client, crowd.take()), gevent.sleep)
        self.visit.arrive()

    tasks = {_task(name): weight for name, weight in journeys.WEIGHTS.items()}


class Arrivals(FastHttpUser):
    """One arrival per second, answered or not: late answers do not slow down those who come after.

    Times count from when a request should have begun, so a stall is seen by everybody who came during it.
    """

    abstract = MODEL != "arrivals"
    network_timeout = connection_timeout = ANSWER_SECONDS
    max_redirects = 0
    default_headers = HEADERS
    concurrency = 100
    wait_time = constant_throughput(1)  # never waited for: the one task below does not end

    def on_start(self) -> None:
        """Be logged in from another day."""
        person = crowd.take()
        person.logs_in = False
        self.browser = journeys.Browser(self.client, person)
        self.running = Group()

    def on_stop(self) -> None:
        """Let those who are waiting have their answers."""
        self.running.join(timeout=ANSWER_SECONDS)

    def arrive(self) -> None:
        """Come every second at the same fraction of it, until the user is stopped."""
        due = time.perf_counter() + random.random()  # noqa: S311 - no secret
        while self._state != LOCUST_STATE_STOPPING:
            gevent.sleep(max(due - time.perf_counter(), 0))
            self.running.spawn(self._ask, due)
            due += 1

    def _ask(self, due: float) -> None:
        name, path = journeys.any_read()
        self.browser.send("GET", path, name, intended=due)

    tasks = [arrive]


if SHAPE is not None:

    class Shape(LoadTestShape):
        """The profile that LOAD_SHAPE names."""

        abstract = False

        def tick(self) -> tuple[int, float] | None:
            """So many users now; sudden changes take a second."""
            number = SHAPE.at(self.get_run_time())
            return None if number is None else (number, max(number, 10))


@events.init.add_listener
def prepare(environment: Environment, **_: Any) -> None:
    """Have people, and record if asked to."""
    crowd.prepare(environment)
    if os.environ.get("LOAD_RECORD"):
        recorder.attach(environment)


@events.quit.add_listener
def tidy(**_: Any) -> None:
    """Take away the people who were made for this run alone."""
    crowd.remove()
