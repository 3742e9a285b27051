"""Seconds of many trials, side by side: percentiles, a table, a file, a picture."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from dev import process, state
from dev.base_image import Say
from dev.errors import HostError
from dev.load import environment
from dev.settings import ROOT

PLOT_TIMEOUT = 120.0


@dataclass
class Trials:
    """What was measured so far.

    Args:
        title: What it is about.
        to_reach: Seconds that the 95th percentile of a stage may take, by stage and way.
        facts: What it was measured on.
    """

    title: str
    to_reach: dict[str, dict[str, float]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """By stage and way of doing it."""
    missed: dict[str, list[str]] = field(default_factory=dict)
    """By way: why trials came to no end."""
    uncounted: dict[str, int] = field(default_factory=dict)
    """By way: how many of these are in no percentile, as they never began."""
    discarded: dict[str, int] = field(default_factory=dict)
    """By way: how many were begun anew, as what was to be measured had come by itself."""

    def add(self, stage: str, way: str, seconds: float) -> None:
        """Enter one trial."""
        self.seconds.setdefault(stage, {}).setdefault(way, []).append(round(seconds, 3))

    def miss(self, way: str, why: str, stage: str = "", at_least: float | None = None) -> None:
        """Enter a trial that came to no end within its time.

        Args:
            way: Of doing it.
            why: In a sentence.
            stage: What it would have ended.
            at_least: Seconds that stage took at least, with which it counts; without, it counts nowhere.
        """
        self.missed.setdefault(way, []).append(why)
        if at_least is None:
            self.uncounted[way] = self.uncounted.get(way, 0) + 1
        else:
            self.add(stage, way, at_least)

    def discard(self, way: str) -> None:
        """Enter that a trial was begun anew."""
        self.discarded[way] = self.discarded.get(way, 0) + 1

    def write(self, folder: Path) -> Path:
        """Keep everything as JSON, percentiles included.

        Raises:
            HostError: The disk is full.
        """
        shares = {
            stage: {
                way: {f"p{share}": round(percentile(found, share), 3) for share in (50, 95)}
                for way, found in ways.items()
            }
            for stage, ways in self.seconds.items()
        }
        facts = {
            "title": self.title,
            "facts": self.facts,
            "to_reach": self.to_reach,
            "percentiles": shares,
            "seconds": self.seconds,
            "missed": self.missed,
            "uncounted": self.uncounted,
            "discarded": self.discarded,
        }
        file = folder / "figures.json"
        try:
            state.write(file, json.dumps(facts, indent=1) + "\n")
        except OSError as error:
            raise HostError(
                f"the figures could not be written: {error}",
                remedy=f"free some space; what could be written is in {folder}",
            ) from error
        return file

    def table(self) -> Table:
        """What was measured, for people."""
        table = Table("stage", "", title=f"{self.title}, seconds", title_justify="left")
        for title in ("trials", "p50", "p95", "most", "p95 to reach"):
            table.add_column(title, justify="right")
        for stage, ways in self.seconds.items():
            for way, found in ways.items():
                middle, high = (percentile(found, share) for share in (50, 95))
                limit = self.to_reach.get(stage, {}).get(way)
                color = "default" if limit is None else "green" if high <= limit else "red"
                table.add_row(
                    stage,
                    way,
                    str(len(found)),
                    f"{middle:.2f}",
                    f"[{color}]{high:.2f}[/]",
                    f"{max(found):.2f}",
                    "" if limit is None else f"{limit:g}",
                )
        for way, reasons in self.missed.items():
            uncounted = self.uncounted.get(way, 0)
            if late := len(reasons) - uncounted:
                table.add_row("[red]came to no end, counted with their time-out[/]", way, str(late))
            if uncounted:
                table.add_row("[red]never began, the percentiles are of the others[/]", way, str(uncounted))
        for way, number in self.discarded.items():
            table.add_row("begun anew, as the autoscaler had decided before", way, str(number))
        return table


def draw(folder: Path, say: Say) -> Path:
    """Draw what `write` has kept, in the load environment, which has matplotlib.

    Raises:
        HostError: That environment could not be made.
    """
    if done := environment.ensure(say):
        say(done)
    command = [str(environment.python()), "-m", "dev.bench.plots", str(folder)]
    process.run(command, timeout=PLOT_TIMEOUT, cwd=ROOT)
    return folder / "trials.png"


def percentile(values: list[float], share: float) -> float:
    """A percentile, on the straight line between the two values beside it.

    >>> percentile([1.0, 2.0, 4.0], 75)
    3.0
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
