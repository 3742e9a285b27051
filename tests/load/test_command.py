"""`./witw load` as anybody types it, against the cluster: a report that can be kept."""

import json
import re
from pathlib import Path

import pytest

from dev import cli
from tests.e2e.stack import Stack

SPIKE = ("--profile", "spike", "--size", "small", "--time", "20")
"""Shorter than by itself; the scaling of pods has tests of its own."""


@pytest.mark.short
def test_a_spike_leaves_a_report_in_all_its_forms(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    # 1: an objective was missed, as its latency may be on a busy machine; what was asked must be answered.
    assert cli.main(["load", *SPIKE, "--target", stack.to.ours.name]) in {0, 1}
    said = re.search(r"The report +(\S+)", capsys.readouterr().out)
    assert said, "its last line says where"
    folder = Path(said[1]).parent
    made = json.loads((folder / "report.json").read_text())
    assert made["measures"]["requests.total"] >= 100
    assert made["measures"]["failures.total"] == 0, made["failures"]
    assert "<img" in (folder / "report.html").read_text(), "with its pictures"
    for pattern in "*.html", "*.png", "*.json", "*.csv":
        files = list(folder.glob(pattern))
        assert files, pattern
        assert all(one.stat().st_size for one in files)
