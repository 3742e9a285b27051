# ruff: noqa: T201 - the figures are what one runs this for
"""A bundle on a machine with Python, an engine and no network at all.

The tests are the chapters of one story and run in this order.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import process
from dev.settings import ROOT
from tests.harness.machine import Machine, fetch

pytestmark = pytest.mark.slow

SAVE_TIMEOUT, LOAD_TIMEOUT, E2E_TIMEOUT = 5400, 900, 1800

INSTALL_ENGINE = "from dev import engine, settings; engine.ensure(settings.load())"

FORGET = """
rm -rf .venv .witw /root/.cache
apt-get purge -qqy --auto-remove python3-venv python3-pip-whl python3-setuptools-whl > /dev/null
"""
"""What the installation of the engine has brought beside it; Python is as bare as Debian ships it again."""

TOX = """
import os, sys
from dev import index
words = [sys.executable, "-m", "tox", "run", "-e", sys.argv[1], "--", "-k", sys.argv[2]]
os.execve(sys.executable, words, {**os.environ, **index.for_uv()})
"""
"""What `./witw test ENV` does, for a part of the tests."""

TARGET = 120
"""Seconds from the bundle to the app's first answer, where nothing else runs."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the bundle of this checkout."""
    made = tmp_path_factory.mktemp("bundle")
    began = time.monotonic()
    process.run([str(ROOT / "witw"), "bundle", "save", str(made / "witw.bundle")], timeout=SAVE_TIMEOUT)
    size = (made / "witw.bundle").stat().st_size / 2**20
    print(f"\nsaved {size:.0f} MiB in {time.monotonic() - began:.0f} s")
    yield made
    (made / "witw.bundle").unlink()


@pytest.fixture(scope="module")
def machine(folder: Path) -> Iterator[Machine]:
    """A machine with an engine, a copy of the checkout and the bundle, cut off from everything."""
    made = Machine(f"--volume={folder}:/bundle:ro")
    try:
        made.run("./witw", "--help")
        made.run(".venv/bin/python", "-c", INSTALL_ENGINE)
        made.run("sh", "-ec", FORGET)
        if tag := os.environ.get("WITW_TAG"):
            made.run("sh", "-c", f"echo WITW_TAG={tag} > .env")
        made.cut_off()
        yield made
    finally:
        made.remove()


def seconds(machine: Machine, *command: str, timeout: float = LOAD_TIMEOUT) -> tuple[str, float]:
    """What a command says, and how long it took."""
    began = time.monotonic()
    said = machine.run(*command, timeout=timeout).stdout
    took = time.monotonic() - began
    print(f"\n{' '.join(command)}: {took:.1f} s\n{said}")
    return said, took


@pytest.fixture(scope="module")
def loaded(machine: Machine) -> tuple[str, float]:
    """The bundle was loaded."""
    return seconds(machine, "./witw", "bundle", "load", "/bundle/witw.bundle")


def test_the_machine_has_no_way_to_anywhere(machine: Machine) -> None:
    assert "eth0" not in machine.run("ls", "/sys/class/net").stdout
    assert "\t00000000\t" not in machine.run("cut", "-f1,2", "/proc/net/route").stdout
    assert not machine.run("python3", "-m", "pip", check=False).ok
    assert machine.run("docker", "image", "ls", "--quiet").stdout == ""


def test_all_that_is_needed_comes_with_the_bundle(loaded: tuple[str, float]) -> None:
    assert "Everything is here" in loaded[0]
    assert "not of this state" not in loaded[0]


def test_the_app_comes_up_in_time(machine: Machine, loaded: tuple[str, float]) -> None:
    said, took = seconds(machine, "./witw", "up")
    assert "all up to date" in said
    assert fetch(machine, "http://localhost:8080/login") == "200"
    print(f"from the bundle to the first 200: {loaded[1] + took:.0f} s")
    assert loaded[1] + took < 2 * TARGET  # others may use the machine as well


def test_a_second_load_changes_nothing(machine: Machine) -> None:
    said, _ = seconds(machine, "./witw", "bundle", "load", "/bundle/witw.bundle")
    assert said.count("all here") >= 3
    assert "witw/bundle" not in machine.run("docker", "image", "ls").stdout


@pytest.mark.parametrize(
    ("environment", "tests"),
    [
        ("chart", "test_readme or test_manifests"),
        ("frontend", "test_frontend"),
        ("compose", "test_admin"),
        ("browser", "test_first_day"),
    ],
)
def test_the_tests_need_no_network(machine: Machine, environment: str, tests: str) -> None:
    said, _ = seconds(machine, ".venv/bin/python", "-c", TOX, environment, tests)
    assert " passed" in said


def test_the_cluster_comes_up(machine: Machine) -> None:
    machine.run("./witw", "down")
    said, _ = seconds(machine, "./witw", "up", "--kind")
    assert "building" not in said
    assert fetch(machine, "http://localhost:8080/login") == "200"


def test_the_cluster_of_the_tests_comes_up(machine: Machine) -> None:
    machine.run("./witw", "down", "--kind")
    said, _ = seconds(
        machine, ".venv/bin/python", "-c", TOX, "e2e", "test_people or test_ways_in", timeout=E2E_TIMEOUT
    )
    assert " passed" in said
