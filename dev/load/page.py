"""report.html: the whole report as one file, its pictures within."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dev.load import measures

Document = dict[str, Any]

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 62rem; margin: 2rem auto;
padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; margin: .5rem 0 } th, td { padding: .2rem .8rem .2rem 0; text-align: left;
vertical-align: top; border-bottom: 1px solid #ddd } td.n, th.n { text-align: right;
font-variant-numeric: tabular-nums }
img { max-width: 100% } .missed { font-weight: bold } .note { background: #f4f4f4; padding: .5rem .8rem }
code { overflow-wrap: anywhere } @media print { body { margin: 0 } h2, img, tr { break-inside: avoid } }
"""


def make(document: Document, pictures: Sequence[Path]) -> str:
    """The page.

    Args:
        document: What `dev.load.document.of` made.
        pictures: The plots, the overview first; none where they could not be drawn.
    """
    target = document["target"]
    title = f"Load: {document['profile']} on {target['name']}"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_summary(document))}</p>",
        *_notes(document),
        "<h2>Objectives</h2>",
        _objectives(document),
    ]
    if pictures:
        parts += ["<h2>On one time axis</h2>", _picture(pictures[0])]
    parts += ["<h2>Requests</h2>", _requests(document)]
    if document["failures"]:
        parts += ["<h2>Failures</h2>", _failures(document)]
    if document["samples"]["events"]:
        parts += ["<h2>Events</h2>", _events(document)]
    rows = [(name, _number(value), measures.unit(name)) for name, value in document["measures"].items()]
    parts += ["<h2>Measures</h2>", _table(("measure", "value", "unit"), rows, numbers=(1,))]
    facts = [(name, str(value)) for name, value in document["facts"].items()]
    parts += ["<h2>Environment</h2>", _table(("what", "is"), facts)]
    if len(pictures) > 1:
        parts += ["<h2>Each plot</h2>", *(_picture(file) for file in pictures[1:])]
    return "\n".join(parts) + "\n"


def _summary(document: Document) -> str:
    what = "users" if document["kind"] == "users" else "arrivals per second"
    found = document["measures"]
    return (
        f"Began {document['began_at']}; {document['planned_seconds']:g} s planned, "
        f"at most {document['peak']} {what}; "
        f"{found['requests.total']:,.0f} requests, {found['failures.total']:,.0f} failed."
    )


def _notes(document: Document) -> list[str]:
    notes = list(document["notes"])
    if document["interrupted"]:
        notes.insert(0, "The run was ended before its time; this is what there is of it.")
    notes += [
        f"No answer from {gap['source']} from {gap['start']:g} s to {gap['end']:g} s (grey in the plots): "
        f"{gap['why']}"
        for gap in document["samples"]["gaps"]
    ]
    if not notes:
        return []
    return ["<div class=note>", *(f"<p>{escape(note)}</p>" for note in notes), "</div>"]


def _objectives(document: Document) -> str:
    rows = []
    for one in document["objectives"]:
        value = "not measured" if one["value"] is None else _number(one["value"])
        verdict = "reached" if one["passed"] else "MISSED"
        rows.append((one["name"], one["measure"], one["bound"], value, verdict))
    return _table(("objective", "measure", "bound", "measured", ""), rows, numbers=(3,))


def _requests(document: Document) -> str:
    headings = ("request", "number", "failed", "p50 ms", "p95 ms", "p99 ms")
    rows = [
        (
            row["name"],
            f"{row['requests']:,}",
            str(row["failed"]),
            *(_time(row[p]) for p in ("p50_ms", "p95_ms", "p99_ms")),
        )
        for row in document["requests"]
    ]
    return _table(headings, rows, numbers=range(1, 6))


def _failures(document: Document) -> str:
    rows = [
        (one["name"], one["kind"], f"{one['total']:,}", f"{one['points'][0][0]} to {one['points'][-1][0]} s")
        for one in document["failures"]
    ]
    return _table(("request", "kind", "number", "from, to"), rows, numbers=(2,))


def _events(document: Document) -> str:
    rows = [
        (f"{one['at']:.0f} s", f"{one['kind']} {one['name']}", one["reason"], one["message"])
        for one in document["samples"]["events"]
    ]
    return _table(("when", "what", "reason", "message"), rows)


def _picture(file: Path) -> str:
    data = base64.b64encode(file.read_bytes()).decode()
    return f'<p><img src="data:image/png;base64,{data}" alt="plot: {escape(file.stem)}"></p>'


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> str:
    right = set(numbers)

    def cell(tag: str, place: int, text: str) -> str:
        classes = " class=n" if place in right else " class=missed" if text == "MISSED" else ""
        return f"<{tag}{classes}>{escape(text)}</{tag}>"

    lines = ["<tr>" + "".join(cell("th", place, text) for place, text in enumerate(headings)) + "</tr>"]
    lines += [
        "<tr>" + "".join(cell("td", place, text) for place, text in enumerate(row)) + "</tr>" for row in rows
    ]
    return "<table>" + "\n".join(lines) + "</table>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.2f}"


def _time(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
