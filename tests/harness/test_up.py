"""`up` and the verbs around it on the real engine, with a small stack in place of ours."""

import io
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from dev import cli, process, stack, state
from dev.base_image import image_id
from tests.harness.conftest import Run
from tests.harness.small_stack import SmallStack


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is ready soon."""
    monkeypatch.setattr(stack, "READY_TIMEOUT", 60)


def test_up_brings_everything_and_the_second_time_changes_nothing(witw: Run, small_stack: SmallStack) -> None:
    first = witw("up")
    assert f"http://localhost:{small_stack.port}" in first
    assert "alice@example.com" in first
    assert "open-sesame" in first
    assert "of it secrets" in first
    assert httpx.get(f"http://localhost:{small_stack.internal_port}/", trust_env=False).json() == {
        "status": "ok"
    }
    before = [(one["Id"], one["State"]["StartedAt"]) for one in small_stack.compose().containers()]

    second = witw("up")
    assert "Everything was up already; nothing was changed." in second
    assert [(one["Id"], one["State"]["StartedAt"]) for one in small_stack.compose().containers()] == before


def test_only_what_has_changed_is_built_again(witw: Run, small_stack: SmallStack) -> None:
    witw("up", "--no-demo")
    old = image_id(f"small/app:{small_stack.project}")
    small_stack.change("app/python", "echo", "echo new")
    said = witw("up", "--no-demo")
    assert f"built small/app:{small_stack.project}" in said
    assert f"small/postgres:{small_stack.project}" not in said.split("│ stage")[-1].split("containers")[0]
    assert old is not None
    assert image_id(old) is None, "what nothing uses any more is gone"


def test_the_verbs_show_what_runs_and_down_keeps_the_data(witw: Run, small_stack: SmallStack) -> None:
    assert "nothing is up here" in witw("status", code=1)
    witw("up", "--no-demo")
    table = witw("status")
    assert "healthy" in table
    assert f"127.0.0.1:{small_stack.port}" in table
    assert "no such service: ap" in witw("logs", "ap", code=1)
    witw("logs", "-n", "5", "app")

    assert "stopped; the data is kept" in witw("down")
    assert "nothing is running here" in witw("down")
    assert "app does not run" in witw("shell", code=1)
    assert f"{small_stack.project}_data" in process.run(["docker", "volume", "ls", "--quiet"]).stdout
    assert "containers: done" in witw("up", "--no-demo")


def test_shell_runs_in_a_container(
    witw: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    witw("up", "--no-demo")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "manage.py shell" in witw("shell", "--django")
    witw("shell", "postgres")
    assert cli.main(["shell", "--db"]) != 0, "the stand-in has no psql"
    assert "psql" in "".join(capfd.readouterr())


def test_a_container_that_fails_is_named_with_its_last_words(witw: Run, small_stack: SmallStack) -> None:
    small_stack.change("compose.yaml", "umask 022;", "echo the key is broken >&2; exit 3;")
    said = witw("up", code=1)
    assert f"{small_stack.project}-secrets-1 is exited (3)" in said
    assert "the key is broken" in said
    assert "./witw logs secrets" in said

    small_stack.change("compose.yaml", "echo the key is broken >&2; exit 3;", "umask 022;")
    assert "Demo login" in witw("up"), "once mended, up goes on from there"


def test_a_container_that_keeps_falling_over_is_not_waited_for(witw: Run, small_stack: SmallStack) -> None:
    small_stack.change(
        "compose.yaml", '["CMD", "test", "-e", "/var/lib/postgresql/17/PG_VERSION"]', '["CMD", "false"]'
    )
    small_stack.change("postgres/Dockerfile", "sleep infinity & wait", "echo out of luck; exit 1")
    began = time.monotonic()
    said = witw("up", code=1)
    assert time.monotonic() - began < 45
    assert "out of luck" in said


def test_a_container_that_never_gets_ready_has_a_deadline(
    witw: Run, small_stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "READY_TIMEOUT", 3)
    small_stack.change(
        "compose.yaml",
        '"test", "-e", "/var/lib/postgresql/17/PG_VERSION"',
        '"sh", "-c", "echo not yet; exit 1"',
    )
    said = witw("up", code=1)
    assert f"{small_stack.project}-postgres-1 is starting" in said
    assert "health check: not yet" in said


def test_a_build_that_fails_shows_its_end(witw: Run, small_stack: SmallStack) -> None:
    small_stack.change("postgres/Dockerfile", "RUN mkdir", "RUN echo no such package >&2 && false && mkdir")
    said = witw("up", code=1)
    assert "the images could not be built" in said
    assert "no such package" in said


def test_a_broken_compose_file_is_named(witw: Run, small_stack: SmallStack) -> None:
    small_stack.change("compose.yaml", "volumes: {data: {}, keys: {}}", "volumes: {data: {}}")
    assert "compose.yaml cannot be read" in witw("up", code=1)


def test_demo_data_that_does_not_come_is_told(witw: Run, small_stack: SmallStack) -> None:
    small_stack.change("app/python", "echo", "echo no such command >&2; exit 1; echo")
    said = witw("up", code=1)
    assert "the demo data could not be brought" in said
    assert "no such command" in said


def test_an_app_that_is_not_ready_is_told(
    witw: Run, small_stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "APP_TIMEOUT", 1.0)
    small_stack.change("app/serve.pl", "200 OK", "503 Not Now")
    assert "/internal/health/ready is not ready" in witw("up", code=1)


def test_an_occupied_port_is_named_with_its_owner_and_a_free_one(witw: Run, small_stack: SmallStack) -> None:
    with socket.create_server(("127.0.0.1", small_stack.port)):
        said = witw("up", "--no-demo", code=1)
    assert f"port {small_stack.port} of 127.0.0.1 is taken by" in said
    assert f"(process {os.getpid()})" in said
    assert re.search(r"WITW_PORT=\d+ ./witw up", said)


def test_data_of_another_postgresql_is_left_alone(witw: Run, small_stack: SmallStack) -> None:
    witw("up", "--no-demo")
    witw("down")
    in_volume = ["docker", "run", "--rm", f"--volume={small_stack.project}_data:/d", small_stack.base]
    process.run([*in_volume, "sh", "-c", "mv /d/17 /d/16; echo 16 > /d/16/PG_VERSION"])
    said = witw("up", "--no-demo", code=1)
    assert "is of PostgreSQL 16, this stack runs PostgreSQL 17" in said
    assert small_stack.compose().containers() == []


def test_two_at_once_do_not_get_into_each_others_way(witw: Run) -> None:
    with state.only_one("up"):
        assert "is at work in this checkout" in witw("down", code=1)


STAGES = ["images: ...", "containers: ..."]


@pytest.mark.parametrize("stage", STAGES)
def test_up_that_was_ended_is_finished_by_the_next(witw: Run, small_stack: SmallStack, stage: str) -> None:
    small_stack.change("postgres/Dockerfile", "RUN mkdir", "RUN sleep 2; mkdir")
    with up_in_another_process(small_stack) as other:
        assert other.stdout is not None
        said = ""
        while stage not in said:
            said += other.stdout.readline()
        time.sleep(0.7)
        other.terminate()
        rest = other.stdout.read()
    assert other.returncode == 128 + 15, said + rest
    assert "the same command goes on from there" in rest
    assert "Demo login" in witw("up")


def up_in_another_process(small_stack: SmallStack) -> "subprocess.Popen[str]":
    """`./witw up` of the small stack, to be ended."""
    code = (
        "import sys, pathlib; from dev import cli, compose, state\n"
        "compose.ROOT = pathlib.Path(sys.argv[1]); compose.FILE = compose.ROOT / 'compose.yaml'\n"
        "state.FOLDER = pathlib.Path(sys.argv[2]); sys.exit(cli.main(['up']))"
    )
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, str(small_stack.folder), str(state.FOLDER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )


def test_purge_leaves_nothing_of_the_stack_and_nothing_else_goes(
    witw: Run, small_stack: SmallStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.purge.VENV", tmp_path / ".venv")
    monkeypatch.setattr("dev.packages.LEDGER", tmp_path / "packages")
    monkeypatch.setattr("dev.engine_setup.RECORD", tmp_path / "engine.json")
    (tmp_path / ".venv").mkdir()
    small_stack.settings().cache_dir.mkdir()
    witw("up")
    process.run(["docker", "volume", "create", f"{small_stack.project}x_other"])
    try:
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        witw("down", "--purge", code=1)
        assert small_stack.compose().containers(), "nothing goes before somebody has agreed"
        said = witw("down", "--purge", "--yes")
        assert f"removed image small/app:{small_stack.project}" in said
        everything = process.run(["docker", "ps", "-a", "--format", "{{.Names}}"]).stdout
        everything += process.run(["docker", "image", "ls", "--format", "{{.Tag}}"]).stdout
        everything += process.run(["docker", "network", "ls", "--format", "{{.Name}}"]).stdout
        volumes = process.run(["docker", "volume", "ls", "--quiet"]).stdout
        assert small_stack.project not in everything
        assert [name for name in volumes.split() if small_stack.project in name] == [
            f"{small_stack.project}x_other"
        ]
        assert image_id(small_stack.base), "the base image was not brought by this stack"
        assert not (tmp_path / ".venv").exists()
        assert not state.FOLDER.exists()
        assert not small_stack.settings().cache_dir.exists()
    finally:
        process.run(["docker", "volume", "rm", f"{small_stack.project}x_other"])
