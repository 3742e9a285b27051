"""What the reader sees: live progress for people, plain lines where the output is no terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from dev.errors import WitwError

LOG_WIDTH = 140
"""Columns of a table that goes into a file or a pipe."""


out = Console(highlight=False, width=None if sys.stdout.isatty() else LOG_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else LOG_WIDTH)


@dataclass
class Stage:
    """One step of a command, its time and what came of it."""

    name: str
    detail: str = ""
    changed: bool = True
    seconds: float = 0.0
    finished: bool = False
    _report: Report | None = field(default=None, repr=False)

    def say(self, detail: str) -> None:
        """Tell what is going on; the last word stands in the table."""
        self.detail = detail
        if self._report is not None:
            self._report.show(self)

    def unchanged(self, detail: str) -> None:
        """Tell that there was nothing to do."""
        self.changed = False
        self.say(detail)

    def rows(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table below the stages until the next one, or none; in a log, the rows that are new."""
        if self._report is not None:
            self._report.show_rows(self, headings, rows)


class _Display(Progress):
    """The stages, and a table below them."""

    below: Table | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.below is not None:
            yield self.below


class Report:
    """The stages of one command, in the order in which they began.

    Stages may run side by side in threads. Use it as a context manager: the live display lasts as long.
    """

    def __init__(self, console: Console = out) -> None:
        self.stages: list[Stage] = []
        self._console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._began = time.monotonic()
        self._rows: dict[str, list[tuple[str, ...]]] = {}
        self._progress = _Display(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.fields[name]:<14}", style="bold"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self._progress.stop()
        yield
        self._progress.start()

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a step and show it. What it raises goes on, with the stage's name on the display."""
        stage = Stage(name, _report=self)
        began = time.monotonic()
        with self._lock:
            self.stages.append(stage)
            self._tasks[name] = self._progress.add_task("", name=name, total=1)
        self._plain(f"{name}: ...")
        try:
            yield stage
        except BaseException:
            stage.seconds = time.monotonic() - began
            self._progress.update(self._tasks[name], description="[red]failed")
            self._plain(f"{name}: failed after {stage.seconds:.1f} s")
            raise
        stage.seconds = time.monotonic() - began
        stage.finished = True
        self._progress.update(self._tasks[name], completed=1, description=escape(stage.detail))
        self._plain(
            f"{name}: {'done' if stage.changed else 'nothing to do'} in {stage.seconds:.1f} s, {stage.detail}"
        )

    def add(self, name: str, seconds: float, detail: str) -> None:
        """Enter a step that somebody else timed (a container that ran to its end, say)."""
        self.stages.append(Stage(name, detail=detail, seconds=seconds, finished=True))

    def show(self, stage: Stage) -> None:
        """Bring the display up to date with what a stage said."""
        line = stage.detail if len(stage.detail) <= 100 else stage.detail[:99] + "…"
        self._progress.update(self._tasks[stage.name], description=escape(line))

    def show_rows(self, stage: Stage, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a stage's table below all stages."""
        with self._lock:
            before = self._rows.get(stage.name, [])
            self._rows[stage.name] = [tuple(row) for row in rows]
            shown = [row for listed in self._rows.values() for row in listed]
        self._progress.below = _listing(headings, shown) if shown else None
        for row in self._rows[stage.name]:
            if row not in before:
                self._plain(f"{stage.name}: {', '.join(cell for cell in row if cell)}")

    def display(self) -> Iterable[RenderableType]:
        """What a terminal shows while the command runs."""
        return self._progress.get_renderables()

    @property
    def seconds(self) -> float:
        """Time since the command began, in seconds."""
        return time.monotonic() - self._began

    @property
    def changed(self) -> bool:
        """Whether any stage did something."""
        return any(stage.changed for stage in self.stages)

    def table(self) -> Table:
        """What took how long. Stages that ran side by side add up to more than the whole."""
        table = Table("stage", "what", title_justify="left", caption_justify="left")
        table.add_column("seconds", justify="right")
        for stage in self.stages:
            table.add_row(stage.name, escape(stage.detail), f"{stage.seconds:.1f}")
        table.add_section()
        table.add_row("all", "from the first stage to the last", f"{self.seconds:.1f}", style="bold")
        return table

    def _plain(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(escape(line), soft_wrap=True)


def _listing(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """One line a row: what is too long is cut, so that the display keeps still."""
    table = Table(box=box.SIMPLE)
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def print_error(error: WitwError) -> None:
    """Say what failed, why, and what mends it."""
    err.print(f"[bold red]error:[/] {escape(error.message)}", soft_wrap=True)
    if error.details:
        err.print(escape(error.details), style="dim", soft_wrap=True)
    if error.remedy:
        err.print(f"[bold]to mend it:[/] {escape(error.remedy)}", soft_wrap=True)
