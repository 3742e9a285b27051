"""What the gateway tells the app about a request: its image before a server that repeats what it was sent."""

import secrets
import time
from collections.abc import Iterator

import httpx
import pytest

from dev.settings import ROOT
from tests.compose.containers import docker, ids, inspect, wait_until
from tests.compose.stack import Stack

ECHO = """
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"path": self.path, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET

ThreadingHTTPServer(("", 8000), Echo).serve_forever()
"""


def _status(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return None  # it is not listening yet


@pytest.fixture(scope="module")
def gateway(stack: Stack) -> Iterator[httpx.Client]:
    """A client of a gateway with an echo behind it instead of the app."""
    name = f"witw-test-{secrets.token_hex(4)}"
    images = {service: inspect(ids(stack, service)[0])["Image"] for service in ("app", "gateway")}
    docker("network", "create", name)
    try:
        inside = ["run", "--detach", "--rm", "--network", name]
        docker(
            *inside, "--name", f"{name}-app", "--network-alias", "app", images["app"], "python", "-c", ECHO
        )
        docker(*inside, "--name", f"{name}-gateway", "--publish", "127.0.0.1::8080", images["gateway"])
        url = f"http://{docker('port', f'{name}-gateway', '8080').stdout.split()[0]}"
        wait_until("the echo", lambda: _status(url) == httpx.codes.OK)
        with httpx.Client(base_url=url, trust_env=False) as client:
            yield client
    finally:
        docker("rm", "--force", f"{name}-gateway", f"{name}-app", check=False)
        docker("network", "rm", name)


def _seen(gateway: httpx.Client, headers: dict[str, str], path: str = "/") -> dict[str, list[str]]:
    """The headers that the app would get, in lower case."""
    seen: dict[str, list[str]] = {}
    for name, value in gateway.get(path, headers=headers).json()["headers"]:
        seen.setdefault(name.lower(), []).append(value)
    return seen


def test_a_client_cannot_claim_to_have_come_by_https(gateway: httpx.Client) -> None:
    seen = _seen(gateway, {"X-Forwarded-Proto": "https", "X-Forwarded_Proto": "https"})
    assert seen["x-forwarded-proto"] == ["http"]
    assert "x-forwarded_proto" not in seen


def test_the_clients_address_is_the_last_one_named(gateway: httpx.Client) -> None:
    claimed, own = _seen(gateway, {"X-Forwarded-For": "1.2.3.4"})["x-forwarded-for"][0].split(",")
    assert claimed == "1.2.3.4"
    assert own.count(".") == 3
    assert own != claimed


def test_the_time_of_arrival_is_the_gateways_own_in_microseconds(gateway: httpx.Client) -> None:
    (stamp,) = _seen(gateway, {"X-Request-Start": "t=1"})["x-request-start"]
    assert stamp.startswith("t=")
    assert abs(int(stamp[2:]) / 1e6 - time.time()) < 5


def test_the_trace_of_the_client_is_passed_on(gateway: httpx.Client) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert _seen(gateway, {"traceparent": trace})["traceparent"] == [trace]


def test_the_app_is_given_the_path_in_its_one_form(gateway: httpx.Client) -> None:
    assert gateway.get("/api//trips/%2e/x/..").json()["path"] == "/api/trips/"


def test_an_app_that_is_gone_is_a_clear_error(stack: Stack) -> None:
    name = "witw-test-" + secrets.token_hex(4)
    image = inspect(ids(stack, "gateway")[0])["Image"]
    docker("run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::8080", image)
    try:
        url = f"http://{docker('port', name, '8080').stdout.split()[0]}/api/trips"
        wait_until("the gateway", lambda: _status(url) is not None)
        # An API's client is told so in JSON whatever it accepts; somebody who opens a page gets a page.
        for accept in ("application/json", "text/html"):
            answer = httpx.get(url, headers={"Accept": accept}, trust_env=False)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) > 0
        page = httpx.get(url.removesuffix("api/trips"), headers={"Accept": "text/html"}, trust_env=False)
        assert page.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-store"
        assert int(page.headers["Retry-After"]) > 0
        assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
        assert page.text == (ROOT / "dev/images/gateway/pages/unavailable.html").read_text()
    finally:
        docker("rm", "--force", name)
