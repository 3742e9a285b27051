"""A load step whose first moment is known: wrk waits in its container for a word, and begins."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator

from dev import process
from dev.errors import ClusterError, ProcessError

START_TIMEOUT = 30.0
"""Seconds for the container."""

KILLED = 137
"""What `docker run` ends with when its container was removed by force: 128 and the number of SIGKILL."""

SCRIPT = 'echo ready; read word; exec wrk --threads=1 --connections="$1" --duration="$2s" --timeout=10s "$3"'


@contextlib.contextmanager
def held(image: str, url: str, *, connections: int, most_seconds: int) -> Iterator[Callable[[], float]]:
    """Hold load on an address of this machine ready, all of it at once, until the end of the block.

    Args:
        image: Of wrk, as compose.yaml builds it.
        url: What is asked for.
        connections: How many requests are open at any time.
        most_seconds: When it ends whatever happens, counted from its beginning.

    Yields:
        What lets it begin, and returns that moment by `time.monotonic`. The container runs by then, so that
        its start counts in nothing.

    Raises:
        ClusterError: The container did not start.
        ProcessError: The load ended by itself, and badly.
    """
    name = f"witw-bench-step-{os.getpid()}"
    limits = ["--network=host", "--cap-drop=ALL", "--read-only", "--memory=256m", "--pids-limit=64"]
    command = ["docker", "run", "--rm", "--interactive", f"--name={name}", *limits, "--entrypoint=sh", image]
    command += ["-c", SCRIPT, "sh", str(connections), str(most_seconds), url]
    ended = False
    try:
        with process.piped(command, into=True) as stdin:
            _wait_until_ready(name)

            def begin() -> float:
                began = time.monotonic()
                stdin.write(b"go\n")
                stdin.flush()
                return began

            try:
                yield begin
            finally:
                ended = True
                process.run(["docker", "rm", "--force", name], check=False)
    except ProcessError as error:
        # Removed from outside is how it ends. Anything else was no load, even where the block is done.
        if not ended or error.returncode != KILLED:
            raise


def _wait_until_ready(name: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while "ready" not in process.run(["docker", "logs", name], check=False).stdout:
        if time.monotonic() > deadline:
            raise ClusterError("wrk's container does not start", remedy=f"see `docker logs {name}`")
        time.sleep(0.1)
