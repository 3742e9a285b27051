"""Writes chart/README.md from its template, the comments in chart/values.yaml and the examples in chart/ci.

`python -m dev.tools.chart_readme` writes it; tests/chart compare it.
"""

from __future__ import annotations

from pathlib import Path

from dev import process, settings
from dev.settings import ROOT
from dev.tools import golang

PACKAGE = "github.com/norwoodj/helm-docs/cmd/helm-docs"
CHART = ROOT / "chart"


def render(cache: Path) -> str:
    """The README as it should be.

    Raises:
        HostError: helm-docs could not be built.
    """
    program = golang.build("helm-docs", PACKAGE, cache)
    # In the order of values.yaml, which is by subject, not by alphabet.
    command = [str(program), "--dry-run", "--sort-values-order", "file", "--log-level", "warning"]
    return process.run([*command, "--chart-search-root", str(CHART)], cwd=CHART).stdout


if __name__ == "__main__":
    (CHART / "README.md").write_text(render(settings.load().cache_dir))
