"""What locust told of each second, put together: requests, times, failures, users, how busy it was."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Times = Counter[float]
"""How many requests took so many milliseconds."""

PERCENTILES = (50.0, 95.0, 99.0)


@dataclass
class Second:
    """One second of a run, over all of locust's processes.

    Args:
        users: Users, or arrivals per second, by process.
        times: Milliseconds of what was answered or given up, by the request's name.
        failures: What went wrong, by the request's name and kind.
        cpu: Percent of one core, by process.
        late_ms: How late the processes' own loops were called.
    """

    users: dict[str, int] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Counter))
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    late_ms: dict[str, float] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many were answered, or given up."""
        return sum(sum(times.values()) for times in self.times.values())

    @property
    def failed(self) -> int:
        """How many of them went wrong."""
        return sum(self.failures.values())


class Records:
    """All seconds of a run, as they come in.

    Args:
        began: When the run began, by this machine's `time.monotonic`.
        shared_clock: Whether locust's processes read that same clock. Elsewhere its difference is taken
            from the line that came quickest.

    Its `requests` and `failed` count what has come in so far.
    """

    def __init__(self, began: float, *, shared_clock: bool = True) -> None:
        self.began, self.shared_clock = began, shared_clock
        self._lines: dict[int, Second] = defaultdict(Second)
        self._shift = 0.0 if shared_clock else math.inf
        self.requests = self.failed = 0

    def hear(self, text: str, now: float) -> bool:
        """Take one line of locust's output in; anything that is no record is passed over.

        Returns:
            Whether it was one.
        """
        if not text.startswith("{"):
            return False
        try:
            line: dict[str, Any] = json.loads(text)
            second = int(line["second"])
        except (ValueError, KeyError, TypeError):
            return False
        if not self.shared_clock:
            # A second is told of when it is over: no sooner than its end.
            self._shift = min(self._shift, now - (second + 1))
        self._add(self._lines[second], line)
        return True

    def latest(self, number: int) -> list[Second]:
        """The last seconds that were told of."""
        return [self._lines[second] for second in sorted(self._lines)[-number:]]

    def seconds(self) -> dict[int, Second]:
        """Each second since the run began, in order."""
        shift = 0.0 if math.isinf(self._shift) else self._shift
        placed: dict[int, Second] = {}
        for number in sorted(self._lines):
            placed[round(number + shift - self.began)] = self._lines[number]
        return placed

    def _add(self, second: Second, line: Mapping[str, Any]) -> None:
        worker = str(line.get("worker", ""))
        for name, times in line.get("requests", {}).items():
            for milliseconds, count in times.items():
                second.times[name][float(milliseconds)] += int(count)
                self.requests += int(count)
        for name, kinds in line.get("failures", {}).items():
            for kind, count in kinds.items():
                second.failures[name, kind] += int(count)
                self.failed += int(count)
        if "users" in line:
            second.users[worker] = int(line["users"])
        if "cpu" in line:
            second.cpu[worker] = float(line["cpu"])
            second.late_ms[worker] = float(line["late_ms"])


def merged(seconds: Iterable[Second], name: str | None = None) -> Times:
    """The times of several seconds together, of all requests or of one name."""
    together: Times = Counter()
    for second in seconds:
        for one, times in second.times.items():
            if name in (None, one):
                together.update(times)
    return together


def percentile(times: Mapping[float, int], percent: float) -> float | None:
    """The time that so many percent of the requests took at most (nearest rank); None without requests."""
    total = sum(times.values())
    if not total:
        return None
    rank, seen = max(math.ceil(total * percent / 100), 1), 0
    for milliseconds in sorted(times):
        seen += times[milliseconds]
        if seen >= rank:
            return milliseconds
    raise AssertionError("unreachable")
