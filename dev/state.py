"""`.witw/`: what the harness remembers about this checkout, and the lock that keeps two runs apart."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dev.errors import WitwError
from dev.settings import ROOT

FOLDER = ROOT / ".witw"


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file so that a reader finds either the old text or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for every call: threads write side by side as well as processes.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
        aside.replace(path)
    except OSError as error:
        # Where a write fails, the system does not say of which file.
        error.filename = error.filename or str(path)
        raise
    finally:
        aside.unlink(missing_ok=True)


def digest(*parts: str | bytes) -> str:
    """A content hash of several parts; their borders count."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def stamp(name: str) -> dict[str, Any]:
    """What was written about a finished step; nothing when it was not finished or the file is damaged."""
    try:
        known = json.loads(file_of_stamp(name).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def set_stamp(name: str, **facts: Any) -> None:
    """Remember that a step is finished, and what it was made from."""
    write(file_of_stamp(name), json.dumps(facts, indent=1, sort_keys=True) + "\n")


def add_to_stamp(name: str, field: str, items: Iterable[str]) -> None:
    """Add to what a stamp lists; nothing is lost when several threads or processes do so at once."""
    file = file_of_stamp(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known: list[str] = stamp(name).get(field, [])
        set_stamp(name, **{field: sorted({*known, *items})})


def forget(name: str) -> None:
    """Let a step be done anew."""
    file_of_stamp(name).unlink(missing_ok=True)


@contextlib.contextmanager
def only_one(what: str) -> Iterator[None]:
    """Let one run at a time change the stack. The lock goes with the process, however that ends.

    Raises:
        WitwError: Another run holds it.
    """
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise WitwError(
                f"{holder} is at work in this checkout",
                remedy="wait for it, or end it with Ctrl-C; what it has done so far is kept",
            ) from error
        file.truncate(0)
        file.write(f"`./witw {what}` (process {os.getpid()})")
        file.flush()
        yield


def file_of_stamp(name: str) -> Path:
    """Where a stamp is kept."""
    return FOLDER / "stamps" / f"{name}.json"
