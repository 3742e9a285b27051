"""`/internal/metrics`, on a port and a thread of its own in the arbiter: seen when every worker is busy."""

import os
import platform
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import django
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ops import draining, slots

METRICS_PATH = "/internal/metrics"
# Answers by the arbiter that at least one worker has reported back lately: for a liveness probe that a full
# house of slow requests must not fail.
LIVE_PATH = "/internal/health/live"
OPEN = ("witw_threads_busy", "witw_connections_waiting")


class About(Collector):
    """What runs here, and whether it is on its way out."""

    def __init__(self, release: str, environment: str) -> None:
        self._build = [release, environment, platform.python_version(), django.get_version()]

    def collect(self) -> Iterator[Metric]:
        """The series that no worker counts."""
        build = GaugeMetricFamily(
            "witw_build_info", "What runs here.", labels=["release", "environment", "python", "django"]
        )
        build.add_metric(self._build, 1)
        yield build
        yield GaugeMetricFamily(
            "witw_draining", "1 after SIGTERM, while requests are still taken.", value=draining.is_on()
        )


class Counted(Collector):
    """What was counted, and what follows from it."""

    def __init__(self, source: Collector) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """All series, and the load of this server as one number: autoscalers can read one, but add none up.

        A worker takes up to a thousand connections at once and lets them wait for a thread. So nothing to
        speak of waits in the kernel, before anybody counts it.
        """
        open_requests = 0.0
        for metric in self._source.collect():
            if metric.name in OPEN:
                open_requests += sum(sample.value for sample in metric.samples)
            yield metric
        yield GaugeMetricFamily(
            "witw_requests_open",
            "Requests that have come and are not answered yet, waiting for a thread or holding one.",
            value=open_requests,
        )


def registry(release: str, environment: str) -> CollectorRegistry:
    """Everything that is exposed: the sum over all workers; without gunicorn, what this process counts."""
    whole = CollectorRegistry()
    if slots.DIRECTORY in os.environ:
        whole.register(Counted(MultiProcessCollector(None)))  # type: ignore[no-untyped-call]
    else:
        whole.register(Counted(REGISTRY))
    whole.register(About(release, environment))
    return whole


class Server(ThreadingHTTPServer):
    """The little server of the metrics port."""

    daemon_threads = True

    def __init__(self, port: int, exposed: CollectorRegistry, is_alive: Callable[[], bool]) -> None:
        self.exposed = exposed
        self.is_alive = is_alive
        super().__init__(("", port), Handler)

    def start(self) -> None:
        """Serve from a thread until the process ends."""
        threading.Thread(target=self.serve_forever, name="metrics", daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """GET of two paths; everything else is not found."""

    server: Server

    def do_GET(self) -> None:
        """Answer one scrape or probe."""
        path = urlsplit(self.path).path
        if path == METRICS_PATH:
            self._send(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self.server.exposed))
        elif path == LIVE_PATH:
            alive = self.server.is_alive()
            status = HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE
            self._send(status, "text/plain", b"ok" if alive else b"no worker has reported back")
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"here are only /internal/metrics and live")

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the base class's)
        """Scrapes are not news."""
