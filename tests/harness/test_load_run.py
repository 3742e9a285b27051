"""A load run from its people to its end, with a script in locust's place."""

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dev import console
from dev.errors import StackError, WitwError
from dev.load import environment, facts, in_cluster, run, shapes
from dev.load.run import Run
from dev.load.samples import Reading, Source
from dev.load.targets import LoadTarget
from dev.settings import Settings
from tests.harness.load_runs import a_line

TARGET = LoadTarget("staging", "http://staging.example.com", "foreign")

SHAPE = shapes.make("spike", "small")

Locust = Callable[..., Path]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause, no installation and no look at this machine."""
    monkeypatch.setattr(run, "CALM_SECONDS", 0.0)
    monkeypatch.setattr(environment, "ensure", lambda _: "locust is installed")
    monkeypatch.setattr(facts, "of", lambda *_: {"commit": "abc"})
    machine = Source("machine", lambda: Reading({"machine.cpu": 60.0, "replicas.ready": 2.0}))
    monkeypatch.setattr(run, "sources", lambda *_: [machine])


@pytest.fixture
def locust(own_state: Path) -> Locust:
    """A script in the place of locust's Python; it leaves its arguments and variables in a file."""

    def write(*lines: str, code: int = 0) -> Path:
        python, told = environment.python(), own_state / "told"
        python.parent.mkdir(parents=True)
        (own_state / "lines").write_text("".join(f"{line}\n" for line in lines))
        script = f'echo "$@" >{told}\nenv >>{told}\ncat {own_state / "lines"}\nexit {code}\n'
        python.write_text(f"#!/bin/sh\n{script}")
        python.chmod(0o755)
        return told

    return write


def go(people: Path, live: Callable[[Run], None] = lambda _: None, **options: Any) -> Run:
    return run.run(SHAPE, TARGET, Settings(), people_file=people, live=live, calm_after=0, **options)


def test_a_run_holds_what_locust_told_and_what_it_was_done_with(locust: Locust, tmp_path: Path) -> None:
    told = locust(a_line(1), "no record", a_line(2, failed=1))
    seen: list[int] = []

    done = go(tmp_path / "people.json", live=lambda now: seen.append(now.records.requests))

    assert (done.records.requests, done.records.failed) == (20, 1)
    assert seen == [10, 20]
    assert (done.facts, done.notes, done.interrupted) == ({"commit": "abc"}, [], False)
    assert done.began > 0
    assert done.began_at
    said = told.read_text()
    assert "--host=http://staging.example.com" in said
    assert f"LOAD_PEOPLE={tmp_path / 'people.json'}" in said
    assert f"LOAD_SHAPE={SHAPE.to_json()}" in said


def test_no_proxy_of_this_machine_comes_between_locust_and_the_stack(
    locust: Locust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com")
    told = locust(a_line(1))

    go(tmp_path / "people.json")

    assert "proxy.example.com" not in told.read_text()


def test_locust_that_ends_badly_after_its_requests_is_a_note_and_not_the_end(
    locust: Locust, tmp_path: Path
) -> None:
    locust(a_line(1), code=3)

    done = go(tmp_path / "people.json")

    assert done.records.requests == 10
    assert len(done.notes) == 1
    assert "before its time" in done.notes[0]
    assert done.notes[0].endswith("ended with 3")


def test_locust_without_a_single_request_is_an_error_with_its_last_words(
    locust: Locust, tmp_path: Path
) -> None:
    locust("ImportError: no such journey", code=1)

    with pytest.raises(StackError, match="without a single request") as caught:
        go(tmp_path / "people.json")

    assert caught.value.details == "ImportError: no such journey"
    assert "http://staging.example.com/login" in caught.value.remedy


def test_ctrl_c_ends_a_run_early_and_keeps_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Run, __: Path, hear: Callable[[str], None]) -> None:
        hear(a_line(1))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_locust", interrupted)

    done = go(tmp_path / "people.json")

    assert done.interrupted
    assert done.records.requests == 10


def test_people_are_made_for_the_run_and_taken_away_after_it(
    locust: Locust, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def manage(_: LoadTarget, code: str) -> str:
        asked.append(code.splitlines()[-1])
        return json.dumps({"tag": "t", "people": [], "removed": 1})

    monkeypatch.setattr(LoadTarget, "manage", manage)
    locust(a_line(1))

    with console.Report() as report:
        run.run(SHAPE, TARGET, Settings(), report=report, calm_after=0)

    assert [f"'make': {SHAPE.peak}" in one for one in asked] == [True, False]
    assert next(stage.detail for stage in report.stages) == f"{SHAPE.peak} of their own"


def test_people_are_taken_away_after_a_run_that_failed_too(
    locust: Locust, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def manage(_: LoadTarget, code: str) -> str:
        asked.append(code)
        return json.dumps({"tag": "t", "people": [], "removed": 1})

    monkeypatch.setattr(LoadTarget, "manage", manage)
    locust(code=1)

    with pytest.raises(StackError):
        run.run(SHAPE, TARGET, Settings(), calm_after=0)
    assert len(asked) == 2


def test_pods_of_locust_tell_by_a_clock_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pods:
        def run(self, hear: Callable[[str], None]) -> None:
            hear(a_line(1_000_000))

    @contextmanager
    def generator(*_: Any) -> Any:
        yield Pods()

    monkeypatch.setattr(in_cluster, "check", lambda _: None)
    monkeypatch.setattr(in_cluster, "generator", generator)

    done = go(tmp_path / "people.json", workers=2)

    assert not done.records.shared_clock
    assert done.records.requests == 10
    assert max(done.seconds) <= 1  # of this machine's clock, not of theirs


def test_pods_of_locust_need_a_cluster_before_anybody_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadTarget, "manage", lambda *_: pytest.fail("people were made"))

    with pytest.raises(WitwError, match="staging is in none"):
        run.run(SHAPE, TARGET, Settings(), workers=2)


def test_progress_tells_of_requests_users_failures_and_pods() -> None:
    whole = Run(SHAPE, TARGET, 0.0, "", run.Records(0.0))
    assert run.progress(whole) == "no answer yet"

    for second in (1, 2):
        whole.records.hear(a_line(second, requests=1000, failed=1, users=7), 0)
    assert "7 users, 1000 requests/s, 2 of 2,000 failed" in run.progress(whole)
    assert "ready" not in run.progress(whole)

    whole.samples.series["replicas.ready"].append((1, 3))
    whole.samples.series["replicas.desired"].append((1, 4))
    assert run.progress(whole).endswith(", 3 of 4 ready")
