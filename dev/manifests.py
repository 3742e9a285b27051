"""A chart out of manifests of others that are no chart: laid out by kustomize under an overlay of ours.

The overlay is a folder with a kustomization that names `../base/...`, and a chart's own files beside it. What
it puts between double braces is text to kustomize, and Helm's when the chart is installed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from dev import process
from dev.kinds import FOLDER as KINDS

TIMEOUT = 60.0

OF_A_CHART = ("Chart.yaml", "values.yaml", "values.schema.json")

DEFINITION = "kind: CustomResourceDefinition"


def lay_out(made: Path, source: Path, overlay: Path, kubectl: Path, fill: Callable[[str], str]) -> None:
    """Make a chart of manifests.

    Args:
        made: Its folder, which is not there yet.
        source: The manifests, with their own kustomizations.
        overlay: What is changed of them.
        kubectl: Which has a kustomize in it.
        fill: Fills placeholders in.

    Raises:
        ProcessError: The overlay does not fit the manifests.
    """
    with tempfile.TemporaryDirectory() as aside:
        # kustomize takes nothing from outside of a folder that both are in.
        shutil.copytree(source, Path(aside) / "base", copy_function=shutil.copyfile)
        shutil.copytree(overlay, Path(aside) / "overlay")
        for path in Path(aside).rglob("*"):
            if path.is_dir():
                path.chmod(0o755)  # it has the module cache's mode, which may be read-only
        text = process.run([str(kubectl), "kustomize", f"{aside}/overlay"], timeout=TIMEOUT).stdout
    documents = fill(text).split("\n---\n")
    kinds = [one for one in documents if DEFINITION in one.splitlines()]
    for folder, found in ((KINDS, kinds), ("templates", [one for one in documents if one not in kinds])):
        (made / folder).mkdir(parents=True)
        (made / folder / f"{made.name}.yaml").write_text("\n---\n".join(found).rstrip() + "\n")
    for name in OF_A_CHART:
        shutil.copyfile(overlay / name, made / name)
