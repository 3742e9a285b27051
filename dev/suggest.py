"""Errors about names that are unknown: they name the one that was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from dev.errors import WitwError


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """What to say about a name that is not known."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"there is no {what} {name}" + (f"; did you mean {close[0]}?" if close else "")


def check(what: str, name: str, known: Iterable[str]) -> None:
    """Make sure that a name is known.

    Raises:
        WitwError: It is not.
    """
    names = list(known)
    if name not in names:
        raise WitwError(unknown(what, name, names), remedy=f"choose from {', '.join(names)}")
