"""The plots of a load report: `python -m dev.load.plots FOLDER` draws them from its report.json.

It runs in the load environment, which has matplotlib; nothing else of the harness is needed there. Colours
are Okabe and Ito's, which colour-blind people tell apart; styles differ too, for prints in grey.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

Document = dict[str, Any]
Points = Iterable[tuple[float, float | None]]

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
"""Without yellow, which is too light for lines on paper."""
STYLES = ("-", "--", "-.", ":")

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.constrained_layout.use": True,
    "savefig.dpi": 120,
}

MOST_LINES = 12
"""More pods than this are drawn thin and without names."""

TIME = "time since the beginning of the run [s]"


def draw(document: Document, folder: Path) -> list[str]:
    """Draw one picture for every panel that has data, and all of them on one time axis.

    Returns:
        The names of the files, the overview first.
    """
    mpl.rcParams.update(STYLE)
    panels = [(name, PANELS[name][0]) for name in shown(document)]
    end = _end(document)
    whole = Figure(figsize=(9, 2.3 * len(panels) + 0.6))
    axes = whole.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for place, (axis, (_, panel)) in enumerate(zip(axes, panels, strict=True)):
        panel(axis, document)
        _finish(axis, document, end, label=place == len(panels) - 1)
    whole.align_ylabels()
    whole.suptitle(_title(document), x=0.01, ha="left", fontsize=11)
    whole.savefig(folder / "overview.png")
    for name, panel in panels:
        alone = Figure(figsize=(9, 3.6))
        axis = alone.subplots()
        panel(axis, document)
        _finish(axis, document, end, label=True)
        alone.savefig(folder / f"{name}.png")
    return ["overview.png", *(f"{name}.png" for name, _ in panels)]


def shown(document: Document) -> list[str]:
    """The panels that there is anything to draw in."""
    return [name for name, (_, has_data) in PANELS.items() if has_data(document)]


def traffic(axis: Axes, document: Document) -> None:
    """Users and requests per second."""
    what = "users" if document["kind"] == "users" else "arrivals per second wished for"
    rows = document["seconds"]
    _line(axis, ((r["t"], r["users"]) for r in rows), what, BLUE, "--", step=True)
    _line(axis, ((r["t"], r["requests"]) for r in rows), "requests per second", ORANGE, "-")
    axis.set(title="Load", ylabel="users, requests/s")


def latency(axis: Axes, document: Document) -> None:
    """Percentiles of the time to answer, on a logarithmic axis."""
    rows = document["windows"]
    for key, colour, style in (("p50_ms", GREEN, "-"), ("p95_ms", ORANGE, "--"), ("p99_ms", VERMILION, ":")):
        _line(axis, ((r["t"], r[key]) for r in rows), key.removesuffix("_ms"), colour, style)
    axis.set_yscale("log")
    for formatted in (axis.yaxis.set_major_formatter, axis.yaxis.set_minor_formatter):
        formatted(FuncFormatter(_plain_or_nothing))
    axis.set(title=f"Time to answer, over {rows[0]['width']:g} s each", ylabel="time [ms]")


def failures(axis: Axes, document: Document) -> None:
    """Failures per second, one upon the other, by kind."""
    kinds: dict[str, dict[int, int]] = {}
    for one in document["failures"]:
        mine = kinds.setdefault(one["kind"], {})
        for at, number in one["points"]:
            mine[at] = mine.get(at, 0) + number
    bottom: dict[int, int] = {}
    for place, (kind, points) in enumerate(sorted(kinds.items())):
        axis.bar(
            list(points),
            list(points.values()),
            width=1,
            bottom=[bottom.get(at, 0) for at in points],
            color=COLOURS[(place + 3) % len(COLOURS)],
            hatch=("", "//", "..", "xx")[place % 4],
            label=kind,
        )
        for at, number in points.items():
            bottom[at] = bottom.get(at, 0) + number
    axis.set(title="Failed requests by kind", ylabel="failures/s")
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))


def replicas(axis: Axes, document: Document) -> None:
    """Desired, current and ready replicas; events of the autoscaler as lines."""
    series = document["samples"]["series"]
    shown = (("desired", BLUE, "--"), ("current", ORANGE, "-."), ("ready", GREEN, "-"))
    for name, colour, style in shown:
        _line(axis, series.get(f"replicas.{name}", []), name, colour, style, step=True)
    label = "autoscaler's event"
    for event in document["samples"]["events"]:
        if event["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
            axis.axvline(event["at"], color=PURPLE, linewidth=0.9, linestyle=":", label=label)
            label = "_"
    axis.set(title="Replicas of the app", ylabel="pods")
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))


def cpu(axis: Axes, document: Document) -> None:
    """Processor of each pod or container."""
    _family(axis, document, "cpu", 1)
    axis.set(title="Processor, by pod or container", ylabel="CPU [% of a core]")


def memory(axis: Axes, document: Document) -> None:
    """Memory of each pod or container."""
    _family(axis, document, "memory", 2**20)
    axis.set(title="Memory, by pod or container", ylabel="memory [MiB]")


def queue(axis: Axes, document: Document) -> None:
    """Requests that are worked on and that wait, and the threads there are for them."""
    series = document["samples"]["series"]
    shown = (
        ("queue.threads", "threads", BLACK, ":"),
        ("queue.in_flight", "in flight", BLUE, "-"),
        ("queue.waiting", "queued", VERMILION, "--"),
    )
    for name, label, colour, style in shown:
        _line(axis, series.get(name, []), label, colour, style)
    axis.set(title="Requests in the app", ylabel="requests, threads")


def gateway(axis: Axes, document: Document) -> None:
    """What the gateway does on its way to the app."""
    series = document["samples"]["series"]
    retries = series.get("gateway.retries", [])
    start = next((value for _, value in retries if value is not None), 0)
    since = [(at, None if value is None else value - start) for at, value in retries]
    _line(axis, since, "retries since the beginning", VERMILION, "-", step=True)
    _line(axis, series.get("gateway.pending", []), "pending", ORANGE, "--")
    _line(axis, series.get("gateway.active", []), "active", BLUE, "-.")
    axis.set(title="Requests at the gateway", ylabel="requests")


def machine(axis: Axes, document: Document) -> None:
    """The machine on which everything runs, the generator, and nodes under pressure."""
    series = document["samples"]["series"]
    _line(axis, series.get("machine.cpu", []), "CPU of the machine", BLUE, "-")
    _line(axis, series.get("machine.memory", []), "memory of the machine", GREEN, "--")
    rows = ((r["t"], r["cpu"]) for r in document["seconds"])
    _line(axis, rows, "generator (of one core)", ORANGE, "-.")
    for name in ("MemoryPressure", "DiskPressure", "PIDPressure"):
        points = series.get(f"nodes.{name}", [])
        if any(value for _, value in points):
            _line(
                axis,
                ((at, value and value * 100) for at, value in points),
                f"{name} (nodes x 100)",
                VERMILION,
                ":",
                step=True,
            )
    axis.set(title="The machine and the generator", ylabel="busy, used [%]")


def _has(*names: str) -> Callable[[Document], bool]:
    def look(document: Document) -> bool:
        series = document["samples"]["series"]
        return any(key == name or key.startswith(f"{name}/") for key in series for name in names)

    return look


PANELS: dict[str, tuple[Callable[[Axes, Document], None], Callable[[Document], bool]]] = {
    "traffic": (traffic, lambda document: bool(document["seconds"])),
    "latency": (latency, lambda document: bool(document["windows"])),
    "failures": (failures, lambda document: bool(document["failures"])),
    "replicas": (replicas, _has("replicas.ready")),
    "queue": (queue, _has("queue.in_flight")),
    "cpu": (cpu, _has("cpu")),
    "memory": (memory, _has("memory")),
    "gateway": (gateway, _has("gateway.retries")),
    "machine": (machine, _has("machine.cpu")),
}
"""Each with what draws it and whether there is anything to draw."""


def _family(axis: Axes, document: Document, name: str, unit: float) -> None:
    found = sorted((k, v) for k, v in document["samples"]["series"].items() if k.startswith(f"{name}/"))
    many = len(found) > MOST_LINES
    for place, (key, points) in enumerate(found):
        label = f"{len(found)} of them" if many and place == 0 else "_" if many else key.partition("/")[2]
        style = STYLES[place % len(STYLES)]
        scaled = ((at, None if value is None else value / unit) for at, value in points)
        _line(axis, scaled, label, COLOURS[place % len(COLOURS)], style, width=0.8 if many else 1.4)


def _line(
    axis: Axes, points: Points, label: str, colour: str, style: str, *, step: bool = False, width: float = 1.6
) -> None:
    """One series; where it breaks, so does the line."""
    listed = [(at, float("nan") if value is None else value) for at, value in points]
    if not listed:
        return
    xs, ys = zip(*listed, strict=True)
    axis.plot(
        xs,
        ys,
        color=colour,
        linestyle=style,
        linewidth=width,
        label=label,
        drawstyle="steps-post" if step else "default",
        # A point between two breaks would be a line without length.
        marker="." if len(listed) < 40 else None,
        markersize=4,
    )


def _plain_or_nothing(value: float, _: int) -> str:
    """Times on the logarithmic axis: 1, 2 and 5 of each decade, written out."""
    return f"{value:g}" if f"{value:e}"[0] in "125" and value == float(f"{value:.0e}") else ""


def _finish(axis: Axes, document: Document, end: float, *, label: bool) -> None:
    axis.set_xlim(0, end)
    if axis.get_yscale() == "linear":
        axis.set_ylim(0, max(axis.dataLim.ymax * 1.1, 1))
    for gap in document["samples"]["gaps"]:
        axis.axvspan(
            gap["start"], max(gap["end"], gap["start"] + 0.5), color="#000000", alpha=0.06, linewidth=0
        )
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    if label:
        axis.set_xlabel(TIME)


def _end(document: Document) -> float:
    ends = [row["t"] + 1 for row in document["seconds"]]
    ends += [points[-1][0] for points in document["samples"]["series"].values() if points]
    return max(ends, default=1)


def _title(document: Document) -> str:
    size = f" {document['size']}" if document["size"] else ""
    ended = ", ended early" if document["interrupted"] else ""
    return f"{document['profile']}{size} on {document['target']['name']}, {document['began_at']}{ended}"


def main(folder: Path) -> None:
    """Draw the plots of a report and say their names."""
    names = draw(json.loads((folder / "report.json").read_text()), folder)
    sys.stdout.write("\n".join(names) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
