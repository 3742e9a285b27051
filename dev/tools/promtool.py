"""promtool, which checks Prometheus' configuration and rules and runs the unit tests of rules.

No package registry of a language has it, and compiled from its Go module it brings the clients of all clouds
along: it is taken out of the Debian package that the image is built from. It runs from Debian 12 on.
"""

from __future__ import annotations

import platform
import shutil
import tempfile
from pathlib import Path

from dev import archive, catalogue, process
from dev.errors import HostError, ProcessError

UNPACK_SECONDS = 120


def ensure(cache: Path) -> Path:
    """The program: in the cache, else fetched by this machine's apt, else the one on PATH.

    Raises:
        HostError: It is on none of these ways.
    """
    program = cache / "tools" / f"promtool-{version()}-{platform.machine()}"
    if not program.exists():
        try:
            _fetch(program)
        except (HostError, ProcessError) as error:
            if found := shutil.which("promtool"):
                return Path(found)
            raise HostError(
                "promtool could not be taken out of Debian's package",
                details=error.details,
                remedy="on Debian and Ubuntu `apt-get update` must work; elsewhere install Prometheus, so "
                "that promtool is on PATH",
            ) from error
    return program


def version() -> str:
    """The version of Prometheus that it belongs to."""
    return catalogue.load().images["prometheus"].version


def _fetch(program: Path) -> None:
    """Unpack the package aside and keep the one file."""
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent, prefix=".promtool-") as name:
        aside = Path(name)
        suite = catalogue.load().base.bootstrap.suite
        (package,) = archive.download(["promtool"], suite, aside)
        process.run(["dpkg-deb", "--extract", str(package), str(aside / "files")], timeout=UNPACK_SECONDS)
        (aside / "files" / "usr" / "bin" / "promtool").rename(program)
