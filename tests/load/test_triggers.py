"""Each measure scales by itself: the queue while nobody computes, and memory while nobody asks."""

import contextlib
from collections.abc import Callable

import pytest

from dev.load import measures
from dev.load.cluster_sources import quantity
from dev.load.shapes import Shape
from tests.load.conftest import Load
from tests.load.scaled import Scaled, meanwhile, most_cpu

HELD, LET_GO = 4.0, 1.5
"""Seconds that the trips' table is locked and open in turns."""

ARRIVALS = Shape("soak", "arrivals", ((0, 10), (35, 10)))
FEW = Shape("soak", "users", ((0, 5), (50, 5)))

QUIET = 60.0
"""Percent of a core: of one pod, between requests that wait."""


def lock_the_trips(scaled: Scaled, seconds: float) -> None:
    """Let whoever reads trips wait, again and again, without anybody's computing anything."""
    once = (
        f"BEGIN; LOCK TABLE trips_trip IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({HELD}); COMMIT; "
        f"SELECT pg_sleep({LET_GO});"
    )
    command = ("psql", "--username=postgres", "--dbname=witw", "--quiet")
    where = ("exec", "postgres-0", "--container=postgres", f"--namespace={scaled.stack.database}", "--")
    times = int(seconds / (HELD + LET_GO))
    scaled.to.run_kubectl(*where, *command, f"--command={once * times}", timeout=seconds + 60)


def hold_memory(scaled: Scaled, pod: str, mebibytes: int, seconds: float) -> None:
    """Fill memory in a container of the app and do nothing with it."""
    code = f"import time; held = b'x' * ({mebibytes} << 20); time.sleep({seconds})"
    scaled.stack.to.run_kubectl(
        *("exec", pod, "--container=app", f"--namespace={scaled.stack.namespace}", "--"),
        *("python", "-c", code),
        timeout=seconds + 60,
    )


@pytest.mark.parametrize(
    "witness", [pytest.param("metrics-api", id="pods"), pytest.param("prometheus", id="gateway")]
)
def test_requests_that_wait_bring_pods_while_cpu_is_quiet(
    scaled: Scaled, load: Load, tell: Callable[[str], None], witness: str
) -> None:
    # Without a fallback, which would bring pods where nothing at all is measured.
    with scaled.only(witness, fallback=None), meanwhile(lock_the_trips, scaled, ARRIVALS.seconds, after=3):
        done = load(ARRIVALS)
    found = measures.of(done)
    tell(
        f"queue alone, told by {witness}: {found['replicas.most_ready']:.0f} pods, "
        f"{found['queue.most_waiting'] + found['queue.most_in_flight']:.0f} requests open, "
        f"no pod above {most_cpu(done):.0f} % of a core"
    )
    assert found["replicas.most_ready"] >= scaled.least + 2
    assert most_cpu(done) < QUIET


def test_memory_brings_pods_while_nobody_asks_for_anything(
    scaled: Scaled, load: Load, tell: Callable[[str], None]
) -> None:
    (trigger,) = [one for one in scaled.spec["triggers"] if one["type"] == "memory"]
    wanted = quantity(trigger["metadata"]["value"])
    used = measures.of(load(Shape("soak", "users", ((0, 2), (12, 2)))))["memory.most_of_one_mib"]
    # A fifth too much in each of the pods that there are: half as many pods again.
    more = int(wanted * 1.2 / 2**20 - used)
    with contextlib.ExitStack() as meantime:
        # Without a fallback: KEDA has none for what Kubernetes itself measures.
        meantime.enter_context(scaled.only("memory", fallback=None))
        for pod in scaled.stack.pods():
            meantime.enter_context(meanwhile(hold_memory, scaled, pod, more, FEW.seconds))
        done = load(FEW)
    found = measures.of(done)
    tell(
        f"memory alone: {used:.0f} MiB and {more} more in each pod, "
        f"{found['replicas.most_ready']:.0f} pods in the end"
    )
    assert found["replicas.most_ready"] > scaled.least
    assert most_cpu(done) < QUIET
