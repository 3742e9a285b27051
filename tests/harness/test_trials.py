"""What `./witw bench resume` and `bench scale` make of their trials: percentiles, a table, a picture."""

import io
import json

import pytest
from rich.console import Console

from dev.bench import plots, trials
from dev.bench.trials import Trials
from dev.errors import HostError


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3.0], 95, 3.0), ([1.0, 2.0, 3.0], 50, 2.0), ([4.0, 1.0, 2.0], 75, 3.0), ([1.0, 2.0], 100, 2.0)],
)
def test_percentiles_lie_between_the_values_beside_them(values, share, expected):
    assert trials.percentile(values, share) == pytest.approx(expected)


def some():
    found = Trials("Something", {"whole": {"ours": 3.0, "theirs": 1.0}})
    for number in range(10):
        found.add("whole", "ours", 1 + number / 10)
        found.add("whole", "theirs", 2 + number)
    return found


def test_the_table_tells_the_percentiles_and_what_was_missed(tmp_path):
    shown = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="standard")
    shown.print(some().table())
    said = shown.file.getvalue()
    assert "1.45" in said
    assert "10.55" in said
    assert "\x1b[31m10.55" in said.replace("\x1b[0;31m", "\x1b[31m")
    kept = json.loads(some().write(tmp_path).read_text())
    assert kept["percentiles"]["whole"]["ours"] == {"p50": 1.45, "p95": 1.855}
    assert len(kept["seconds"]["whole"]["theirs"]) == 10


def said_of(found):
    shown = Console(file=io.StringIO(), width=140)
    shown.print(found.table())
    return " ".join(shown.file.getvalue().split())


def test_a_trial_that_came_to_no_end_counts_with_the_time_that_it_had(tmp_path):
    found = some()
    found.miss("ours", "no extra pod", "whole", 150.0)
    assert "came to no end, counted with their time-out │ ours │ 1 │" in said_of(found)
    assert "never began" not in said_of(found)
    kept = json.loads(found.write(tmp_path).read_text())
    assert kept["missed"] == {"ours": ["no extra pod"]}
    assert kept["seconds"]["whole"]["ours"][-1] == 150.0
    assert kept["percentiles"]["whole"]["ours"]["p95"] > 3


def test_trials_that_never_began_are_told_beside_the_percentiles_of_the_others(tmp_path):
    found = some()
    found.miss("theirs", "no calm")
    found.discard("ours")
    assert "never began, the percentiles are of the others │ theirs │ 1 │" in said_of(found)
    assert "begun anew, as the autoscaler had decided before │ ours │ 1 │" in said_of(found)
    kept = json.loads(found.write(tmp_path).read_text())
    assert (kept["uncounted"], kept["discarded"]) == ({"theirs": 1}, {"ours": 1})
    assert len(kept["seconds"]["whole"]["theirs"]) == 10


def test_a_disk_that_is_full_is_named_with_the_folder(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trials.state, "write", full)
    with pytest.raises(HostError, match="No space left on device") as caught:
        some().write(tmp_path)
    assert str(tmp_path) in caught.value.remedy


def test_the_picture_holds_every_trial(tmp_path):
    some().write(tmp_path)
    file = plots.draw(json.loads((tmp_path / "figures.json").read_text()), tmp_path)
    assert file.stat().st_size > 10_000
