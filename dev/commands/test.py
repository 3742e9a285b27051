"""`./witw test`: the test environments of tox.ini, with a table of what came of them."""

from __future__ import annotations

import configparser
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from dev import commands, console, index, process, reports
from dev.errors import WitwError
from dev.settings import ROOT

PANEL = commands.WORK

BESIDE = ("lint", "security", "frontend", "chart", "unit", "bare-machine")
"""Environments that share nothing with a stack or bring a machine of their own: they run one after the other
beside a stack that measures nothing."""

ALONE = ("browser", "e2e", "load-short", "harness")
"""Environments whose tests hold figures to bounds, such as a page's first view: they begin when all that runs
side by side has ended, for on two cores it would be measured with them."""

CLEANING = 120
"""Seconds for interrupted tests to take down what they made: those of tox.ini, and a little."""


@dataclass
class Run:
    """One environment, before and after."""

    name: str
    folder: Path
    code: int | None = None
    interrupted: bool = False
    seconds: float = 0.0
    counts: reports.Counts = field(default_factory=reports.Counts)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def junit(self) -> Path:
        return self.folder / f"{self.name}.xml"

    @property
    def finished(self) -> bool:
        return self.code is not None and not self.interrupted

    @property
    def ok(self) -> bool:
        return self.finished and self.code == 0 and self.counts.failed == 0 and self.counts.passed > 0


def command(
    environments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ENV]...", help="Which; all of tox.ini's when none is named."),
    ] = None,
    *,
    one_by_one: Annotated[
        bool, typer.Option("--one-by-one", help="Do not run environments side by side.")
    ] = False,
) -> int:
    """Run the tests: lint to unit, bare-machine, compose, browser, e2e, load-short, harness.

    Everything that they need is brought up first, as `./witw up` would. Logs and JUnit files are kept in
    `.witw/reports/`. The exit code is 0 when every environment ran tests and all of them passed.
    """
    known = environments_of(ROOT / "tox.ini")
    if unknown := set(environments or []) - set(known):
        raise WitwError(
            f"no such test environment: {', '.join(sorted(unknown))}",
            remedy=f"choose from {', '.join(known)}",
        )
    folder = reports.new_folder("test")
    runs = [Run(name, folder) for name in known if not environments or name in environments]
    try:
        _run_all(runs, one_by_one=one_by_one)
    finally:
        _summarise(runs)
    return 0 if all(run.ok for run in runs) else 1


def environments_of(file: Path) -> list[str]:
    """The environments that a tox.ini runs by default, in its order."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file)
    return parser["tox"]["env_list"].replace(",", " ").split()


def stages(runs: Sequence[Run], *, one_by_one: bool) -> list[list[list[Run]]]:
    """Stages, one after the other; in each of them lanes side by side, and in a lane one after the other."""
    if one_by_one:
        return [[list(runs)]]
    beside = [run for run in runs if run.name in BESIDE]
    stacks = [run for run in runs if run.name not in (*BESIDE, *ALONE)]
    alone = [run for run in runs if run.name in ALONE]
    return [found for lanes in ([stacks, beside], [alone]) if (found := [lane for lane in lanes if lane])]


def _run_all(runs: Sequence[Run], *, one_by_one: bool) -> None:
    with ThreadPoolExecutor(2) as pool, _ending_children(runs):
        for lanes in stages(runs, one_by_one=one_by_one):
            for result in [pool.submit(_run_lane, lane, prefixed=len(runs) > 1) for lane in lanes]:
                result.result()


@contextmanager
def _ending_children(runs: Sequence[Run]) -> Iterator[None]:
    """Ctrl-C reaches this thread only: the others wait for children, which must therefore go first."""
    try:
        yield
    except BaseException:
        for run in runs:
            run.interrupted = run.code is None
        console.out.print("ending the tests; they take down what they made ...")
        # As from a terminal: SIGTERM would end tox, but not what it runs.
        process.end_children(signal.SIGINT, CLEANING)
        raise


def _run_lane(lane: Sequence[Run], *, prefixed: bool) -> None:
    for run in lane:
        if run.interrupted:
            break
        _run(run, prefix=f"{run.name:>8} │ " if prefixed else "")


def _run(run: Run, *, prefix: str) -> None:
    began = time.monotonic()
    with run.log.open("w") as log:

        def on_line(line: str) -> None:
            log.write(line + "\n")
            log.flush()
            console.out.print(f"[dim]{prefix}[/]{escape(line)}", soft_wrap=True)

        on_line(f"tox run -e {run.name}")
        result = process.run(
            [sys.executable, "-m", "tox", "run", "-e", run.name, "--", f"--junitxml={run.junit}"],
            timeout=None,
            env=index.for_uv(),
            cwd=ROOT,
            check=False,
            on_line=on_line,
        )
    run.seconds = time.monotonic() - began
    run.counts = reports.counts(run.junit)
    run.code = result.returncode


def _summarise(runs: Sequence[Run]) -> None:
    table = Table("environment", "result", title_justify="left")
    for column in ("passed", "failed", "skipped", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("log", overflow="fold")
    for run in runs:
        result = "[yellow]not finished" if not run.finished else "[green]passed" if run.ok else "[red]failed"
        numbers = (run.counts.passed, run.counts.failed, run.counts.skipped, f"{run.seconds:.0f}")
        table.add_row(run.name, result, *map(str, numbers), str(run.log.relative_to(ROOT)))
    console.out.print()
    for run in runs:
        for line in reports.closing_lines(run.log):
            console.out.print(f"{run.name}:", style="dim")
            console.out.print(escape(line), soft_wrap=True)
    console.out.print(table)
    for run in runs:
        for name, cause in reports.tried_twice(run.log).items():
            why = f"{name}: {cause}" if cause else name
            console.out.print(f"[yellow]{run.name}: needed a second try:[/] {escape(why)}", soft_wrap=True)
        if run.finished and not run.ok:
            _print_end_of(run)


def _print_end_of(run: Run) -> None:
    """The failing tests' names, or the last lines where the run did not come that far."""
    lines = run.log.read_text(errors="replace").splitlines()
    named = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    console.err.print(f"[bold red]{run.name} failed:[/]")
    console.err.print(escape("\n".join(named or lines[-15:])), soft_wrap=True)
