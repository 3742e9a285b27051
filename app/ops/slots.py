"""Which place among the workers this process has, so that a new worker counts on where a dead one stopped.

prometheus_client names its files after process ids and leaves those of dead processes behind: with workers
that come and go the directory would grow for ever, or counters would jump back. Places are few and are used
again.
"""

import os
import shutil
import tempfile
from collections.abc import Container
from itertools import count
from pathlib import Path

from prometheus_client import multiprocess, values

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

# 0 is the arbiter, which counts nothing; a worker inherits the place taken just before it was forked.
_own = 0


def prepare(parent: Path) -> None:
    """Let every metric made from now on live in files under `parent`; for the arbiter, before any is made."""
    prefix = f"witw-metrics-{os.getpid()}-"
    os.environ[DIRECTORY] = tempfile.mkdtemp(prefix=prefix, dir=parent if parent.is_dir() else None)
    values.ValueClass = values.MultiProcessValue(lambda: _own)  # type: ignore[no-untyped-call]


def clear() -> None:
    """Remove the files, when the arbiter ends."""
    shutil.rmtree(os.environ[DIRECTORY], ignore_errors=True)


def take(taken: Container[int]) -> int:
    """The lowest place that no other worker has, for the worker that is forked next."""
    global _own  # noqa: PLW0603  (one value per process, which the child has to inherit)
    _own = next(place for place in count(1) if place not in taken)
    return _own


def free(place: int) -> None:
    """Its worker is gone: what it had in hand (gauges) goes, what it counted stays."""
    multiprocess.mark_process_dead(place)  # type: ignore[no-untyped-call]
