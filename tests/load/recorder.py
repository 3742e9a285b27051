"""What a locust process counts, second by second, as lines of JSON.

Seconds are those of a clock that nobody sets (CLOCK_MONOTONIC), so a jump of the wall clock moves nothing.
Times keep three digits, which is enough for any percentile and keeps a busy second short.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent
import psutil
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

Line = dict[str, Any]


class Recorder:
    """Counts what is answered and what is not, and passes a finished second on."""

    def __init__(self, environment: Environment, write: Callable[[Line], None]) -> None:
        self.environment = environment
        self._write = write
        self._seconds: dict[int, Line] = {}
        self._late = 0.0
        self._process = psutil.Process()

    def on_request(
        self, name: str, response_time: float, exception: Any = None, response: Any = None, **_: Any
    ) -> None:
        """Count one answer, or none."""
        line = self._line(int(time.monotonic()))
        line["requests"].setdefault(name, Counter())[f"{response_time:.3g}"] += 1
        if exception is not None:
            line["failures"].setdefault(name, Counter())[kind_of(exception, response)] += 1

    def on_error(self, exception: BaseException, **_: Any) -> None:
        """Count a user whose program failed: a fault of the journeys, or an answer that made no sense."""
        line = self._line(int(time.monotonic()))
        line["failures"].setdefault("the user's program", Counter())[type(exception).__name__] += 1

    def flush(self, before: int) -> None:
        """Pass on every second that is over."""
        for second in sorted(one for one in self._seconds if one < before):
            self._write(self._seconds.pop(second))

    def run(self) -> None:
        """Close a second, every second, until the process ends."""
        self._process.cpu_percent()
        while True:
            wanted = int(time.monotonic()) + 1.05
            gevent.sleep(max(wanted - time.monotonic(), 0))
            # How late this loop is called tells how late users are: the generator's own delay.
            line = self._line(int(wanted) - 1)
            line["late_ms"] = round((time.monotonic() - wanted) * 1000, 1)
            line["cpu"] = self._process.cpu_percent()
            line["users"] = self.environment.runner.user_count if self.environment.runner else 0
            self.flush(int(wanted))

    def _line(self, second: int) -> Line:
        return self._seconds.setdefault(second, {"second": second, "requests": {}, "failures": {}})


def kind_of(exception: Any, response: Any) -> str:
    """What went wrong, in few words, so that equal things are counted together."""
    status = getattr(response, "status_code", 0)
    if status:
        return f"status {status}" if status >= 400 else f"wrong answer: {str(exception)[:80]}"
    name, said = type(exception).__name__, str(exception).lower()
    if "timed out" in said or "timeout" in name.lower():
        return "no answer in time"
    if "refused" in said:
        return "connection refused"
    if "reset" in said or "closed" in said or "broken pipe" in said:
        return "connection broke off"
    return name


def write_line(line: Line) -> None:
    """Tell whoever started us."""
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def attach(environment: Environment) -> None:
    """Record what this process does; workers tell it their master, which writes it down."""
    if isinstance(environment.runner, MasterRunner):

        def on_worker_report(client_id: str, data: dict[str, Any]) -> None:
            for line in data.pop("seconds", []):
                write_line({**line, "worker": client_id})

        environment.events.worker_report.add_listener(on_worker_report)
        return
    finished: list[Line] = []
    is_worker = isinstance(environment.runner, WorkerRunner)
    recorder = Recorder(environment, finished.append if is_worker else write_line)
    environment.events.request.add_listener(recorder.on_request)
    environment.events.user_error.add_listener(recorder.on_error)
    gevent.spawn(recorder.run)
    if is_worker:

        def on_report_to_master(client_id: str, data: dict[str, Any]) -> None:
            data["seconds"] = finished[:]
            finished.clear()

        environment.events.report_to_master.add_listener(on_report_to_master)
    else:
        environment.events.quitting.add_listener(lambda **_: recorder.flush(int(time.monotonic()) + 2))
