"""The figures, as tables for people and as a file for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from dev.bench import load
from dev.bench.memory import MEBIBYTE
from dev.state import write

WORKER_MEBIBYTES, STACK_MEBIBYTES, IMAGE_MEGABYTES = 90, 1024, 250
BOOKING_MS, BOOKING_QUERIES, MOVE_MS = 20, 15, 500


@dataclass
class Figures:
    """Everything that one run has measured; what it left out is empty."""

    idle: dict[str, int] = field(default_factory=dict)
    loads: dict[str, load.Load] = field(default_factory=dict)
    paths: dict[str, dict[str, int]] = field(default_factory=dict)
    workers: dict[str, list[int]] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    bookings: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By the number of trips in the table."""
    moves: dict[str, Any] = field(default_factory=dict)
    up: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep them as JSON."""
        loads = {
            name: asdict(one) | {"per_second": round(one.per_second, 1)} for name, one in self.loads.items()
        }
        write(path, json.dumps(asdict(self) | {"loads": loads}, indent=1) + "\n")

    def tables(self) -> list[Table]:
        """What was measured, for people."""
        made = [
            (self.loads, self._loads),
            (self.bookings or self.moves, self._changes),
            (self.idle or self.workers, self._memory),
            (self.images, self._images),
            (self.up, self._up),
        ]
        return [table() for there, table in made if there]

    def _loads(self) -> Table:
        table = _table(f"Requests through the gateway, {load.CONNECTIONS} connections", "what")
        for title in ("requests/s", "to reach", "p50 ms", "p95 ms", "p99 ms", "queries", "kB", ""):
            table.add_column(title, justify="right")
        for target in load.TARGETS:
            if (one := self.loads.get(target.name)) is None:
                continue
            costs = [self.paths[path] for path in target.paths if path in self.paths]
            queries = max((cost["queries"] for cost in costs), default=0)
            size = one.bytes / one.requests / 1000
            reached = one.per_second >= target.per_second and queries <= load.MOST_QUERIES
            table.add_row(
                target.name,
                f"{one.per_second:,.0f}",
                f"{target.per_second:,}" if target.per_second else "",
                *(f"{time:.1f}" for time in (one.p50_ms, one.p95_ms, one.p99_ms)),
                str(queries) if costs else "",
                f"{size:.1f}",
                _mark(reached) if target.per_second else "",
            )
        return table

    def _changes(self) -> Table:
        table = _table(
            "In the database, milliseconds", "what", "times", "p50", "p95", "most", "p50 with the app's own"
        )
        for title in ("queries", "most matches", ""):
            table.add_column(title, justify="right")
        rows = [
            (f"book a trip, {trips:,} in the table", cost, BOOKING_MS)
            for trips, cost in self.bookings.items()
        ]
        if self.moves:
            rows.append(("move home, 20,000 trips in the team", self.moves, MOVE_MS))
        for name, cost, limit in rows:
            reached = cost["p50_ms"] <= limit and cost["queries"] <= BOOKING_QUERIES
            numbers = (cost[key] for key in ("p50_ms", "p95_ms", "most_ms", "all_p50_ms"))
            table.add_row(
                name,
                str(cost["times"]),
                *(f"{number:.1f}" for number in numbers),
                str(cost["queries"]),
                str(cost["most_matches"]),
                _mark(reached),
            )
        return table

    def _memory(self) -> Table:
        table = _table("Memory", "what")
        table.add_column("MiB", justify="right")
        table.add_column("", justify="right")
        for name, used in sorted(self.idle.items()):
            table.add_row(f"{name}, idle", _mebibytes(used))
        if self.idle:
            total = sum(self.idle.values())
            table.add_row(
                "all containers, idle", _mebibytes(total), _mark(total <= STACK_MEBIBYTES * MEBIBYTE)
            )
        for name, sizes in sorted(self.workers.items()):
            for size in sizes:
                table.add_row(
                    f"a worker of {name} after the load (PSS)",
                    _mebibytes(size),
                    _mark(size <= WORKER_MEBIBYTES * MEBIBYTE),
                )
        return table

    def _images(self) -> Table:
        table = _table("Images, all layers unpacked", "image")
        table.add_column("MB", justify="right")
        table.add_column("", justify="right")
        for name, size in sorted(self.images.items()):
            is_app = name.split(":")[0].endswith("/app")
            table.add_row(name, f"{size / 1e6:,.0f}", _mark(size <= IMAGE_MEGABYTES * 1e6) if is_app else "")
        return table

    def _up(self) -> Table:
        table = _table("The last `up` that changed something", "stage")
        table.add_column("seconds", justify="right")
        for stage in self.up["stages"]:
            table.add_row(stage["stage"], f"{stage['seconds']:.1f}")
        table.add_section()
        table.add_row("all", f"{self.up['seconds']:.1f}")
        return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    return table


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:,.0f}"


def _mark(reached: bool) -> str:
    return "[green]reached[/]" if reached else "[red]missed[/]"
