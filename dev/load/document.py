"""A run as plain data: what report.json holds, and what plots, the page and comparisons are made from."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dev.errors import WitwError
from dev.load import measures
from dev.load.objectives import Verdict
from dev.load.records import PERCENTILES, Second, merged, percentile
from dev.load.run import Run

SCHEMA = 1

Document = dict[str, Any]

COLUMNS = (
    "t",
    "users",
    "requests",
    "failed",
    *(f"p{percent:g}_ms" for percent in PERCENTILES),
    "cpu",
    "late_ms",
)
"""Of requests.csv: seconds since the beginning; users or arrivals per second; counts in this second;
milliseconds; percent of a core and delay of the generator."""

POINTS = 100
"""About so many windows per run for percentiles: of one second alone, with few requests, they say little."""


def of(run: Run, verdicts: Iterable[Verdict]) -> Document:
    """Everything that is known of a run."""
    seconds = run.seconds
    return {
        "schema": SCHEMA,
        "profile": run.shape.profile,
        "size": run.size,
        "kind": run.shape.kind,
        "peak": run.shape.peak,
        "planned_seconds": run.shape.seconds,
        "target": {"name": run.target.name, "url": run.target.url, "kind": run.target.kind},
        "began_at": run.began_at,
        "interrupted": run.interrupted,
        "facts": run.facts,
        "notes": run.notes,
        "measures": measures.of(run),
        "objectives": [
            {
                "name": one.objective.name,
                "measure": one.objective.measure,
                "bound": one.objective.bound,
                "value": one.value,
                "passed": one.passed,
            }
            for one in verdicts
        ],
        "seconds": [_row(at, second) for at, second in seconds.items()],
        "windows": _windows(seconds),
        "requests": _requests(seconds.values()),
        "failures": _failures(seconds),
        "samples": run.samples.to_json(),
    }


def read(folder: Path) -> Document:
    """The data of a report that was kept.

    Raises:
        WitwError: There is none, or it is of another version.
    """
    file = folder if folder.suffix == ".json" else folder / "report.json"
    try:
        loaded = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise WitwError(
            f"{file} is no report of a load run: {error}",
            remedy="name a folder .witw/reports/load-TIME that `./witw load` has left",
        ) from error
    if not isinstance(loaded, dict) or loaded.get("schema") != SCHEMA:
        raise WitwError(f"{file} is a report of another version", remedy="run the load again")
    return loaded


def requests_csv(document: Document) -> str:
    """A line for every second."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(document["seconds"])
    return text.getvalue()


def samples_csv(document: Document) -> str:
    """A line for every sample; an empty value is a gap."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("series", "t", "value"))
    for name, points in sorted(document["samples"]["series"].items()):
        writer.writerows((name, at, "" if value is None else value) for at, value in points)
    return text.getvalue()


def _row(at: int, second: Second) -> dict[str, Any]:
    times = merged([second])
    return {
        "t": at,
        "users": sum(second.users.values()) if second.users else None,
        "requests": second.requests,
        "failed": second.failed,
        **{f"p{percent:g}_ms": percentile(times, percent) for percent in PERCENTILES},
        "cpu": max(second.cpu.values(), default=None),
        "late_ms": max(second.late_ms.values(), default=None),
    }


def _windows(seconds: dict[int, Second]) -> list[dict[str, Any]]:
    if not seconds:
        return []
    width = max(2, math.ceil((max(seconds) + 1) / POINTS))
    together: dict[int, list[Second]] = {}
    for at, second in seconds.items():
        together.setdefault(at // width, []).append(second)
    made = []
    for place, some in sorted(together.items()):
        times = merged(some)
        found = {f"p{percent:g}_ms": percentile(times, percent) for percent in PERCENTILES}
        made.append({"t": (place + 0.5) * width, "width": width, **found})
    return made


def _requests(seconds: Iterable[Second]) -> list[dict[str, Any]]:
    """By name, the slowest first."""
    some = list(seconds)
    made = []
    for name in sorted({name for one in some for name in one.times}):
        times = merged(some, name)
        failed = sum(n for one in some for (about, _), n in one.failures.items() if about == name)
        found = {f"p{percent:g}_ms": percentile(times, percent) for percent in PERCENTILES}
        made.append({"name": name, "requests": times.total(), "failed": failed, **found})
    return sorted(made, key=lambda row: -(row["p95_ms"] or 0))


def _failures(seconds: dict[int, Second]) -> list[dict[str, Any]]:
    """By name and kind, with the seconds in which they came."""
    found: dict[tuple[str, str], list[list[int]]] = {}
    for at, second in seconds.items():
        for key, number in second.failures.items():
            found.setdefault(key, []).append([at, number])
    return [
        {"name": name, "kind": kind, "total": sum(n for _, n in points), "points": points}
        for (name, kind), points in sorted(found.items())
    ]
