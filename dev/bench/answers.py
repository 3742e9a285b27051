"""How long it takes until the app answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

import httpx

from dev import cluster

PAUSE = 0.05


class FirstAnswer:
    """Asks a cluster's public port again and again, from now until it answers with 200.

    Use it as a context manager; the asking ends with it.

    Args:
        name: The cluster, which need not be there yet.
        ask: Whether an address answers with 200.
    """

    def __init__(self, name: str, ask: Callable[[str], bool] | None = None) -> None:
        self._name = name
        self._ask = ask or is_there
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seconds: float | None = None
        """From the beginning to the first answer; None while there is none."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait(self, timeout: float) -> None:
        """Wait for the answer, or until the time is over (seconds)."""
        self._thread.join(timeout)

    def _look(self) -> None:
        while not self._over.wait(PAUSE):
            ports = cluster.recorded(self._name).get("ports")
            if ports and self._ask(f"http://localhost:{ports['public']}/login"):
                self.seconds = time.monotonic() - self._began
                return


def is_there(url: str) -> bool:
    """Whether an address answers with 200."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
