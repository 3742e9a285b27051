"""What holds for every test run."""

import signal
from types import FrameType

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM take the way of Ctrl-C, so that containers and stacks of the tests are taken down."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
