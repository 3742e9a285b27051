"""Runs of load for tests: made up, second by second, without a stack."""

import json
import time

from dev.load.records import Records
from dev.load.run import Run
from dev.load.samples import Event, Gap, Samples
from dev.load.shapes import make
from dev.load.targets import LoadTarget

TARGET = LoadTarget("cluster try", "http://localhost:8082", "cluster")


def a_line(second: float, *, requests: int = 10, ms: float = 20, failed: int = 0, users: int = 10) -> str:
    """What locust tells of one second."""
    failures = {"GET /": {"status 503": failed}} if failed else {}
    return json.dumps(
        {
            "second": int(second),
            "requests": {"GET /": {f"{ms:.3g}": requests}},
            "failures": failures,
            "users": users,
            "cpu": 12.0,
            "late_ms": 1.5,
        }
    )


def a_run(*, seconds: int = 20, ms: float = 20, failed: int = 0) -> Run:
    """A spike with two pods more and a gap of the metrics in it."""
    began = float(int(time.monotonic()))
    records = Records(began)
    for second in range(seconds):
        records.hear(a_line(began + second, ms=ms, failed=failed if second == 7 else 0), began)
    samples = Samples()
    for second in range(seconds):
        busy = 4 <= second < 12
        samples.series["replicas.desired"].append((second, 4 if busy else 2))
        samples.series["replicas.current"].append((second, 4 if busy else 2))
        samples.series["replicas.ready"].append((second, 4 if 6 <= second < 12 else 2))
        samples.series["queue.in_flight"].append((second, 9 if busy else 1))
        samples.series["queue.waiting"].append((second, 3 if busy else 0))
        samples.series["queue.threads"].append((second, 16))
        samples.series["gateway.retries"].append((second, 7 + (second > 5)))
        samples.series["gateway.pending"].append((second, 0))
        samples.series["machine.cpu"].append((second, 60))
        for pod in ("witw-1", "witw-2"):
            value = None if second == 9 else 50.0
            samples.series[f"cpu/{pod}"].append((second, value))
            samples.series[f"memory/{pod}"].append((second, 100 * 2**20))
        for name in ("MemoryPressure", "DiskPressure", "PIDPressure"):
            samples.series[f"nodes.{name}"].append((second, 0))
    samples.events.append(Event(4.0, "HorizontalPodAutoscaler", "witw", "SuccessfulRescale", "New size: 4"))
    samples.gaps.append(Gap("pods", 9.0, 10.0, "the API server does not answer"))
    facts = {"locust": "2.47.0", "image of app": "witw/app@sha256:1"}
    return Run(
        make("spike", "small"), TARGET, began, "2026-11-23T16:00:00", records, samples, facts, size="small"
    )
