"""Samples of a stack while it is under load: numbers on the run's time axis, with honest gaps."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from dev.errors import WitwError


@dataclass(frozen=True)
class Event:
    """Something that happened in the stack.

    Args:
        at: Seconds since the run began.
        kind: Of what object, such as HorizontalPodAutoscaler.
        name: Of which.
        reason: In a word, such as SuccessfulRescale.
        message: In a sentence.
    """

    at: float
    kind: str
    name: str
    reason: str
    message: str


@dataclass
class Gap:
    """A time in which a source did not answer, in seconds since the run began."""

    source: str
    start: float
    end: float
    why: str


@dataclass
class Samples:
    """Series by name (`replicas.ready`, `cpu/POD`): seconds and values; None where a series breaks."""

    series: dict[str, list[tuple[float, float | None]]] = field(default_factory=lambda: defaultdict(list))
    events: list[Event] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def values(self, name: str) -> list[float]:
        """The values of a series without its breaks; none when there is no such series."""
        return [value for _, value in self.series.get(name, []) if value is not None]

    def family(self, name: str) -> dict[str, list[tuple[float, float | None]]]:
        """The series `name/WHAT`, by WHAT."""
        start = f"{name}/"
        return {
            key.removeprefix(start): points for key, points in self.series.items() if key.startswith(start)
        }

    def last(self, name: str) -> float | None:
        """The latest value of a series."""
        values = self.values(name)
        return values[-1] if values else None

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "series": {name: [[at, value] for at, value in points] for name, points in self.series.items()},
            "events": [asdict(event) for event in self.events],
            "gaps": [asdict(gap) for gap in self.gaps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Samples:
        """From what `to_json` made."""
        made = cls(
            events=[Event(**event) for event in data["events"]], gaps=[Gap(**gap) for gap in data["gaps"]]
        )
        for name, points in data["series"].items():
            made.series[name] = [(float(at), value) for at, value in points]
        return made


@dataclass(frozen=True)
class Reading:
    """What a source says at one moment.

    Args:
        values: By the series' name.
        events: New and old ones; their `at` is seconds since 1970.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Source:
    """Something to ask again and again.

    Args:
        name: What a reader calls it.
        read: Asks once. WitwError and OSError are a gap and not an end.
        every: Seconds from one question to the next.
    """

    name: str
    read: Callable[[], Reading]
    every: float = 2.0


JUMP = 2.0
"""Seconds by which the wall clock has to leave the other one to be told of; it is corrected all the time."""


class Sampler:
    """Asks every source in a thread of its own, so that a slow one holds up no other.

    Use it as a context manager; `samples` may be read while it runs.
    """

    def __init__(
        self, sources: list[Source], began: float, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        """Begin with nothing.

        Args:
            sources: What is asked.
            began: When the run did, by `time.monotonic`.
            tell: Told of what the report should say about the measuring itself.
        """
        self.samples = Samples()
        self._began, self._tell = began, tell
        self._wall = self._began_by_the_wall()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._known: set[tuple[str, str, str, str, float]] = set()
        self._threads = [
            threading.Thread(target=self._run, args=(source,), name=f"sample {source.name}", daemon=True)
            for source in sources
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self.samples.events.sort(key=lambda event: event.at)

    def _run(self, source: Source) -> None:
        gap: Gap | None = None
        mine: set[str] = set()
        due = time.monotonic()
        while not self._over.is_set():
            asked = time.monotonic() - self._began
            try:
                reading = source.read()
            except (WitwError, OSError) as error:
                gap = self._miss(source, mine, gap, asked, str(error))
            else:
                gap = None
                mine |= set(reading.values)
                self._take(reading, mine, asked)
            # After a slow answer the next question waits for its own time; none are made up for.
            due = max(due + source.every, time.monotonic())
            self._over.wait(due - time.monotonic())

    def _take(self, reading: Reading, mine: set[str], asked: float) -> None:
        with self._lock:
            for name, value in reading.values.items():
                self.samples.series[name].append((round(asked, 2), value))
            for name in mine - set(reading.values):
                self._break(name, asked)
            if reading.events:
                self._look_at_the_clock(asked)
            for event in reading.events:
                # The same words at another time are another event: Kubernetes only moves its time on.
                key = (event.kind, event.name, event.reason, event.message, event.at)
                if key in self._known:
                    continue
                self._known.add(key)
                at = round(event.at - self._wall, 1)
                # What happened before the run is not of it.
                if at >= 0:
                    self.samples.events.append(Event(at, event.kind, event.name, event.reason, event.message))

    def _began_by_the_wall(self) -> float:
        """When the run began, by a clock that may be set while it runs."""
        return time.time() - (time.monotonic() - self._began)

    def _look_at_the_clock(self, asked: float) -> None:
        """Events carry the time of the wall clock: follow it where it was set."""
        began = self._began_by_the_wall()
        jump = began - self._wall
        self._wall = began
        if abs(jump) >= JUMP:
            way = "forward" if jump > 0 else "back"
            self._tell(
                f"The clock of this machine was set {way} by {abs(jump):.0f} s, "
                f"{asked:.0f} s after the beginning; events around that moment may lie beside their place."
            )

    def _miss(self, source: Source, mine: set[str], gap: Gap | None, asked: float, why: str) -> Gap:
        with self._lock:
            for name in mine:
                self._break(name, asked)
            if gap is None:
                gap = Gap(source.name, round(asked, 1), round(asked, 1), why)
                self.samples.gaps.append(gap)
            gap.end = round(time.monotonic() - self._began, 1)
        return gap

    def _break(self, name: str, at: float) -> None:
        points = self.samples.series[name]
        if points and points[-1][1] is not None:
            points.append((round(at, 2), None))
