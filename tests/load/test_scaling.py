"""More load brings more pods, soon; less load takes them away, later; steady load leaves them alone."""

from collections.abc import Callable

import pytest

from dev.load import measures
from dev.load.shapes import Shape
from tests.load.conftest import WINDOW, Load
from tests.load.scaled import SPIKE, Scaled, at_least_again, stages, step_down

ONE_READY, TWO_READY = 30.0, 45.0
"""Seconds from a load step to so many more pods, on a machine that is busy with other things too."""

SLACK = 10.0
"""Two looks of the autoscaler."""

STEADY = Shape("soak", "users", ((0, 40), (120, 40)))


@pytest.mark.short
def test_a_spike_brings_pods_soon_and_they_go_later(
    scaled: Scaled, load: Load, tell: Callable[[str], None]
) -> None:
    done = load(SPIKE, calm_after=WINDOW + 40)
    found = measures.of(done)
    took = stages(done)
    tell(f"spike: {took}; {found['replicas.most_ready']:.0f} at most")
    assert took.ready <= ONE_READY
    assert took.two_ready <= TWO_READY
    assert scaled.least + 2 <= found["replicas.most_ready"] <= scaled.most
    # Nobody waits any longer.
    assert found["queue.at_the_end"] == 0
    # And they have gone: not before the time that they are kept, and all of them. Some may go
    # earlier: they were not wanted for the whole of the load.
    gone = at_least_again(done, scaled.least)
    assert gone >= step_down(done) + WINDOW - SLACK
    assert done.samples.last("replicas.desired") == scaled.least
    assert done.samples.last("replicas.ready") == scaled.least
    assert min(done.samples.values("replicas.desired")) == scaled.least


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
    assert found["replicas.changes_of_direction"] <= 1
