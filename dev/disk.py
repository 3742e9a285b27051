"""A disk that is full: found out, and told with its room and with what mends it."""

from __future__ import annotations

import errno
from pathlib import Path

from dev import engine, host
from dev.errors import HostError

ENGINE = Path("/var/lib/docker")
"""Where an engine of this machine keeps images, volumes and the cache of builds."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""No room on the disk, or none left of this user's share."""

WORDS = ("no space left on device", "disk quota exceeded")
"""How programs say so."""

REMEDY = "free some (`docker system df` says what Docker holds), or put the cache elsewhere: WITW_CACHE_DIR"


def places(cache: Path) -> list[Path]:
    """Where much is written: the cache, and what the engine keeps if it is this machine's."""
    return [cache, ENGINE] if engine.is_local() else [cache]


def room(places: list[Path]) -> str:
    """How much is free, for people."""
    return ", ".join(f"{host.disk_free(place) / 2**30:.1f} GiB free for {place}" for place in places)


def full(error: OSError, otherwise: list[Path]) -> HostError | None:
    """What is told of an error that comes from a full disk; None for any other.

    Args:
        error: It names the file, if it knows that.
        otherwise: Where we write when it does not.
    """
    if error.errno not in FULL and not _has_no_temporary_folder(error):
        return None
    named = isinstance(error.filename, str)
    file, where = (error.filename, [Path(error.filename).parent]) if named else ("a file", otherwise)
    return HostError(
        f"{file} could not be written: {error.strerror} ({room(where)})",
        remedy=f"{REMEDY}; then run the same command again",
    )


def _has_no_temporary_folder(error: OSError) -> bool:
    """Whether it is how Python's tempfile says that no folder has room: it has tried to write in each."""
    return error.errno == errno.ENOENT and "No usable temporary directory" in str(error.strerror)


def remedy(said: str, otherwise: str, places: list[Path]) -> str:
    """What mends a build: room, where its output says that there was none, else `otherwise`."""
    if any(words in said.lower() for words in WORDS):
        return f"the disk is full ({room(places)}): {REMEDY}; what was built is kept, so run this again"
    return otherwise
