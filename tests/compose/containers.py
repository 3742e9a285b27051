"""What the engine knows about the stack's containers and images."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.compose.stack import Stack


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the docker client."""
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=300)
    if check and result.returncode != 0:
        raise AssertionError(f"docker {' '.join(arguments)} ended with {result.returncode}:\n{result.stderr}")
    return result


def ids(stack: Stack, service: str) -> list[str]:
    """The service's containers, running or not."""
    return stack.compose("ps", "--all", "--quiet", service).stdout.split()


def inspect(name: str) -> dict[str, Any]:
    """All that the engine knows about a container or an image."""
    facts: dict[str, Any] = json.loads(docker("inspect", name).stdout)[0]
    return facts


def wait_until(what: str, holds: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for something; returns how long it took.

    Raises:
        AssertionError: if it does not come true in time.
    """
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - began


def is_healthy(container: str) -> bool:
    """Whether its health check says so."""
    return bool(inspect(container)["State"]["Health"]["Status"] == "healthy")
