"""More load brings more pods, soon; less load takes them away, later; steady load leaves them alone."""

import math
from collections.abc import Callable

import pytest

from dev.load import measures
from dev.load.shapes import Shape
from tests.load.conftest import WINDOW, Load
from tests.load.scaled import SPIKE, Scaled, at_least_again, stages, step_down

DECIDED, ONE_READY, TWO_READY = 12.0, 30.0, 45.0
"""Seconds from a load step to the decision and to so many more pods, on a machine that is busy with more.

On an idle one 15 are to be reached for the first; `./witw bench scale` measures that, over many trials.
"""

SLACK = 10.0
"""Two looks of the autoscaler."""

LONG_WINDOW = 90
"""Seconds that pods are kept: long after what is measured has fallen, which takes half a minute."""

STEADY = Shape("soak", "users", ((0, 120), (300, 120)))


@pytest.mark.short
def test_a_spike_brings_pods_soon_and_they_go_later(
    scaled: Scaled, load: Load, tell: Callable[[str], None]
) -> None:
    done = load(SPIKE, calm_after=WINDOW + 40)
    found = measures.of(done)
    took = stages(done)
    tell(f"spike: {took}; {found['replicas.most_ready']:.0f} at most")
    assert took.decision <= DECIDED
    assert took.ready <= ONE_READY
    assert took.two_ready <= TWO_READY
    assert scaled.least + 2 <= found["replicas.most_ready"] <= scaled.most
    # Nobody waits any longer.
    assert found["queue.at_the_end"] == 0
    # And they have gone: not before the time that they are kept, and all of them. Some may go
    # earlier: they were not wanted for the whole of the load.
    assert at_least_again(done, scaled.least) >= step_down(done) + WINDOW - SLACK
    assert done.samples.last("replicas.desired") == scaled.least
    assert done.samples.last("replicas.ready") == scaled.least
    assert min(done.samples.values("replicas.desired")) == scaled.least


def test_pods_are_kept_for_their_time(scaled: Scaled, load: Load, tell: Callable[[str], None]) -> None:
    with scaled.changed(advanced=scaled.kept_for(LONG_WINDOW)):
        done = load(SPIKE, calm_after=LONG_WINDOW + 40)
    kept = at_least_again(done, scaled.least) - step_down(done)
    tell(f"pods that are kept for {LONG_WINDOW} s were gone {kept:.0f} s after the load")
    assert LONG_WINDOW - SLACK <= kept < math.inf


def test_steady_load_leaves_the_number_of_pods_alone(
    scaled: Scaled, load: Load, tell: Callable[[str], None]
) -> None:
    # How long pods are kept is what keeps them from coming and going: here it counts as it is.
    with scaled.changed(advanced=scaled.usual):
        done = load(STEADY)
    found = measures.of(done)
    tell(
        f"steady: {found['requests.per_second']:.0f} requests/s, {found['replicas.most_desired']:.0f} pods, "
        f"changes of direction: {found['replicas.changes_of_direction']:.0f}"
    )
    assert found["replicas.most_desired"] > scaled.least, "a load that wants no pods proves nothing"
    assert found["replicas.changes_of_direction"] <= 1
