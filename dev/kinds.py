"""The kinds (CustomResourceDefinitions) that charts of others bring.

Helm installs them with a chart but never changes them afterwards, and whatever is of such a kind has to
wait for that chart. So they are brought first here, and again when the chart has others.
"""

from __future__ import annotations

import json
from pathlib import Path

from dev import state
from dev.target import Target

FOLDER = "crds"
"""Helm's own name for the folder with them."""

TIMEOUT = 120.0
"""Seconds; three are usual."""


def files(chart: Path) -> list[Path]:
    """The files that define kinds, in a chart and the charts within it."""
    return sorted(path for path in chart.rglob("*.yaml") if _is_in_folder(path, chart))


def ensure(to: Target, name: str, chart: Path) -> list[str]:
    """Bring the kinds of a chart to a cluster of ours, unless it has just these. Returns what was brought."""
    todo = files(chart)
    content = state.digest(*(path.read_bytes() for path in todo))
    stamp = to.ours.folder / "kinds.json"
    known = json.loads(stamp.read_text()) if stamp.exists() else {}
    if known.get(name) == content or not todo:
        return []
    # Larger than what a client-side apply can note on the object.
    options = ["--server-side", "--force-conflicts", *(f"--filename={path}" for path in todo)]
    to.run_kubectl("apply", *options, timeout=TIMEOUT)
    # The API server takes a moment until it serves a new kind.
    to.run_kubectl(
        "wait",
        "--for=condition=Established",
        f"--timeout={TIMEOUT:.0f}s",
        *(f"--filename={path}" for path in todo),
        timeout=TIMEOUT,
    )
    state.write(stamp, json.dumps({**known, name: content}) + "\n")
    return [f"the kinds of {name}"]


def _is_in_folder(path: Path, chart: Path) -> bool:
    """Whether Helm takes it for a kind: in `crds/` of the chart, or of one in its `charts/`."""
    parts = path.relative_to(chart).parts
    while parts[:1] == ("charts",):
        parts = parts[2:]
    return parts[:1] == (FOLDER,)
