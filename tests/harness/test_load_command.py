"""`./witw load` with what cannot be: an error that says how to mend it, before anything is touched."""

import json
from pathlib import Path

import pytest

from dev import cli, reports
from dev.load import document, targets
from dev.load.targets import LoadTarget
from tests.harness.load_runs import TARGET, a_run


@pytest.fixture(autouse=True)
def stacks(monkeypatch: pytest.MonkeyPatch, own_state: Path) -> None:
    """One cluster runs."""
    monkeypatch.setattr(reports, "FOLDER", own_state)
    monkeypatch.setattr(targets, "all_of_ours", lambda _: [TARGET])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--profile", "spkie"], "did you mean spike?"),
        (["--size", "smal"], "did you mean small?"),
        (["--users", "5", "--rate", "5"], "--users and --rate are two ways"),
        (["--target", "http://example.com"], "is not a stack of this checkout"),
        (
            ["--target", "http://example.com", "--i-own-this-target", "example.com"],
            "no people can be made in http://example.com",
        ),
        (["--people", "nowhere.json"], "there is no file nowhere.json"),
        (["--objectives", "nowhere.yaml"], "cannot be read"),
    ],
)
def test_bad_input_is_met_with_the_way_out(
    words: list[str], said: str, capfd: pytest.CaptureFixture[str], own_state: Path
) -> None:
    assert cli.main(["load", *words]) == 1

    errors = capfd.readouterr().err
    assert said in errors
    assert "to mend it:" in errors
    assert not (own_state / "reports").exists()


@pytest.mark.parametrize(
    "words",
    [["--users", "1000000"], ["--rate", "1000000"], ["--time", "1000000"], ["--workers", "100"]],
)
def test_a_run_is_bounded(words: list[str]) -> None:
    assert cli.main(["load", *words]) == 2


def test_workers_need_a_cluster(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    there = LoadTarget("compose witw", "http://localhost:8080", "compose")
    monkeypatch.setattr(targets, "all_of_ours", lambda _: [there])

    assert cli.main(["load", "--target", "compose", "--workers", "2"]) == 1
    assert "./witw up --kind" in capfd.readouterr().err


def test_two_reports_are_compared(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, ms in (("a", 20), ("b", 40)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(json.dumps(document.of(a_run(ms=ms), [])))

    assert cli.main(["load", "compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0

    line = next(one for one in capfd.readouterr().out.splitlines() if "latency.p95_ms" in one)
    assert "2.00" in line
