"""How long a parked stack takes until the app's first answer: frozen, and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable

from dev import park
from dev.bench.trials import Trials
from dev.console import Stage
from dev.errors import StackError
from dev.park import Stack

FROZEN, STOPPED = "frozen", "stopped"

STAGE = "to the first 200"

TO_REACH = {FROZEN: 1.0, STOPPED: 12.0}
"""Seconds."""

CALM = 3.0
"""Seconds of answers between two trials, so that one does not sleep in the middle of the last one's start."""


def of(stack: Stack) -> Trials:
    """Where the trials of a stack are entered."""
    return Trials(
        f"Resume of the {stack.title}, from the first look at its containers", {STAGE: dict(TO_REACH)}
    )


def measure(
    stack: Stack,
    way: str,
    trials: int,
    asleep: float,
    found: Trials,
    stage: Stage,
    keep: Callable[[], object],
) -> None:
    """Park a stack and resume it, a number of times.

    Args:
        stack: Which; it is awake afterwards.
        way: FROZEN or STOPPED.
        trials: How often.
        asleep: Seconds that it sleeps each time.
        found: Where the seconds are entered.
        stage: Where the progress is shown.
        keep: Called after every trial.

    Raises:
        WitwError: It does not answer before, or after a resume.
    """
    for number in range(trials):
        stage.say(f"trial {number + 1} of {trials}")
        _calm(stack)
        park.park(stack, deep=way == STOPPED)
        try:
            time.sleep(asleep)
        finally:
            seconds = park.resume(stack)
        if seconds is not None:
            found.add(STAGE, way, seconds)
            keep()
    stage.unchanged(f"{trials} trials")


def _calm(stack: Stack) -> None:
    """Wait until the app has answered for some seconds without a break."""
    deadline = time.monotonic() + park.ANSWER_TIMEOUT
    since = time.monotonic()
    while time.monotonic() - since < CALM:
        if said := park.ask(stack.url):
            since = time.monotonic()
            if since > deadline:
                raise StackError(f"{stack.url} does not answer: {said}", remedy="./witw status")
        time.sleep(0.2)
