"""Finding an engine, starting one, and what is said where neither can be done."""

import os
from pathlib import Path

import pytest

from dev import engine, engine_setup, process, settings
from dev.errors import EngineError
from tests.harness.conftest import Program

NOBODY = """case "$1" in
version) echo "Cannot connect to the Docker daemon" >&2; exit 1;;
*) echo unix:///var/run/docker.sock;;
esac"""
VERSION = """echo '{"Version": "26.1", "ApiVersion": "1.45"}'"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what belongs to this machine's engine lie in a folder of the test."""
    monkeypatch.setattr(engine, "PID_FILE", tmp_path / "docker.pid")
    monkeypatch.setattr(engine, "PID_FILES", {tmp_path / "docker.pid": "dockerd"})
    for name in ("PLACE", "RECORD", "LOG"):
        monkeypatch.setattr(engine_setup, name, tmp_path / name.lower())
    monkeypatch.setattr(engine_setup, "systemd_runs", lambda: False)


def dockerd_only(path: Path) -> object:
    """A stand-in for the look at what engine is installed."""
    return lambda: path


def test_a_working_engine_is_used_as_it_is(base: str) -> None:
    found, done = engine.ensure(settings.load())
    assert found.version
    assert found.api >= engine.OLDEST_API
    assert (done, found.ours) == ("", False)
    assert engine.packages_needed() == []


def test_without_a_client_there_is_no_engine(only: Path) -> None:
    assert engine.find() is None
    assert engine.is_local()


def test_an_engine_that_one_may_not_use_is_said_so(program: Program) -> None:
    program("docker", 'echo "permission denied while trying to connect" >&2; exit 1')
    with pytest.raises(EngineError, match="may not use it") as error:
        engine.find()
    assert "usermod -aG docker" in error.value.remedy


@pytest.mark.parametrize("variable", ["tcp://127.0.0.1:1", ""])
def test_a_context_that_leads_nowhere_is_never_replaced(
    program: Program, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", variable)
    program("docker", NOBODY.replace("unix:///var/run/docker.sock", "tcp://127.0.0.1:1"))
    with pytest.raises(EngineError, match=r"tcp://127\.0\.0\.1:1, and it does not answer") as error:
        engine.ensure(settings.load())
    assert ("DOCKER_HOST names" if variable else "context names") in error.value.message


def test_an_engine_that_hangs_is_named(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER_TIMEOUT", 0.3)
    program("docker", 'case "$1" in version) sleep 30;; esac')
    with pytest.raises(EngineError, match="does not answer within"):
        engine.find()


def test_an_engine_too_old_for_the_stack_is_refused(program: Program) -> None:
    program("docker", """case "$1" in version) echo '{"Version": "18.06", "ApiVersion": "1.38"}';; esac""")
    with pytest.raises(EngineError, match=r"Docker 18\.06, too old for compose.yaml"):
        engine.ensure(settings.load())


@pytest.mark.parametrize("answer", ["exit 1", "echo v2.10.0", "echo nonsense"])
def test_a_client_without_compose_is_told_what_to_install(
    program: Program, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(engine_setup, "possible", lambda: False)
    program("docker", f'case "$1" in version) {VERSION};; compose) {answer};; buildx) echo v0.13;; esac')
    with pytest.raises(EngineError, match=r"no usable plugin: compose$"):
        engine.ensure(settings.load())


def test_plugins_are_added_where_we_may(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(engine_setup, "possible", lambda: True)
    monkeypatch.setattr(engine_setup, "install_plugins", asked.append)
    program("docker", f'case "$1" in version) {VERSION};; *) exit 1;; esac')
    assert engine.ensure(settings.load())[1] == "added compose, buildx"
    assert asked == [settings.load().cache_dir]


def end_daemon() -> None:
    """End the stand-in for an engine that was started last."""
    process._daemons[-1].kill()
    process._daemons[-1].wait()


def test_a_dead_engine_is_started_and_outlives_us(program: Program, tmp_path: Path) -> None:
    program("dockerd", f"echo $$ > {tmp_path}/docker.pid; touch {tmp_path}/runs; exec sleep 60")
    program("docker", NOBODY.replace("version)", f"version) test -e {tmp_path}/runs && {VERSION} && exit;"))
    (tmp_path / "docker.pid").write_text("1")
    engine.start(tmp_path / "bin/dockerd")
    pid = int((tmp_path / "docker.pid").read_text())
    try:
        assert os.getsid(pid) == pid
    finally:
        end_daemon()


def test_an_engine_that_ends_at_once_is_told_with_its_last_words(program: Program, tmp_path: Path) -> None:
    engine_setup.LOG.write_text("of another day\n")
    program("docker", NOBODY)
    program("dockerd", "echo no iptables here; exit 1")
    with pytest.raises(EngineError, match="ended at once") as error:
        engine.start(tmp_path / "bin/dockerd")
    assert error.value.details == "no iptables here"


def test_an_engine_that_does_not_answer_has_a_deadline(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "START_TIMEOUT", 0.5)
    program("docker", NOBODY)
    daemon = program("dockerd", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(EngineError, match="does not answer after"):
        engine.start(daemon)
    end_daemon()


def test_systemd_starts_it_where_it_runs(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_setup, "systemd_runs", lambda: True)
    program("docker", NOBODY)
    program("systemctl", 'echo "$@" >> "$0.log"; exit 1')
    program("journalctl", "echo it broke")
    with pytest.raises(EngineError, match="does not start") as error:
        engine.start(Path("/usr/sbin/dockerd"))
    assert error.value.details == "it broke\n"
    assert error.value.remedy == "see `journalctl -u docker.service`"


def test_it_is_installed_and_started_where_there_is_none(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("docker", NOBODY)
    did: list[str] = []
    daemons: list[Path | None] = [None, None, Path("dockerd")]
    monkeypatch.setattr(engine, "_daemon", lambda: daemons.pop(0))
    monkeypatch.setattr(engine_setup, "possible", lambda: True)
    monkeypatch.setattr(engine_setup, "install", lambda _: did.append("installed"))
    monkeypatch.setattr(engine_setup, "packages_needed", lambda: ["runc"])
    monkeypatch.setattr(engine, "start", lambda daemon: did.append(f"started {daemon}"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert engine.packages_needed() == ["runc"]
    with pytest.raises(EngineError, match="no Docker engine answers"):
        engine.ensure(settings.load())
    assert did == ["installed", "started dockerd"]


@pytest.mark.parametrize(
    ("platform", "known", "said"),
    [
        ("darwin", False, "Docker Desktop"),
        ("linux", True, "as root"),
        ("linux", False, "install Docker Engine 25"),
    ],
)
def test_elsewhere_it_is_said_what_to_install(
    program: Program, monkeypatch: pytest.MonkeyPatch, platform: str, known: bool, said: str
) -> None:
    program("docker", NOBODY)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(engine_setup, "supported", lambda: known)
    assert not engine.can_get_one()
    with pytest.raises(EngineError) as error:
        engine.ensure(settings.load())
    assert said in error.value.remedy


def test_stop_ends_it(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.stop()  # nothing runs: nothing to do
    (tmp_path / "dockerd").symlink_to("/bin/sleep")
    daemon = process.start_daemon([str(tmp_path / "dockerd"), "60"], log=tmp_path / "log")
    (tmp_path / "docker.pid").write_text(str(daemon.pid))
    while engine._pid(engine.PID_FILE) is None:
        pass
    engine.stop()
    assert daemon.wait() == -15

    monkeypatch.setattr(engine_setup, "systemd_runs", lambda: True)
    monkeypatch.setattr(engine, "_daemon", lambda: Path("/usr/sbin/dockerd"))
    program("systemctl", 'echo "$@" >> "$0.log"')
    engine.stop()
    assert (tmp_path / "bin/systemctl.log").read_text() == "stop docker.service\n"
