"""From a machine with Python and nothing else to the running app, and back again.

The tests are the chapters of one story and run in this order.
"""

import time
from collections.abc import Iterator

import pytest

from tests.harness.machine import Machine, fetch

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """The machine that the story is about."""
    made = Machine()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def before(machine: Machine) -> set[str]:
    """What was on the machine in the beginning."""
    return machine.content()


def test_doctor_says_that_up_can_work(machine: Machine, before: set[str]) -> None:
    said = machine.run("./witw", "doctor").stdout
    assert "`./witw up` can work" in said
    assert "installs or starts one" in said


def test_up_is_killed_while_it_installs_and_while_it_builds(machine: Machine) -> None:
    for stage in ("packages: ...", "bootstrap: ...", "images: ..."):
        with machine.start("./witw", "up") as up:
            assert up.stdout is not None
            said = ""
            while stage not in said:
                line = up.stdout.readline()
                assert line, f"ended before {stage}: {said}"
                said += line
            time.sleep(3)
            machine.run("python3", "-c", KILL)
            said += up.communicate()[0]
        assert up.returncode == 128 + 15, said


KILL = """
import os, pathlib
for one in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if one.read_bytes().split(b"\\0")[1:4] == [b"-m", b"dev", b"up"]:
        os.kill(int(one.parent.name), 15)
"""


def test_the_next_up_brings_the_app(machine: Machine) -> None:
    said = machine.run("./witw", "up").stdout
    assert "witw/base:" in machine.run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout
    assert "Demo login" in said
    assert fetch(machine, "http://localhost:8080/login") == "200"


def test_up_when_up_changes_nothing(machine: Machine) -> None:
    began = time.monotonic()
    said = machine.run("./witw", "up").stdout
    assert "Everything was up already; nothing was changed." in said
    assert time.monotonic() - began < 20  # 10 on a machine that does nothing else


def test_compose_works_by_hand(machine: Machine) -> None:
    assert "healthy" in machine.run("docker", "compose", "ps", "--format", "{{.Status}}").stdout
    assert machine.run("docker", "buildx", "version").ok


def test_an_engine_that_has_died_is_started_again(machine: Machine) -> None:
    machine.run("sh", "-c", "kill -9 $(cat /var/run/docker.pid)")
    assert "Cannot connect" in machine.run("docker", "version", check=False).stderr
    said = machine.run("./witw", "up").stdout
    assert "started: Docker" in said
    assert fetch(machine, "http://localhost:8080/login") == "200"


def test_purge_leaves_the_machine_as_it_was(machine: Machine, before: set[str]) -> None:
    machine.run("./witw", "down", "--purge", "--yes")
    assert sorted(machine.content() - before) == []
    assert sorted(before - machine.content()) == []
