"""Samples of a stack, with gaps where it did not answer."""

import threading
import time
from dataclasses import replace

import pytest

from dev.errors import StackError
from dev.load.samples import Event, Reading, Sampler, Samples, Source


class Flaky:
    """A source that answers in turn what it is given; when all is said, `over` is set."""

    def __init__(self, *answers: Reading | Exception) -> None:
        self.answers, self.over = list(answers), threading.Event()

    def __call__(self) -> Reading:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if len(self.answers) == 1:
            self.over.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


def sampled(flaky: Flaky) -> Samples:
    began = time.monotonic()
    with Sampler([Source("metrics", flaky, every=0.001)], began) as sampler:
        assert flaky.over.wait(30)
        time.sleep(0.02)
    return sampler.samples


def test_a_source_that_is_away_for_a_while_leaves_a_break_and_a_gap_with_its_reason() -> None:
    there = Reading({"queue.waiting": 1.0})
    samples = sampled(Flaky(there, StackError("gone away"), StackError("gone away"), there, there))

    values = [value for _, value in samples.series["queue.waiting"]]

    assert values[:2] == [1.0, None]
    assert values[2] == 1.0
    (gap,) = samples.gaps
    assert (gap.source, gap.why) == ("metrics", "gone away")
    assert gap.end >= gap.start


def test_a_pod_that_is_gone_ends_its_line() -> None:
    samples = sampled(Flaky(Reading({"cpu/a": 1.0, "cpu/b": 2.0}), Reading({"cpu/a": 1.0})))

    assert samples.series["cpu/b"][-1][1] is None
    assert samples.values("cpu/b") == [2.0]
    assert list(samples.family("cpu")) == ["a", "b"]


def test_events_are_told_once_and_only_those_of_the_run() -> None:
    old = Event(time.time() - 3600, "HorizontalPodAutoscaler", "witw", "SuccessfulRescale", "before")
    new = Event(time.time() + 1, "HorizontalPodAutoscaler", "witw", "SuccessfulRescale", "New size: 4")
    again = replace(new, at=new.at + 60)
    samples = sampled(Flaky(*(Reading(events=events) for events in [(old, new), (old, new), (old, again)])))

    assert [event.message for event in samples.events] == ["New size: 4", "New size: 4"]
    assert samples.events[1].at - samples.events[0].at == pytest.approx(60, abs=0.2)


def test_a_jump_of_the_wall_clock_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = time.time()
    monkeypatch.setattr(time, "time", lambda: wall - 86_400)
    samples = sampled(Flaky(*[Reading({"replicas.ready": 2.0})] * 3))

    assert all(0 <= at < 60 for at, _ in samples.series["replicas.ready"])


@pytest.mark.parametrize(("jump", "way"), [(-7200.0, "back"), (7200.0, "forward")])
def test_events_after_a_jump_of_the_wall_clock_have_their_place(
    monkeypatch: pytest.MonkeyPatch, jump: float, way: str
) -> None:
    real, ahead, notes = time.time, 0.0, list[str]()
    monkeypatch.setattr(time, "time", lambda: real() + ahead)
    rescaled = ("HorizontalPodAutoscaler", "witw", "SuccessfulRescale")
    old = Event(real() - 3600, *rescaled, "before the run")
    early = Event(real() + 1, *rescaled, "before the jump")
    readings = [(old, early), (old, early), (old, early, Event(real() + jump + 5, *rescaled, "after"))]
    asked, over = 0, threading.Event()

    def read() -> Reading:
        nonlocal asked, ahead
        asked += 1
        if asked == 3:
            ahead = jump
        if asked > 3:
            over.set()
        return Reading(events=readings[min(asked, 3) - 1])

    with Sampler([Source("events", read, every=0.001)], time.monotonic(), notes.append) as sampler:
        assert over.wait(30)

    assert [event.message for event in sampler.samples.events] == ["before the jump", "after"]
    assert sampler.samples.events[1].at - sampler.samples.events[0].at == pytest.approx(4, abs=0.5)
    assert len(notes) == 1
    assert f"set {way} by 7200 s" in notes[0]


def test_samples_survive_being_kept() -> None:
    samples = sampled(Flaky(Reading({"replicas.ready": 2.0}), StackError("away")))

    assert Samples.from_json(samples.to_json()).to_json() == samples.to_json()
