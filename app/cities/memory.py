"""What a process remembers of the cities until the next import, which every process notices by itself."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cities.models import CityImport

NOTICE_AFTER_SECONDS = 10
"""How long an import may go unnoticed. Once in this time one request asks for the newest import's id."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Memory:
    """Values that hold for one import, filled in as they are needed; the next import starts an empty one."""

    import_id: int | None
    countries: dict[str, dict[str, Any]] = field(default_factory=dict)
    regions: dict[int, dict[str, Any]] = field(default_factory=dict)
    cities: dict[int, dict[str, Any]] = field(default_factory=dict)
    totals: dict[tuple[str, ...], int] = field(default_factory=dict)


_lock = threading.Lock()
_memory: Memory | None = None
_checked = 0.0


def current() -> Memory:
    """The memory for the newest import.

    Take it before reading from the database what is to be put into it: should an import finish in between,
    then the stale values go into a memory that nobody will ask again.
    """
    global _memory, _checked  # noqa: PLW0603 (the point of a process-wide memory)
    if _memory is None or time.monotonic() - _checked > NOTICE_AFTER_SECONDS:
        newest = CityImport.objects.order_by("-id").values_list("id", flat=True).first()
        with _lock:
            if _memory is None or _memory.import_id != newest:
                _memory = Memory(newest)
            _checked = time.monotonic()
    return _memory


def forget() -> None:
    """Start afresh: after an import in this process, and between tests."""
    global _memory  # noqa: PLW0603
    _memory = None


def remember(values: dict[K, V], key: K, value: V, at_most: int) -> None:
    """Put a value into one of the tables above; if it is full, the value that came first has to go."""
    with _lock:
        while len(values) >= at_most:
            del values[next(iter(values))]
        values[key] = value
