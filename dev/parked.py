"""What is written about a parked stack: since when it sleeps, and how deep."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dev import state


@dataclass(frozen=True)
class Note:
    """A stack was parked.

    Args:
        at: When.
        deep: Whether it was stopped, and not only frozen.
    """

    at: dt.datetime
    deep: bool

    def __str__(self) -> str:
        """As people are told."""
        how = "stopped" if self.deep else "frozen"
        return f"parked since {self.at.astimezone():%Y-%m-%d %H:%M:%S} ({how})"


def read(stack: str) -> Note | None:
    """The note about a stack (`cluster NAME`, `compose PROJECT`); None when there is none to be read."""
    try:
        facts = state.stamp(_stamp(stack))
        return Note(dt.datetime.fromisoformat(facts["at"]), bool(facts["deep"]))
    except (KeyError, TypeError, ValueError):
        return None


def write(stack: str, *, deep: bool) -> None:
    """Note that a stack is parked from now on; one that sleeps already keeps its time."""
    before = read(stack)
    at = before.at if before else dt.datetime.now(dt.UTC)
    state.set_stamp(_stamp(stack), at=at.isoformat(), deep=deep)


def forget(stack: str) -> None:
    """It is awake, or gone."""
    state.forget(_stamp(stack))


def said(stack: str) -> str:
    """What is told about a stack whose containers do not run."""
    return str(read(stack) or "asleep")


def _stamp(stack: str) -> str:
    return f"parked-{stack.replace(' ', '-')}"
