"""What is counted. Under gunicorn each worker counts in files of its own, which `ops.exposition` adds up."""

import time
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WAITING_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
QUERY_BUCKETS = (1, 2, 3, 4, 5, 8, 10, 15, 20, 50, 100)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HOUR = 3600.0

requests_total = Counter("witw_requests", "Requests answered.", ["route", "method", "status"])
request_seconds = Histogram(
    "witw_request_seconds",
    "Time a request took in Django.",
    ["route", "method"],
    buckets=LATENCY_BUCKETS,
)
database_seconds = Histogram(
    "witw_request_database_seconds",
    "Time of it in the database.",
    ["route"],
    buckets=LATENCY_BUCKETS,
)
database_queries = Histogram(
    "witw_request_database_queries",
    "Statements it sent to the database.",
    ["route"],
    buckets=QUERY_BUCKETS,
)
queue_seconds = Histogram(
    "witw_queue_seconds",
    "Time from the gateway's X-Request-Start until a thread took the request.",
    buckets=WAITING_BUCKETS,
)
in_flight = Gauge("witw_requests_in_flight", "Requests being worked on.", multiprocess_mode="livesum")
threads = Gauge("witw_threads", "Threads that answer requests.", multiprocess_mode="livesum")
threads_busy = Gauge("witw_threads_busy", "Threads that hold a connection.", multiprocess_mode="livesum")
connections_waiting = Gauge(
    "witw_connections_waiting",
    "Connections that no thread has taken yet.",
    multiprocess_mode="livesum",
)


@cache
def _children(route: str, method: str, status: int) -> tuple[Counter, Histogram, Histogram, Histogram]:
    return (
        requests_total.labels(route, method, status),
        request_seconds.labels(route, method),
        database_seconds.labels(route),
        database_queries.labels(route),
    )


def record(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count one answered request, and what its thread's database connection did for it."""
    method = request.method if request.method in METHODS else "other"
    requests, latency, in_database, queries = _children(route_of(request), str(method), response.status_code)
    requests.inc()
    latency.observe(seconds)
    statements, database = connection.take_tally()  # type: ignore[attr-defined]  # ops.database
    if statements:
        queries.observe(statements)
        in_database.observe(database)


def record_queue(header: str) -> None:
    """Count the time since the gateway took the request, if the header makes sense."""
    if (waited := queue_time(header, time.time())) is not None:
        queue_seconds.observe(waited)


def queue_time(header: str, now: float) -> float | None:
    """Seconds from X-Request-Start until `now`; None if the header makes no sense.

    Gateways write `t=` before the time or not, and count seconds, milliseconds or microseconds since 1970.
    """
    try:
        start = float(header.removeprefix("t="))
    except ValueError:
        return None
    if start > 1e14:
        start /= 1e6
    elif start > 1e11:
        start /= 1e3
    waited = now - start
    # Clocks differ by milliseconds; hours are a lie or another clock.
    return max(waited, 0.0) if -HOUR < waited < HOUR else None


def route_of(request: HttpRequest) -> str:
    """The template of the route that took the request: few values, however many paths people try."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return "static" if request.path_info.startswith(urlsplit(settings.STATIC_URL).path) else "unmatched"
