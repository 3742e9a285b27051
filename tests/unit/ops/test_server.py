"""gunicorn with our configuration: metrics from beside the workers, draining, workers that come and go."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.unit.ops.server import Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)
OK = {"route": "/internal/ok", "method": "GET", "status": "200"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One worker with two threads, which drains for a while."""
    with Server(
        tmp_path / "log", WEB_WORKERS="1", WEB_THREADS="2", WEB_DRAIN_SECONDS="2", RELEASE="1.2.3"
    ) as running:
        yield running


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[Server]:
    """Two workers."""
    with Server(tmp_path / "log", WEB_WORKERS="2", WEB_THREADS="2") as running:
        yield running


def test_workers_collect_garbage_but_not_what_they_share(tmp_path: Path) -> None:
    """They are off while the app is loaded; what was loaded is never looked through."""
    said, configuration = tmp_path / "said", tmp_path / "gunicorn.py"
    configuration.write_text(
        "import gc, pathlib\n"
        "from config.gunicorn import *\n"
        "def post_worker_init(worker):\n"
        f"    pathlib.Path({str(said)!r}).write_text(f'{{gc.isenabled()}} {{gc.get_freeze_count()}}')\n"
    )
    with Server(tmp_path / "log", str(configuration), WEB_WORKERS="1"):
        eventually(lambda: said.exists() and bool(said.read_text()))
        enabled, frozen = said.read_text().split()
    assert enabled == "True"
    assert int(frozen) > 10_000


def test_metrics_are_served_on_their_own_port_only(server: Server) -> None:
    assert server.get("/internal/ok").text == "ok"
    assert server.metric("witw_requests_total", **OK) == 1
    assert server.metric("witw_threads") == 2
    assert server.metric("witw_build_info", release="1.2.3") == 1
    assert server.ask_arbiter("/").status_code == 404
    assert server.get("/internal/metrics").status_code == 404


def test_a_full_house_is_seen_from_outside(server: Server) -> None:
    with server.occupied(connections=5):
        eventually(lambda: server.metric("witw_threads_busy") == 2)
        eventually(lambda: server.metric("witw_connections_waiting") == 3)
        assert server.metric("witw_requests_open") == 5
        assert server.ask_arbiter("/internal/health/live").text == "ok"
        with pytest.raises(httpx.ReadTimeout):
            server.get("/internal/ok", timeout=0.5)
    eventually(lambda: server.metric("witw_threads_busy") == 0)
    eventually(lambda: server.metric("witw_connections_waiting") == 0)
    assert server.metric("witw_requests_open") == 0


def test_sigterm_is_announced_before_the_server_stops(server: Server) -> None:
    assert server.metric("witw_draining") == 0
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: server.get("/internal/health/ready").status_code == 503)
    assert server.get("/internal/health/ready").json() == {"status": "draining"}
    assert server.get("/internal/ok").text == "ok"
    assert server.metric("witw_draining") == 1
    assert server.process.wait(15) == 0


def test_a_second_sigterm_does_not_wait(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: server.get("/internal/health/ready").json() == {"status": "draining"})
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 0
    assert time.monotonic() - begun < 8


def test_a_request_that_is_being_worked_on_is_finished(two_workers: Server) -> None:
    with socket.create_connection(("127.0.0.1", two_workers.port)) as connection:
        connection.sendall(b"GET /internal/ok HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.3)
        two_workers.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(b"\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    assert two_workers.process.wait(15) == 0


def test_counters_go_on_and_gauges_do_not_when_a_worker_dies(two_workers: Server) -> None:
    for _ in range(10):
        two_workers.get("/internal/ok")
    counted = two_workers.metric("witw_requests_total", **OK)
    assert counted == 10
    before = two_workers.workers()
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: len(two_workers.workers()) == 2 and two_workers.workers() != before)
    eventually(lambda: two_workers.metric("witw_threads") == 4)
    assert two_workers.metric("witw_requests_total", **OK) == counted
    files = Path("/dev/shm").glob(f"witw-metrics-{two_workers.process.pid}-*/*.db")  # noqa: S108
    assert len({path.stem.rpartition("_")[2] for path in files} - {"0"}) == 2


def test_the_servers_own_messages_are_json_and_requests_are_logged_once(tmp_path: Path) -> None:
    with Server(tmp_path / "log", LOG_REQUESTS="all") as server:
        server.get("/internal/ok?token=hush-hush")
        text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"gunicorn.error", "ops.access"} <= {line["logger"] for line in lines}
    assert [line["logger"] for line in lines if "/internal/ok" in line["message"]] == ["ops.access"]
    assert "hush-hush" not in text


def test_nothing_is_left_in_memory_files(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WEB_WORKERS="1") as running:
        number = running.process.pid
        assert list(Path("/dev/shm").glob(f"witw-metrics-{number}-*"))  # noqa: S108
    assert not list(Path("/dev/shm").glob(f"witw-metrics-{number}-*"))  # noqa: S108


def test_the_port_is_listened_on_before_the_app_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        # This app cannot be loaded; what is said is what comes first.
        server = Server(tmp_path / "log", PORT=taken, DJANGO_SETTINGS_MODULE="missing")
        assert server.process.wait(30) != 0
    assert f"PORT: {taken} cannot be listened on" in server.log.read_text()


def test_an_app_that_is_told_to_read_its_configuration_again_goes_on(server: Server) -> None:
    before = server.workers()
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: bool(server.workers()) and not set(server.workers()) & set(before), 30)
    assert server.get("/internal/health/live").status_code == 200


def test_an_occupied_metrics_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as taken:
        running = Server(tmp_path / "log", METRICS_PORT=str(taken.getsockname()[1]))
        assert running.process.wait(30) == 1
    assert "METRICS_PORT: " in running.log.read_text()
    assert "choose another" in running.log.read_text()
