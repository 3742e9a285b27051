"""The one way to run another program.

Every child gets a process group of its own. The groups are remembered, so that Ctrl-C, SIGTERM or a timeout
end a child together with everything that it started. Standard library only: the launcher uses it too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dev.errors import ProcessError

NOT_FOUND = 127
"""The exit code that a shell gives for a command that is not there."""

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL for a child that has to go."""

PIPE_END_TIMEOUT = 600.0
"""Seconds that a command may still work when its input has ended."""

Environment = Mapping[str, str | None]
"""Variables on top of ours; None takes one away."""

_children: set[subprocess.Popen[Any]] = set()
_daemons: list[subprocess.Popen[bytes]] = []  # Python complains about one that it forgets while it runs
_ended: set[subprocess.Popen[Any]] = set()
"""Children that were ended because something else failed, until whoever waits for them has seen it."""
_lock = threading.Lock()
_ending = threading.Event()


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.returncode == 0


def run(
    command: Sequence[str],
    *,
    timeout: float | None = 60,
    env: Environment | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: bool = True,
    on_line: Callable[[str], None] | None = None,
) -> Result:
    """Run a command to its end and capture its output.

    Args:
        command: Program and arguments; no shell is involved.
        timeout: Seconds after which the command and its children are ended; None for no limit.
        env: Variables on top of ours; None takes one away.
        cwd: Where to run it.
        stdin: Text for its standard input; without it there is none.
        check: Raise when the exit code is not zero.
        on_line: Called with every line of output as it comes, for progress.

    Raises:
        ProcessError: The command is missing, ended badly (with `check`) or took too long.
    """
    said = _Output(on_line)
    try:
        child = _start(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE
        )
    except OSError as error:
        was_ended = isinstance(error, InterruptedError)
        raise _failure(command, NOT_FOUND, timeout, env, said, str(error), was_ended=was_ended) from error
    said.listen(child)
    try:
        if child.stdin is not None:
            # A command may end without having read it all.
            with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
                pipe.write(stdin or "")
        child.wait(timeout)
        said.hear_the_end()
    except subprocess.TimeoutExpired:
        end(child)
        said.hear_the_end()
        raise _failure(command, None, timeout, env, said) from None
    finally:
        if child.poll() is None:
            end(child)
        was_ended = _forget(child)
    if check and child.returncode != 0:
        raise _failure(command, child.returncode, timeout, env, said, was_ended=was_ended)
    return Result(child.returncode, said.text("stdout"), said.text("stderr"))


@contextlib.contextmanager
def piped(command: Sequence[str], *, into: bool = False) -> Iterator[IO[bytes]]:
    """Run a command whose output, or with `into` whose input, is a stream of bytes too long to be kept.

    Yields:
        Its standard output to read from, or its standard input to write to. It has to end within
        PIPE_END_TIMEOUT after the block has.

    Raises:
        ProcessError: The command is missing or ended badly.
    """
    with tempfile.TemporaryFile() as said:
        out, feed = (said, subprocess.PIPE) if into else (subprocess.PIPE, subprocess.DEVNULL)
        try:
            child = subprocess.Popen(command, stdin=feed, stdout=out, stderr=said, start_new_session=True)
        except OSError as error:
            raise _failure(command, NOT_FOUND, None, None, _Output(None), str(error)) from error
        with _lock:
            _children.add(child)
        stream = child.stdin if into else child.stdout
        assert stream is not None  # noqa: S101 - asked for above
        try:
            # A command that ends early says why; that it no longer reads is only the consequence.
            with contextlib.suppress(BrokenPipeError), stream:
                yield stream
            child.wait(PIPE_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if child.poll() is None:
                end(child)
            was_ended = _forget(child)
        if child.returncode != 0:
            said.seek(0)
            words = said.read().decode(errors="replace")
            raise _failure(command, child.returncode, None, None, _Output(None), words, was_ended=was_ended)


def hand_over(command: Sequence[str], *, env: Environment | None = None, cwd: Path | None = None) -> int:
    """Give the terminal to a command (a shell, a log that is followed) and return its exit code.

    Ctrl-C belongs to the command while it runs.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(
            command,
            env=_environment(env),
            cwd=cwd,
            # An ignored signal is inherited: without this the command could not be interrupted at all.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        return child.wait()
    except OSError as error:
        raise ProcessError(
            command, returncode=NOT_FOUND, timeout=None, env=env, stdout="", stderr=str(error)
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)


def start_daemon(
    command: Sequence[str], *, log: Path, env: Environment | None = None
) -> subprocess.Popen[bytes]:
    """Start a program that outlives us: a session of its own, no terminal, output into `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        daemon = subprocess.Popen(
            command,
            env=_environment(env),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _daemons.append(daemon)
    return daemon


def end(
    *children: subprocess.Popen[Any], number: signal.Signals = signal.SIGTERM, grace: float | None = None
) -> None:
    """End children and everything in their process groups: by a signal, and after the grace for certain.

    They are asked once: at the second signal, some no longer clean up.
    """
    for child in children:
        _send(child, number)
    for child in children:
        try:
            child.wait(GRACE if grace is None else grace)
        except subprocess.TimeoutExpired:
            _send(child, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)


def end_children(number: signal.Signals = signal.SIGTERM, grace: float | None = None) -> None:
    """End every child that is running."""
    with _lock:
        running = list(_children)
        _ended.update(running)
    end(*running, number=number, grace=grace)


def side_by_side(*functions: Callable[[], object]) -> None:
    """Run functions in threads of their own until all are through.

    When one raises, or we are interrupted, the children of the others are ended, and the first error goes on:
    not one that only tells of a child that was ended for it. (A function may run others side by side itself,
    and end everybody's children before its own error arrives here.)
    """
    with ThreadPoolExecutor(max_workers=len(functions)) as threads:
        running: list[Future[object]] = []
        try:
            for function in functions:
                running.append(threads.submit(function))  # noqa: PERF401 - an interrupt may come in between
            for future in as_completed(running):
                future.result()
        except BaseException as error:
            _ending.set()
            end_children()
            wait(running)
            if (first := _cause_of(error, running)) is not error:
                raise first  # noqa: B904 - the other is its consequence, not its cause
            raise
        finally:
            wait(running)
            _ending.clear()


def _cause_of(error: BaseException, running: Iterable[Future[object]]) -> BaseException:
    """The error for which others were ended, if this is only one of those."""
    others = (future.exception() for future in running if not future.cancelled())
    return next((one for one in (error, *others) if one and not _tells_of_an_end(one)), error)


def _tells_of_an_end(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, is that we ended a child because something else failed."""
    while error is not None and not (isinstance(error, ProcessError) and error.was_ended):
        error = error.__cause__
    return error is not None


def _forget(child: subprocess.Popen[Any]) -> bool:
    """A child has ended: whether it was ended because something else failed."""
    with _lock:
        _children.discard(child)
        was_ended = child in _ended
        _ended.discard(child)
    return was_ended


def _send(child: subprocess.Popen[Any], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _environment(env: Environment | None) -> dict[str, str]:
    return {name: value for name, value in {**os.environ, **(env or {})}.items() if value is not None}


class _Output:
    """What a child says, read while it runs."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._on_line = on_line
        self._said: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._readers: list[threading.Thread] = []

    def listen(self, child: subprocess.Popen[str]) -> None:
        for name, stream in (("stdout", child.stdout), ("stderr", child.stderr)):
            self._readers.append(threading.Thread(target=self._read, args=(name, stream), daemon=True))
            self._readers[-1].start()

    def hear_the_end(self) -> None:
        for reader in self._readers:
            # A grandchild that keeps the pipe open must not hold us up for ever.
            reader.join(GRACE)

    def text(self, name: str) -> str:
        return "".join(self._said[name])

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._said[name].append(line)
                if self._on_line is not None and line.strip():
                    self._on_line(line.rstrip())


def _failure(
    command: Sequence[str],
    returncode: int | None,
    timeout: float | None,
    env: Environment | None,
    said: _Output,
    more: str = "",
    *,
    was_ended: bool = False,
) -> ProcessError:
    failure = ProcessError(
        command,
        returncode=returncode,
        timeout=timeout,
        env=env,
        stdout=said.text("stdout"),
        stderr=said.text("stderr") + more,
    )
    failure.was_ended = was_ended
    return failure


def _start(
    command: Sequence[str], *, env: Environment | None, cwd: Path | None, stdin: int
) -> subprocess.Popen[str]:
    with _lock:
        if _ending.is_set():
            raise InterruptedError("we are being ended")
        child = subprocess.Popen(
            command,
            env=_environment(env),
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        _children.add(child)
        return child
