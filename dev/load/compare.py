"""Two reports beside one another: the ratio of each measure, and what was different around them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table

from dev.load import measures
from dev.load.document import Document


@dataclass(frozen=True)
class Row:
    """One measure of two runs.

    Args:
        ratio: The second divided by the first; None where one is missing or the first is nothing.
    """

    measure: str
    first: float | None
    second: float | None
    ratio: float | None


def rows(first: Document, second: Document) -> list[Row]:
    """Every measure that either of the two has."""
    a, b = first["measures"], second["measures"]
    return [_row(name, a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b])]


def differences(first: Document, second: Document) -> list[tuple[str, str, str]]:
    """What was not the same: profile, target, versions, limits, images."""

    def facts(one: Document) -> dict[str, object]:
        names = ("profile", "size", "kind", "peak", "planned_seconds", "interrupted")
        return {**{name: one[name] for name in names}, **one["facts"]}

    a, b = facts(first), facts(second)
    both = dict.fromkeys([*a, *b])
    return [(n, str(a.get(n, "")), str(b.get(n, ""))) for n in both if a.get(n) != b.get(n)]


def tables(first: Document, second: Document) -> list[Table]:
    """For the terminal."""
    ratios = Table("measure", title_justify="left")
    for heading in ("A", "B", "B / A"):
        ratios.add_column(heading, justify="right")
    for row in rows(first, second):
        values = ("" if value is None else f"{value:,.4g}" for value in (row.first, row.second))
        unit = measures.unit(row.measure)
        name = f"{row.measure} [dim]{unit}[/]" if unit else row.measure
        ratios.add_row(name, *values, "" if row.ratio is None else f"{row.ratio:.2f}")
    other = Table("what was different", "A", "B")
    for name, a, b in differences(first, second):
        other.add_row(name, a, b)
    return [ratios, other] if other.row_count else [ratios]


def _row(name: str, first: float | None, second: float | None) -> Row:
    if first is None or second is None:
        return Row(name, first, second, None)
    if first == second:
        return Row(name, first, second, 1.0)
    return Row(name, first, second, second / first if first else None)
