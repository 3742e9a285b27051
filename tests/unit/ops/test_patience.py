"""Workers that were frozen together with their arbiter are not killed for their silence."""

import pytest

from ops import patience


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(patience, "time", made)
    return made


def test_the_arbiter_looks_every_second_as_long_as_it_runs(clock: Clock) -> None:
    looks: list[float] = []
    look = patience.after_a_freeze(lambda: looks.append(clock.now), 60)
    for _ in range(100):
        clock.now += 1
        look()
    assert len(looks) == 100


def test_after_a_freeze_workers_have_some_seconds_to_say_that_they_live(clock: Clock) -> None:
    looks: list[float] = []
    look = patience.after_a_freeze(lambda: looks.append(clock.now), 60)
    clock.now += 3600
    back = clock.now
    for _ in range(10):
        look()
        clock.now += 1
    assert min(looks) == back + patience.GRACE
    assert len(looks) == 5
