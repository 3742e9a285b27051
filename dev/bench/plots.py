"""The picture of a bench of many trials: `python -m dev.bench.plots FOLDER` draws it from its figures.json.

It runs in the load environment, which has matplotlib; nothing else of the harness is needed there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dev.load.plots import BLUE, GREEN, ORANGE, PURPLE, STYLE, VERMILION

COLOURS, MARKERS = (BLUE, ORANGE, GREEN, PURPLE), ("o", "s", "^", "D")

NAME = "trials.png"


def draw(figures: dict[str, Any], folder: Path) -> Path:
    """Draw every trial as a point, a row for each stage and way, with p50, p95 and what is to be reached."""
    mpl.rcParams.update(STYLE)
    rows = [(stage, way) for stage, ways in figures["seconds"].items() for way in ways]
    ways = list(dict.fromkeys(way for _, way in rows))
    whole = Figure(figsize=(9, 0.5 * len(rows) + 1.5))
    axis = whole.subplots()
    for place, (stage, way) in enumerate(rows):
        number = ways.index(way)
        _row(axis, figures, place, (stage, way), (COLOURS[number % 4], MARKERS[number % 4]))
    axis.set_yticks(range(len(rows)), [f"{stage}\n{way}" for stage, way in rows])
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    axis.set(xlabel="time [s]", title=figures["title"])
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axis.legend(unique.values(), unique.keys(), loc="upper left", bbox_to_anchor=(1.0, 1.0))
    whole.savefig(folder / NAME)
    return folder / NAME


def _row(
    axis: Axes, figures: dict[str, Any], place: int, row: tuple[str, str], look: tuple[str, str]
) -> None:
    stage, way = row
    colour, marker = look
    found = figures["seconds"][stage][way]
    shares = figures["percentiles"][stage][way]
    # Points that lie upon each other are seen as several.
    heights = [place + 0.12 * ((number % 3) - 1) for number in range(len(found))]
    axis.scatter(found, heights, color=colour, marker=marker, s=18, alpha=0.6, label="one trial", linewidth=0)
    for share, style in (("p50", "-"), ("p95", ":")):
        axis.vlines(
            shares[share], place - 0.32, place + 0.32, color="black", linestyle=style, linewidth=1.4,
            label=share,
        )  # fmt: skip
    limit = figures["to_reach"].get(stage, {}).get(way)
    if limit is not None:
        axis.vlines(
            limit, place - 0.4, place + 0.4, color=VERMILION, linestyle="--", linewidth=1.6,
            label="to reach (p95)",
        )  # fmt: skip


def main(folder: Path) -> None:
    """Draw the picture and say where it is."""
    sys.stdout.write(f"{draw(json.loads((folder / 'figures.json').read_text()), folder)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
