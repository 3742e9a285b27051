"""The numbers that a run comes down to, by name: what objectives ask for and two runs are compared by."""

from __future__ import annotations

from itertools import pairwise

from dev.load.cluster_sources import PRESSURES
from dev.load.records import PERCENTILES, merged, percentile
from dev.load.run import Run

UNITS = {
    "_ms": "ms",
    "_percent": "%",
    "_mib": "MiB",
    ".per_second": "1/s",
    "_seconds": "s",
}
"""By the end of a measure's name."""


def of(run: Run) -> dict[str, float]:
    """Every measure that this run has; one without its source is not there."""
    return {
        name: round(value, 3)
        for name, value in {**_requests(run), **_generator(run), **_stack(run)}.items()
        if value is not None
    }


def unit(name: str) -> str:
    """What a measure is counted in; empty for a plain number."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")


def _requests(run: Run) -> dict[str, float | None]:
    seconds = list(run.seconds.values())
    times = merged(seconds)
    total, failed = times.total(), sum(one.failed for one in seconds)
    busiest = max((one.requests for one in seconds), default=0)
    return {
        "requests.total": total,
        "requests.per_second": total / len(seconds) if seconds else 0,
        "requests.busiest_second": busiest,
        "failures.total": failed,
        "failures.share_percent": failed / total * 100 if total else None,
        **{f"latency.p{percent:g}_ms": percentile(times, percent) for percent in PERCENTILES},
        "latency.most_ms": max(times, default=None),
        "users.most": max((sum(one.users.values()) for one in seconds), default=0),
        "run.seconds": len(seconds),
    }


def _generator(run: Run) -> dict[str, float | None]:
    seconds = list(run.seconds.values())
    cpu = [max(one.cpu.values()) for one in seconds if one.cpu]
    late = [max(one.late_ms.values()) for one in seconds if one.late_ms]
    busy = sum(sum(one.cpu.values()) for one in seconds) / 100
    stack = _core_seconds(run)
    return {
        # By time of a processor, not by the clock: it holds on a machine that is busy otherwise.
        "generator.requests_per_core_second": run.records.requests / busy if busy else None,
        "stack.requests_per_core_second": run.records.requests / stack if stack else None,
        "generator.times_the_stack": stack / busy if stack and busy else None,
        "generator.cpu_mean_percent": sum(cpu) / len(cpu) if cpu else None,
        "generator.cpu_most_percent": max(cpu, default=None),
        "generator.late_p95_ms": _nearest(late, 95),
        "machine.cpu_mean_percent": _mean(run.samples.values("machine.cpu")),
    }


def _stack(run: Run) -> dict[str, float | None]:
    samples = run.samples
    ready, desired = samples.values("replicas.ready"), samples.values("replicas.desired")
    waiting = samples.values("queue.waiting")
    retries = samples.values("gateway.retries")
    pressure = [value for name in PRESSURES for value in samples.values(f"nodes.{name}")]
    memory = [value for name in samples.family("memory") for value in samples.values(f"memory/{name}")]
    return {
        "replicas.most_ready": max(ready, default=None),
        "replicas.least_ready": min(ready, default=None),
        "replicas.most_desired": max(desired, default=None),
        "replicas.changes_of_direction": turns(desired) if desired else None,
        "queue.most_waiting": max(waiting, default=None),
        "queue.most_in_flight": max(samples.values("queue.in_flight"), default=None),
        "queue.at_the_end": waiting[-1] if waiting else None,
        # A pod that ends takes its own count with it.
        "gateway.retries": sum(max(b - a, 0) for a, b in pairwise(retries)) if retries else None,
        "gateway.most_pending": max(samples.values("gateway.pending"), default=None),
        "memory.most_of_one_mib": max(memory) / 2**20 if memory else None,
        "nodes.pressure": max(pressure, default=None),
        "samples.gaps": float(len(samples.gaps)),
    }


def _core_seconds(run: Run) -> float:
    """What the containers or pods of the stack took of the processors, in seconds of one."""
    total = 0.0
    for points in run.samples.family("cpu").values():
        known = [(at, value) for at, value in points if value is not None]
        total += sum((b - a) * (first + last) / 200 for (a, first), (b, last) in pairwise(known))
    return total


def turns(values: list[float]) -> int:
    """How often a series changes its direction; staying the same is no direction."""
    steps = [b - a for a, b in pairwise(values) if b != a]
    return sum((a > 0) != (b > 0) for a, b in pairwise(steps))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _nearest(values: list[float], percent: float) -> float | None:
    counted: dict[float, int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    return percentile(counted, percent)
