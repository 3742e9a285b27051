"""The Go toolchain, and programs built with it from published Go modules.

Go itself comes as a Python wheel, so that a machine with nothing but Python can build. Both the toolchain and
what it builds are kept in the user's cache under a name made of their inputs: a new pin is a new file.
"""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

from dev import process
from dev.errors import HostError, ProcessError
from dev.state import digest

FOLDER = Path(__file__).parent
REQUIREMENTS = FOLDER / "go" / "requirements.txt"
INSTALL_SECONDS = 300
BUILD_SECONDS = 900


def build(name: str, package: str, cache: Path) -> Path:
    """Build `package` from the go.mod in dev/tools/`name`, or find it built.

    Returns:
        The program.

    Raises:
        HostError: It could not be built, most likely for want of network.
    """
    module = FOLDER / name
    inputs = [module / "go.mod", module / "go.sum", REQUIREMENTS]
    key = digest(platform.machine(), *(path.read_bytes() for path in inputs))[:16]
    program = cache / "tools" / f"{name}-{key}"
    if not program.exists():
        go = toolchain(cache)
        with _aside(program) as unfinished:
            _or_complain(
                [str(go), "build", "-trimpath", "-ldflags=-s -w", "-o", str(unfinished), package],
                timeout=BUILD_SECONDS,
                cwd=module,
                # Flags of the user's own must not change what is built; nor may another Go be fetched.
                env={
                    "GOFLAGS": "-mod=readonly -buildvcs=false",
                    "GOTOOLCHAIN": "local",
                    "CGO_ENABLED": "0",
                    "GOWORK": "off",
                },
            )
    return program


def toolchain(cache: Path) -> Path:
    """The `go` command, installed by hash when missing.

    A toolchain that has lost it, to whoever cleans caches, is installed anew.
    """
    home = cache / "go" / digest(platform.machine(), REQUIREMENTS.read_bytes())[:16]
    go = home / "go" / "bin" / "go"
    if not go.is_file():
        with _aside(home) as unfinished:
            _or_complain(
                [
                    find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--no-deps",
                    "--target", str(unfinished), "--requirements", str(REQUIREMENTS),
                ],
                timeout=INSTALL_SECONDS,
            )  # fmt: skip
            # Only now: another run may have brought it meanwhile.
            if home.exists() and not go.is_file():
                shutil.rmtree(home)
    return go


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A path beside `target` that becomes it when the block ends well; another run may win the race."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        unfinished = Path(folder) / target.name
        yield unfinished
        try:
            unfinished.rename(target)
        except OSError:
            if not target.exists():
                raise


def _or_complain(
    command: list[str], *, timeout: float, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    try:
        process.run(command, timeout=timeout, cwd=cwd, env=env)
    except ProcessError as error:
        raise HostError(
            f"could not prepare a tool: {error.message}",
            remedy="it needs the package registries (PyPI, Go modules) once: `./witw doctor` checks the way",
            details=error.details,
        ) from error
