"""Envoy in a cluster starts when its controller can be reached (dev/images/gateway/envoy-for-controller)."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest

from dev.settings import ROOT

SCRIPT = ROOT / "dev" / "images" / "gateway" / "envoy-for-controller"


@pytest.fixture
def port():
    """A port that nobody listens at yet."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1], taken


@pytest.fixture
def start(monkeypatch, program, port, tmp_path):
    """Start it, with an Envoy that writes down what it was told."""
    program("envoy", f'echo "$@" >{tmp_path}/told')
    children = []

    def begin(seconds):
        env = {"CONTROLLER": f"localhost:{port[0]}", "CONTROLLER_SECONDS": str(seconds)}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        children.append(subprocess.Popen([SCRIPT, "--config-yaml", "a: b"]))
        return children[-1]

    yield begin
    for child in children:
        child.kill()
        child.wait()


def test_envoy_waits_for_its_controller(start, port, tmp_path):
    child = start(60)
    time.sleep(0.5)
    assert child.poll() is None
    assert not (tmp_path / "told").exists()
    port[1].listen()
    assert child.wait(30) == 0
    assert (tmp_path / "told").read_text() == "--config-yaml a: b\n"


def test_envoy_asks_by_itself_when_the_controller_stays_away(start, tmp_path):
    assert start(0).wait(30) == 0
    assert (tmp_path / "told").exists()


def test_a_pod_that_goes_meanwhile_goes_at_once(start, tmp_path):
    child = start(60)
    time.sleep(0.5)
    child.terminate()
    assert child.wait(5) == 143
    assert not (tmp_path / "told").exists()
