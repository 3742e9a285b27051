"""The pod of `helm test`: its script, run for real against a stand-in for the app."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.chart.rendering import Chart, Object, at

HEALTHY = {
    "/internal/health/ready": '{"status": "ok", "checks": {}}',
    "/_health": "OK",
    "/internal/metrics": "witw_build_info{} 1",
}


@contextmanager
def stand_in(pages: dict[str, str], host: str) -> Iterator[str]:
    """A server with these pages that answers to one host only, as Django does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "") if self.headers["Host"] == host else ""
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the base class's)
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def container(chart: Chart) -> Object:
    """The test's container."""
    (one,) = chart.render({}).one("Pod")["spec"]["containers"]
    return dict(one)


def run(chart: Chart, pages: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script of the rendered pod."""
    rendered = container(chart)
    variables = {one["name"]: one["value"] for one in rendered["env"]}
    with stand_in(pages, variables["HOST"]) as url:
        environment = os.environ | variables | {"APP": url, "METRICS": url, "SECONDS_LEFT": "0"}
        return subprocess.run(
            [sys.executable, *rendered["args"][1:]],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )


def test_a_healthy_app_passes(chart: Chart) -> None:
    done = run(chart, HEALTHY)
    assert (done.returncode, done.stdout.count("ok http")) == (0, 3)


@pytest.mark.parametrize("page", sorted(HEALTHY))
def test_an_unhealthy_one_fails_with_the_address(chart: Chart, page: str) -> None:
    done = run(chart, HEALTHY | {page: ""})
    assert done.returncode == 1
    assert f"{page}: HTTP Error 404" in done.stderr


def test_it_asks_the_services_that_the_chart_makes(chart: Chart) -> None:
    manifests = chart.render(at("service.port", 8080))
    variables = {one["name"]: one["value"] for one in manifests.one("Pod")["spec"]["containers"][0]["env"]}
    assert variables["APP"] == "http://witw:8080"
    assert variables["METRICS"] == "http://witw-metrics:8001"
    assert {"witw", "witw-metrics"} <= {one["metadata"]["name"] for one in manifests.all("Service")}


def test_it_is_a_hook_and_can_be_switched_off(chart: Chart) -> None:
    assert chart.render({}).one("Pod")["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert chart.render(at("tests.enabled", False)).all("Pod") == []
