"""`./witw bench resume`: stacks that are parked and woken, and what is kept whatever ends the run."""

import json

import pytest

from dev import cli, park, reports, settings
from dev.bench import resume, trials
from dev.console import Stage
from dev.errors import StackError


class Engine:
    """A stack that sleeps and wakes as told."""

    def __init__(self, monkeypatch, fails=False):
        self.done, self.fails = [], fails
        monkeypatch.setattr(park, "park", lambda _, deep: self.done.append("stop" if deep else "freeze"))
        monkeypatch.setattr(park, "resume", self.resume)
        monkeypatch.setattr(park, "ask", lambda _: "")
        monkeypatch.setattr(resume, "CALM", 0)
        monkeypatch.setattr(resume.time, "sleep", self.sleep)

    def resume(self, _):
        self.done.append("wake")
        return 0.25

    def sleep(self, seconds):
        self.done.append(f"sleep {seconds:g}")
        if self.fails:
            raise KeyboardInterrupt


STACK = park.Stack("compose", "own", settings.Settings(), 8080)


def test_every_trial_parks_sleeps_and_wakes(monkeypatch):
    engine, found, kept = Engine(monkeypatch), resume.of(STACK), []
    keep = lambda: kept.append(len(found.seconds[resume.STAGE]["stopped"]))  # noqa: E731
    resume.measure(STACK, resume.STOPPED, 2, 5, found, Stage("stopped"), keep)
    assert engine.done == ["stop", "sleep 5", "wake"] * 2
    assert kept == [1, 2]
    assert found.seconds == {resume.STAGE: {"stopped": [0.25, 0.25]}}


def test_a_bench_that_is_interrupted_leaves_nothing_asleep(monkeypatch):
    engine = Engine(monkeypatch, fails=True)
    with pytest.raises(KeyboardInterrupt):
        resume.measure(STACK, resume.FROZEN, 2, 5, resume.of(STACK), Stage("frozen"), list)
    assert engine.done[-1] == "wake"


def test_a_stack_that_does_not_answer_is_not_parked(monkeypatch):
    engine = Engine(monkeypatch)
    monkeypatch.setattr(park, "ask", lambda _: "503")
    monkeypatch.setattr(resume, "CALM", 1)
    monkeypatch.setattr(park, "ANSWER_TIMEOUT", -1)
    with pytest.raises(StackError, match="does not answer: 503"):
        resume.measure(STACK, resume.FROZEN, 1, 5, resume.of(STACK), Stage("frozen"), list)
    assert "freeze" not in engine.done


def test_a_way_that_is_misspelt_is_named_before_anything_is_done(capsys):
    assert cli.main(["bench", "resume", "--ways", "frozzen"]) == 1
    assert "did you mean frozen?" in capsys.readouterr().err
    assert cli.main(["bench", "scale", "--ways", "stock HPV"]) == 1
    assert "did you mean stock HPA?" in capsys.readouterr().err


def test_figures_are_kept_and_drawn_whatever_ends_the_run(monkeypatch, tmp_path, capsys):
    Engine(monkeypatch)
    drawn = []
    monkeypatch.setattr(park, "choose", lambda *_, **__: [STACK])
    monkeypatch.setattr(reports, "new_folder", lambda _: tmp_path)
    monkeypatch.setattr(trials, "draw", lambda folder, _: drawn.append(folder) or folder / "trials.png")
    assert cli.main(["bench", "resume", "--trials", "3", "--ways", "frozen"]) == 0
    kept = json.loads((tmp_path / "figures.json").read_text())
    assert kept["seconds"] == {resume.STAGE: {"frozen": [0.25] * 3}}
    assert drawn == [tmp_path]
    assert str(tmp_path / "trials.png") in capsys.readouterr().out.replace("\n", "")
