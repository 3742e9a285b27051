"""Times of several runs side by side: medians, a table, a file."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from dev import state

STAGE = re.compile(r"^(?P<name>[^:]+): (?:done|nothing to do) in (?P<seconds>[\d.]+) s(?:,|$)")
"""How dev/console.py reports a stage where the output is no terminal."""

CREATE, UP, AGAIN, RESTART = "kind create cluster", "up --kind", "up --kind again", "node stopped and started"
CHANGE, PUSH, LOAD = "one line changed, deploy", "push of the change", "kind load of the change"

ABOUT = {
    CREATE: "the same node image, nothing in it",
    UP: "no cluster, images there; to the first 200",
    AGAIN: "nothing changed; the whole command",
    RESTART: "from `docker start` to the first 200",
    CHANGE: "to all pods rolled out; the whole command",
    PUSH: "to the local registry",
    LOAD: "into the same cluster",
}

TO_REACH = {UP: 60.0, AGAIN: 10.0, CHANGE: 15.0}
"""Seconds."""

COLD = "up-cold"
"""The stamp with the stages of the last `up --kind` that had to make things from nothing."""

IDLE_TO_REACH = {"GiB": 3.0, "core": 0.4}
"""What node and registry may take while nobody asks for anything."""

FASTER = 10
"""How many times faster a push is to be than `kind load`."""


@dataclass
class Times:
    """What was measured so far, in seconds."""

    runs: dict[str, list[float]] = field(default_factory=dict)
    """By what was measured."""
    stages: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Of what has stages: the seconds of each."""
    cold: dict[str, Any] = field(default_factory=dict)
    """The last `up --kind` that had to compile or to bootstrap, as `stamp` keeps it."""

    idle: dict[str, list[float]] = field(default_factory=dict)
    """By unit of IDLE_TO_REACH: what an idle cluster and its registry take."""

    def rest(self, size: float, busy: float) -> None:
        """Enter what was taken while nothing was done, in bytes and in cores."""
        self.idle.setdefault("GiB", []).append(round(size / 2**30, 2))
        self.idle.setdefault("core", []).append(round(busy, 3))

    def add(self, what: str, seconds: float, said: str = "") -> None:
        """Enter one run, and the stages in what it said."""
        self.runs.setdefault(what, []).append(round(seconds, 2))
        for name, took in stages(said):
            self.stages.setdefault(what, {}).setdefault(name, []).append(took)

    def median(self, what: str) -> float | None:
        """The median of the runs; None when there was none."""
        return statistics.median(self.runs[what]) if self.runs.get(what) else None

    def is_reached(self, what: str) -> bool | None:
        """Whether a figure is reached; None where there is none to reach, or nothing was measured."""
        middle = self.median(what)
        if middle is None:
            return None
        if what == PUSH:
            load = self.median(LOAD)
            return None if load is None else load >= FASTER * middle
        return middle <= TO_REACH[what] if what in TO_REACH else None

    def write(self, path: Path) -> None:
        """Keep everything as JSON, medians included."""
        medians = {what: round(self.median(what) or 0, 2) for what in self.runs}
        facts = {
            "medians": medians,
            "runs": self.runs,
            "stages": self.stages,
            "cold": self.cold,
            "idle": self.idle,
        }
        state.write(path, json.dumps(facts, indent=1) + "\n")

    def tables(self) -> list[Table]:
        """What was measured, for people."""
        made = [self._runs(), *([self._idle()] if self.idle else [])]
        made += [_stages(what, found) for what, found in self.stages.items() if what in (UP, CHANGE)]
        if self.cold:
            rows = {stage["stage"]: [stage["seconds"]] for stage in self.cold["stages"]}
            made.append(_stages(f"the last cold `up --kind`, {self.cold['seconds']:.0f} s", rows))
        return made

    def _idle(self) -> Table:
        title = "Idle: node and registry, medians"
        table = Table("unit", title=title, title_justify="left", min_width=len(title))
        for title in ("median", "to reach"):
            table.add_column(title, justify="right")
        for unit, found in self.idle.items():
            middle, limit = statistics.median(found), IDLE_TO_REACH[unit]
            table.add_row(unit, f"[{'green' if middle <= limit else 'red'}]{middle:.2f}[/]", f"{limit:g}")
        return table

    def _runs(self) -> Table:
        table = Table("what", "", title="Seconds, medians", title_justify="left")
        for title in ("median", "to reach", "all runs"):
            table.add_column(title, justify="right")
        for what in (what for what in ABOUT if what in self.runs):
            limit = f"{TO_REACH[what]:.0f}" if what in TO_REACH else ""
            if what == PUSH and (load := self.median(LOAD)):
                limit = f"{load / FASTER:.2f}"
            reached = self.is_reached(what)
            color = {True: "green", False: "red", None: "default"}[reached]
            runs = " ".join(f"{seconds:.1f}" for seconds in self.runs[what])
            table.add_row(what, ABOUT[what], f"[{color}]{self.median(what):.2f}[/]", limit, runs)
        return table


def stages(said: str) -> Iterator[tuple[str, float]]:
    """The stages in what a command said, and their seconds.

    >>> list(stages("push: done in 2.5 s, pushed app"))
    [('push', 2.5)]
    """
    for line in said.splitlines():
        if match := STAGE.match(line):
            yield match["name"], float(match["seconds"])


def stage(said: str, name: str) -> float:
    """The seconds of one stage."""
    return dict(stages(said))[name]


def is_cold(names: Iterable[str]) -> bool:
    """Whether the stages of an `up` are those of a machine that had to make things from nothing."""
    return any(name == "bootstrap" or name.startswith("go ") for name in names)


def _stages(what: str, found: dict[str, list[float]]) -> Table:
    title = f"Stages of {what}"
    table = Table("stage", title=title, title_justify="left", min_width=len(title))
    table.add_column("median", justify="right")
    for name, seconds in found.items():
        table.add_row(name, f"{statistics.median(seconds):.1f}")
    return table
