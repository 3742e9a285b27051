"""What the platform asks: is this process alive, has it started, should it be sent requests."""

import logging
import time
from collections.abc import Callable
from typing import Any

import psycopg2
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse

from ops import draining, schema
from ops.probe_connection import DeadlineError, ProbeConnection, connect

# All of a probe's questions together, in seconds; platforms give up after a few.
TIME_LIMIT = 2.0

Check = Callable[[ProbeConnection], None]
Probe = Callable[[HttpRequest], HttpResponseBase]


class Unhealthy(Exception):  # noqa: N818  (a state, not a fault of the code)
    """A dependency answers, and the answer is no."""


def database(connection: ProbeConnection) -> None:
    """The database answers through the pooler."""
    connection.rows("SELECT 1")


def migrations(connection: ProbeConnection) -> None:
    """Every migration that came with this code has been applied."""
    if missing := schema.missing(connection):
        raise Unhealthy(f"{missing}: run manage.py migrate")


def cities(connection: ProbeConnection) -> None:
    """There are cities to travel to."""
    if not connection.rows("SELECT 1 FROM cities_cityimport LIMIT 1"):
        raise Unhealthy("none: run manage.py import_cities")


CHECKS: dict[str, Check] = {
    "database": database,
    "migrations": migrations,
    "cities": cities,
}
# What stays true once it was true is not asked again by this process.
LASTING = frozenset({"migrations", "cities"})
_fulfilled: set[str] = set()
_last_failing: set[str] = set()

log = logging.getLogger(__name__)


def examine() -> dict[str, dict[str, Any]]:
    """The state of each dependency: `ok` or `failing`, its time in ms, and what is wrong."""
    results: dict[str, dict[str, Any]] = {}
    name, begun = "database", time.monotonic()  # connecting is a part of the first question
    try:
        with connect(begun + TIME_LIMIT) as connection:
            for name, check in CHECKS.items():
                results[name] = _ask(name, check, connection, begun)
                begun = time.monotonic()
    except (psycopg2.Error, DeadlineError) as error:
        results[name] = _failing(begun, " ".join(str(error).split()))
    return {name: results.get(name, {"status": "failing", "detail": "not asked"}) for name in CHECKS}


def _ask(name: str, check: Check, connection: ProbeConnection, begun: float) -> dict[str, Any]:
    if name not in _fulfilled:
        try:
            check(connection)
        except Unhealthy as no:
            return _failing(begun, str(no))
        _fulfilled.update({name} & LASTING)
    return {"status": "ok", "ms": _ms_since(begun)}


def _failing(begun: float, detail: str) -> dict[str, Any]:
    return {"status": "failing", "ms": _ms_since(begun), "detail": detail}


def _ms_since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)


def live(request: HttpRequest) -> HttpResponseBase:
    """This process answers. Nothing else is asked: a restart mends no database."""
    return JsonResponse({"status": "ok"})


def startup(request: HttpRequest) -> HttpResponseBase:
    """Everything that the app needs is there."""
    return _report(examine())


def ready(request: HttpRequest) -> HttpResponseBase:
    """As `startup`, and the server is not on its way out."""
    if draining.is_on():
        return JsonResponse({"status": "draining"}, status=503)
    return _report(examine())


def former(request: HttpRequest) -> HttpResponseBase:
    """The public route that old monitors know."""
    return HttpResponse("OK", content_type="text/plain")


def _report(checks: dict[str, dict[str, Any]]) -> JsonResponse:
    failing = {name: check["detail"] for name, check in checks.items() if check["status"] != "ok"}
    _tell_news(failing)
    healthy = not failing
    return JsonResponse(
        {"status": "ok" if healthy else "failing", "checks": checks}, status=200 if healthy else 503
    )


def _tell_news(failing: dict[str, str]) -> None:
    """Log what has changed since the last probe; a line per probe would drown everything else."""
    global _last_failing  # noqa: PLW0603  (of this process)
    if failing and set(failing) != _last_failing:
        log.warning("not ready: %s", "; ".join(f"{name}: {detail}" for name, detail in failing.items()))
    elif _last_failing and not failing:
        log.info("ready again")
    _last_failing = set(failing)


def _only_read(probe: Probe) -> Probe:
    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = probe(request)
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  (Django logs every 5xx)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


PROBES: dict[str, Probe] = {
    "/internal/health/live": _only_read(live),
    "/internal/health/startup": _only_read(startup),
    "/internal/health/ready": _only_read(ready),
    "/_health": _only_read(former),
}
