"""The app under gunicorn as production runs it, in processes of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import httpx
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

APP = Path(__file__).resolve().parents[3] / "app"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def eventually(fact: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something becomes true."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)


class Server:
    """gunicorn with the app, against the test database.

    Args:
        log: Where its output goes.
        configuration: gunicorn's.
        given: Settings.
    """

    def __init__(self, log: Path, configuration: str = "config/gunicorn.py", **given: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        database = settings.DATABASES["default"]
        self.log = log
        env = os.environ | {
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "DB_NAME": database["NAME"],
            "LOG_FORMAT": "json",
            **given,
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", configuration],
                cwd=APP, env=env, stdout=output, stderr=output,
            )  # fmt: skip

    def __enter__(self) -> Self:
        eventually(self.answers, 30)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGTERM)  # a second one ends the draining
        self.process.wait(20)

    def answers(self) -> bool:
        """Whether requests are answered."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/internal/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, **options: float) -> httpx.Response:
        """Ask the app, on a connection of its own.

        The server closes it: one that is kept alive would want a thread again, to see that it is over.
        """
        url, alone = f"http://127.0.0.1:{self.port}{path}", {"Connection": "close"}
        return httpx.get(url, headers=alone, **options)  # type: ignore[arg-type]

    def ask_arbiter(self, path: str) -> httpx.Response:
        """Ask the metrics port."""
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=2)

    def metric(self, name: str, **labels: str) -> float:
        """The value of a series, 0 if it has not begun."""
        for family in text_string_to_metric_families(self.ask_arbiter("/internal/metrics").text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return 0.0

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in children.read_text().split()]

    @contextmanager
    def occupied(self, connections: int) -> Iterator[None]:
        """So many connections with half a request on them: each holds a thread, or waits for one."""
        with ExitStack() as stack:
            for _ in range(connections):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
                connection.sendall(b"GET /internal/ok HTTP/1.1\r\n")
            yield
