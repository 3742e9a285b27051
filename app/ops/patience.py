"""What an arbiter that was frozen together with its workers owes them."""

import time
from collections.abc import Callable

GRACE = 5.0
"""Seconds for workers to say that they live; they do once a second."""


def after_a_freeze(look: Callable[[], None], timeout: float) -> Callable[[], None]:
    """The arbiter's look for silent workers, put off after it was away itself.

    It looks once a second. Where much more has passed, the whole container slept (`docker pause`, a suspended
    machine), and workers that had no chance to give a sign would be killed with their requests.
    """
    last, not_before = time.monotonic(), 0.0

    def look_unless_frozen() -> None:
        nonlocal last, not_before
        now = time.monotonic()
        if now - last > timeout / 2:
            not_before = now + GRACE
        last = now
        if now >= not_before:
            look()

    return look_unless_frozen
