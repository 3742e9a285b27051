"""Running other programs, and ending them."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from dev import process
from dev.errors import ClusterError, ProcessError


def wait_for(what: Path, seconds: float = 10) -> str:
    """The content of a file that another process is going to write."""
    deadline = time.monotonic() + seconds
    while not (what.exists() and what.read_text().strip()):
        assert time.monotonic() < deadline, f"{what} was not written"
        time.sleep(0.01)
    return what.read_text().strip()


def is_gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within some time; an unburied one has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_output_and_exit_code_are_captured() -> None:
    result = process.run(["sh", "-c", "echo out; echo err >&2; exit 3"], check=False)
    assert (result.returncode, result.stdout, result.stderr, result.ok) == (3, "out\n", "err\n", False)


def test_lines_are_told_as_they_come() -> None:
    lines: list[str] = []
    process.run(["printf", "one\n\ntwo\n"], on_line=lines.append)
    assert lines == ["one", "two"]


def test_a_variable_can_be_given_and_another_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEN", "x")
    told = process.run(["sh", "-c", "echo $GIVEN-$TAKEN"], env={"GIVEN": "y", "TAKEN": None})
    assert told.stdout == "y-\n"


def test_an_error_carries_command_environment_timeout_and_output() -> None:
    with pytest.raises(ProcessError, match="ended with 4") as error:
        process.run(["sh", "-c", "echo why >&2; exit 4"], env={"A": "b"}, timeout=9)
    assert (error.value.returncode, error.value.timeout, error.value.env) == (4, 9, {"A": "b"})
    assert error.value.details == "why"
    assert error.value.command[0] == "sh"


def test_a_program_that_is_not_there_is_an_error_like_any_other() -> None:
    with pytest.raises(ProcessError, match="127"):
        process.run(["no-such-program"])
    with pytest.raises(ProcessError, match="127"):
        process.hand_over(["no-such-program"])


def test_a_timeout_ends_the_child_and_what_it_started(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match=r"took longer than 0\.5 s"):
        process.run(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; wait"], timeout=0.5)
    assert is_gone(int(wait_for(tmp_path / "pid")))


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    began = time.monotonic()
    with pytest.raises(ProcessError, match="took longer"):
        process.run(["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"], timeout=0.3)
    assert time.monotonic() - began < 5


def test_side_by_side_ends_the_others_when_one_fails(tmp_path: Path) -> None:
    def fail() -> None:
        wait_for(tmp_path / "pid")
        raise ValueError("on purpose")

    def work() -> None:
        process.run(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"])

    with pytest.raises(ValueError, match="on purpose"):
        process.side_by_side(work, fail)
    assert is_gone(int(wait_for(tmp_path / "pid")))
    assert process.run(["true"]).ok, "the next command may start"


def test_the_first_error_goes_on_also_from_functions_within_functions(tmp_path: Path) -> None:
    """What fails within ends everybody's children, and their errors may arrive before its own does."""
    failed, told = threading.Event(), threading.Event()

    def fail() -> None:
        wait_for(tmp_path / "pid")
        failed.set()
        raise ValueError("on purpose")

    def linger() -> None:
        told.wait(10)

    def work() -> None:
        try:
            process.run(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"])
        except ProcessError as error:
            assert failed.is_set()
            threading.Timer(0.5, told.set).start()
            raise ClusterError("the cluster could not be made") from error

    with pytest.raises(ValueError, match="on purpose"):
        process.side_by_side(work, lambda: process.side_by_side(fail, linger))


def test_side_by_side_takes_as_long_as_the_longest() -> None:
    met = threading.Barrier(2, timeout=10)
    process.side_by_side(met.wait, met.wait)


def test_an_interrupt_ends_the_children(tmp_path: Path) -> None:
    def interrupt() -> None:
        wait_for(tmp_path / "pid")
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        process.side_by_side(
            lambda: process.run(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"], timeout=60)
        )
    assert is_gone(int(wait_for(tmp_path / "pid")))


def test_a_command_with_the_terminal_returns_its_exit_code(tmp_path: Path) -> None:
    assert process.hand_over(["sh", "-c", "exit 5"], cwd=tmp_path) == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_daemon_has_a_session_of_its_own_and_a_log(tmp_path: Path) -> None:
    daemon = process.start_daemon(["sh", "-c", "echo hello; exec sleep 60"], log=tmp_path / "logs/daemon")
    try:
        assert wait_for(tmp_path / "logs/daemon") == "hello"
        assert os.getsid(daemon.pid) == daemon.pid != os.getsid(0)
    finally:
        daemon.kill()
        daemon.wait()
