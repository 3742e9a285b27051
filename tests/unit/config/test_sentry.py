"""Error reports: what leaves this machine, and what does not."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest
import sentry_sdk
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pydantic import SecretStr
from pytest_django import Settings

from config import sentry
from config.environment import Environment
from ops import tracing


@csrf_exempt
def crash(request: HttpRequest) -> HttpResponse:
    """Break while something secret is at hand."""
    secret = request.POST["password"]
    raise RuntimeError(f"broken, {len(secret)}")


urlpatterns = [path("crash", crash)]


class Receiver(ThreadingHTTPServer):
    """Takes reports as Sentry does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[str] = []

    def events(self) -> list[dict[str, Any]]:
        """The reported events."""
        lines = [json.loads(line) for body in self.bodies for line in body.splitlines() if line]
        return [line for line in lines if "exception" in line]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(
            self.headers["Content-Encoding"], bytes
        )
        body = unpack(body)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Reports go to a server that runs here."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = Environment.load().model_copy(
        update={
            "sentry_dsn": SecretStr(f"http://key@127.0.0.1:{server.server_port}/1"),
            "environment": "staging",
            "release": "1.2.3",
        }
    )
    settings.ROOT_URLCONF = __name__
    sentry.start(env)
    yield server
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


def test_a_crash_is_reported_with_its_request_id_and_nothing_private(
    receiver: Receiver,
) -> None:
    headers = {
        "X-Request-ID": "request-1234",
        "Cookie": "sessionid=the-cookie",
        "X-Forwarded-For": "203.0.113.7",
    }
    request = RequestFactory().post("/crash?code=one-time-code", {"password": "hush-hush"}, headers=headers)
    statuses: list[str] = []
    WSGIHandler()(request.environ, lambda status, _: statuses.append(status))
    assert statuses == ["500 Internal Server Error"]
    sentry_sdk.flush()
    (event,) = receiver.events()
    assert event["exception"]["values"][-1]["value"] == "broken, 9"
    assert (event["environment"], event["release"]) == ("staging", "1.2.3")
    assert event["tags"]["request_id"] == "request-1234"
    assert event["request"]["url"] == "http://testserver/crash"
    sent = "".join(receiver.bodies)
    assert not [
        private for private in ("hush-hush", "one-time-code", "the-cookie", "203.0.113.7") if private in sent
    ]


def test_without_an_address_nothing_is_started() -> None:
    sentry.start(Environment.load())
    assert not sentry_sdk.is_initialized()


def test_an_event_outside_of_a_request_is_left_as_it_is() -> None:
    token = tracing.current.set(None)
    assert sentry.identify({"message": "x"}, {}) == {"message": "x"}
    tracing.current.reset(token)
