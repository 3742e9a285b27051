"""The environment of locust and matplotlib: made at the first load run, so that `up` need not wait."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import uv

from dev import index, process, programs, state
from dev.base_image import Say
from dev.errors import HostError, ProcessError
from dev.settings import ROOT

LOCK = ROOT / "tests" / "load" / "requirements.txt"

TIMEOUT = 600.0


def folder() -> Path:
    """Where it is."""
    return state.FOLDER / "load-venv"


def python() -> Path:
    """Its Python."""
    return folder() / "bin" / "python"


def ensure(say: Say) -> str:
    """Make it unless it is whole and made from the same lock by the same Python.

    Returns:
        What was done; empty when there was nothing to do.

    Raises:
        HostError: The packages could not be installed.
    """
    facts = {"python": sys.version, "lock": programs.checksum(LOCK), "place": str(folder())}
    if state.stamp("load-venv") == facts and python().exists():
        return ""
    say(f"installing {LOCK.relative_to(ROOT)}")
    folder().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="load-venv.", dir=folder().parent) as name:
        aside = Path(name) / "venv"
        try:
            _uv("venv", "--relocatable", f"--python={sys.executable}", str(aside))
            _uv("pip", "install", "--require-hashes", f"--python={aside}/bin/python", f"--requirement={LOCK}")
        except ProcessError as error:
            raise HostError(
                "locust and matplotlib could not be installed",
                details=error.tail(),
                remedy="see the lines above: without network, or behind a proxy, pip needs its settings "
                "(`pip config list`; PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY); then run the same command again",
            ) from error
        shutil.rmtree(folder(), ignore_errors=True)
        aside.rename(folder())
    state.set_stamp("load-venv", **facts)
    return "locust and matplotlib are installed"


def _uv(*arguments: str) -> None:
    process.run([uv.find_uv_bin(), "--quiet", *arguments], timeout=TIMEOUT, env=index.for_uv())
