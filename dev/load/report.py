"""The folder that a load run leaves: report.html, the plots, report.json, requests.csv and samples.csv."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from dev import process, reports, state
from dev.errors import HostError, ProcessError
from dev.load import document, environment, measures, page
from dev.load.document import Document
from dev.load.objectives import Verdict
from dev.load.run import Run
from dev.settings import ROOT

ROOM = 64 * 2**20
"""Bytes that have to be free before a run begins; the report of four hours takes half of it."""

PLOT_TIMEOUT = 180.0


def new_folder() -> Path:
    """A folder for the report, and room for it on its disk.

    Raises:
        HostError: There is no room, or it cannot be written to.
    """
    try:
        folder = reports.new_folder("load")
        (folder / ".room").write_bytes(b"x")
        (folder / ".room").unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise HostError(
            f"the report cannot be written: {error}",
            remedy=f"free some space or mend the permissions of {state.FOLDER / 'reports'}",
        ) from error
    if free < ROOM:
        folder.rmdir()
        raise HostError(
            f"{state.FOLDER} has {free / 2**20:.0f} MiB left, and a report may take {ROOM / 2**20:.0f}",
            remedy="free some space: `docker system df` shows what images take, "
            f"{state.FOLDER / 'reports'} holds older reports",
        )
    return folder


def write(run: Run, verdicts: Iterable[Verdict], folder: Path) -> Document:
    """Write the report of a run; returns its data.

    The plots come last: without them the report is whole but for the pictures, and says so.

    Raises:
        HostError: The disk is full.
    """
    made = document.of(run, verdicts)
    try:
        state.write(folder / "report.json", json.dumps(made, indent=1) + "\n")
        state.write(folder / "requests.csv", document.requests_csv(made))
        state.write(folder / "samples.csv", document.samples_csv(made))
        try:
            pictures = draw(folder)
        except ProcessError as error:
            pictures = []
            made["notes"].append(f"The plots could not be drawn: {error.tail(1)}")
        state.write(folder / "report.html", page.make(made, pictures))
    except OSError as error:
        raise HostError(
            f"the report could not be written: {error}",
            remedy=f"free some space; what could be written is in {folder}",
        ) from error
    return made


def draw(folder: Path) -> list[Path]:
    """Draw the plots of a report that was written; returns their files, the overview first."""
    environment.ensure(lambda _: None)
    command = [str(environment.python()), "-m", "dev.load.plots", str(folder)]
    env = {
        "MPLCONFIGDIR": str(environment.folder() / "matplotlib"),
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
    }
    said = process.run(command, timeout=PLOT_TIMEOUT, env=env, cwd=ROOT).stdout
    return [folder / name for name in said.split()]


def table(made: Document) -> Table:
    """The objectives of a run, for the terminal."""
    found = Table("objective", "bound")
    found.add_column("measured", justify="right")
    found.add_column("")
    for one in made["objectives"]:
        value = (
            "not measured" if one["value"] is None else f"{one['value']:,.4g} {measures.unit(one['measure'])}"
        )
        verdict = "[green]reached[/]" if one["passed"] else "[red]missed[/]"
        found.add_row(one["name"], one["bound"], value.strip(), verdict)
    return found


def summary(made: Document) -> Table:
    """What a run comes down to, for the terminal."""
    found = Table("request")
    for heading in ("number", "failed", "p50 ms", "p95 ms", "p99 ms"):
        found.add_column(heading, justify="right")
    for row in made["requests"]:
        times = (row[name] for name in ("p50_ms", "p95_ms", "p99_ms"))
        found.add_row(
            row["name"],
            f"{row['requests']:,}",
            str(row["failed"]),
            *(
                "" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
                for value in times
            ),
        )
    return found
