"""Requests per second and latencies: wrk in the stack's own network, against the gateway."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dev.compose import Compose
from dev.errors import ProcessError, StackError

CONNECTIONS = 8
SCRIPT = "/etc/wrk/requests.lua"
PUBLIC, INTERNAL = "http://gateway:8080", "http://gateway:8081"

BEGINNINGS = ("lon", "par", "new y", "são", "ber", "san", "tok", "münch", "york", "cambr", "del", "mad")
"""What people type, or have typed so far, when they look for a city."""


@dataclass(frozen=True)
class Target:
    """Something to ask for, and what is to be reached; several paths are asked for in turn."""

    name: str
    paths: tuple[str, ...]
    base: str = PUBLIC
    per_second: int = 0
    """The requests per second to reach, 0 for none."""


BARE = Target("bare Django view", ("/internal/ok",), INTERNAL)
TARGETS = (
    BARE,
    Target("users/me", ("/api/users/me",), per_second=600),
    Target("users", ("/api/users",), per_second=100),
    Target("trips", ("/api/trips",), per_second=100),
    Target("matches", ("/api/matches",), per_second=100),
    Target("cities?search=", tuple(f"/api/cities?search={word}" for word in BEGINNINGS), per_second=300),
)
MOST_QUERIES = 10


@dataclass(frozen=True)
class Load:
    """What came of it; times in milliseconds."""

    requests: int
    seconds: float
    bytes: int
    bad_answers: int
    broken: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0


def put_on(compose: Compose, target: Target, *, seconds: int, cookie: str, host: str) -> Load:
    """Load one target with eight connections for so many seconds.

    Raises:
        StackError: Requests failed, or wrk did.
    """
    paths = [quote(path, safe="/?=") for path in target.paths]
    try:
        result = compose.run(
            *("--profile=bench", "run", "--rm", "--no-deps", "--no-TTY", "bench"),
            *("--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", "--timeout=10s"),
            *(f"--script={SCRIPT}", f"--header=Host: {host}", f"--header=Cookie: {cookie}", target.base),
            *("--", *paths),
            timeout=seconds + 60,
        )
    except ProcessError as error:
        raise StackError(f"wrk could not load {target.name}", details=error.tail()) from error
    load = parse(result.stdout)
    if load.bad_answers or load.broken or not load.requests:
        raise StackError(
            f"{target.name}: of {load.requests:,} requests {load.bad_answers:,} were answered with an error, "
            f"and {load.broken:,} were not answered",
            remedy="see `./witw logs app gateway`",
        )
    return load


def parse(said: str) -> Load:
    """The line of JSON at the end of what wrk says.

    Raises:
        StackError: There is none.
    """
    for line in reversed(said.splitlines()):
        try:
            found: dict[str, Any] = json.loads(line)
            return Load(**found)
        except (ValueError, TypeError):
            continue
    raise StackError("wrk did not say what it measured", details=said[-1000:])
