"""The Python packages of the lock files as wheels: collected for a bundle, and those that came with one.

What the launcher needs of this is in `launch.py` and `bundle_file.py`, which run before any package is there.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from pathlib import Path

from dev import bundle_file, process, programs, state
from dev.base_image import Say
from dev.errors import HostError, ProcessError
from dev.settings import ROOT

LOCKS = ("dev/requirements.txt", "tests/requirements.txt")
"""What the harness and the tests install; the second holds the app's packages too."""

DOWNLOAD_TIMEOUT = 900.0


def folder() -> Path:
    """Where the wheels of a bundle that was loaded lie."""
    return state.FOLDER / bundle_file.WHEELS


def checksums() -> dict[str, str]:
    """The sha256 of each lock file as it is here."""
    return {name: programs.checksum(ROOT / name) for name in LOCKS}


def loaded() -> dict[str, object]:
    """From which bundle the wheels that are here came, and for which lock files; nothing without a bundle."""
    try:
        facts = json.loads((folder() / bundle_file.WHEELS_FACTS).read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def serve(name: str) -> bool:
    """Whether a lock file can be installed from the wheels of a bundle alone."""
    known = loaded().get("requirements")
    return isinstance(known, dict) and known.get(name) == programs.checksum(ROOT / name)


def collect(cache: Path, say: Say) -> list[Path]:
    """Download the wheels of all lock files for this Python and machine, by hash; they are kept in the cache.

    Raises:
        HostError: One cannot be had, or there is no pip.
    """
    here = checksums()
    place = cache / bundle_file.WHEELS / state.digest(bundle_file.this_python(), *here.values())[:16]
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as name:
            aside = Path(name) / "wheels"
            aside.mkdir()
            _download(aside, say)
            aside.rename(place)
    return sorted(place.glob("*.whl"))


def _download(target: Path, say: Say) -> None:
    options = ["--disable-pip-version-check", "--no-input", "--require-hashes", "--only-binary=:all:"]
    locks = [f"--requirement={ROOT / name}" for name in LOCKS]
    command = [*_pip(), "download", *options, "--no-deps", *locks, f"--dest={target}"]
    try:
        process.run(command, timeout=DOWNLOAD_TIMEOUT, on_line=lambda line: say(line.strip()))
    except ProcessError as error:
        raise HostError(
            "the Python packages for the bundle could not be fetched",
            details=error.tail(),
            remedy="see the lines above: pip needs the network once (`pip config list`); a package without a "
            "wheel for this machine cannot be put into a bundle",
        ) from error


@functools.cache
def _pip() -> list[str]:
    """A pip of this machine: that of `.venv`, or of the Python that it was made with."""
    for python in (sys.executable, f"{sys.base_prefix}/bin/python3"):
        if process.run([python, "-m", "pip", "--version"], check=False).ok:
            return [python, "-m", "pip"]
    raise HostError(
        "this machine has no pip, which fetches the packages for a bundle",
        remedy="install it (Debian, Ubuntu: apt-get install python3-pip)",
    )
