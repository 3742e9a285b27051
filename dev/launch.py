"""What `./witw` does before anything is installed: makes `.venv`, then runs `python -m dev` in it.

Standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from dev import bundle_file, packages, process
from dev.errors import HostError, ProcessError, WitwError

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".witw"
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "dev" / "requirements.txt"
WHEELS = STATE / bundle_file.WHEELS
"""Packages that came with a bundle."""
STAMP = "witw.json"
"""Written into `.venv` when it is whole; names what it was made from."""

INSTALL_TIMEOUT = 600.0


def main(arguments: list[str]) -> int:  # noqa: RET503 - execv does not return
    """Bring `.venv` up to date and become `python -m dev`; returns only when that is not possible."""
    try:
        ensure(bundle=bundle_to_load(arguments))
    except WitwError as error:
        _say(f"error: {error.message}\n{error.details}\nto mend it: {error.remedy}")
        return 1
    except KeyboardInterrupt:
        process.end_children()
        return 130
    python = str(VENV / "bin" / "python")
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "dev", *arguments])  # noqa: S606 - to become it, not to start it


def bundle_to_load(arguments: list[str]) -> Path | None:
    """The file that a command line asks to load: what `.venv` is made of may come with it."""
    files = [Path(word) for word in arguments[2:] if not word.startswith("-")]
    return files[0] if arguments[:2] == ["bundle", "load"] and files and "--help" not in arguments else None


def ensure(*, bundle: Path | None = None) -> bool:
    """Make `.venv` unless it is whole and made from the same requirements by the same Python.

    It is made aside and moved into place, so it is never seen half-made. One process at a time makes it.

    Returns:
        Whether it had to be made.
    """
    if is_current():
        return False
    STATE.mkdir(exist_ok=True)
    with (STATE / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current():
            return False
        _say("making .venv from dev/requirements.txt ...")
        for leftover in (*STATE.glob("venv.*/"), *STATE.glob(f"{bundle_file.WHEELS}.*/")):
            shutil.rmtree(leftover, ignore_errors=True)
        if bundle is not None:
            _say(f"taking the packages out of {bundle} ...")
            bundle_file.take_wheels(bundle_file.open_bundle(bundle), WHEELS)
        aside = Path(tempfile.mkdtemp(prefix="venv.", dir=STATE))
        try:
            _make(aside)
            _move(aside, VENV)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return True


def is_current() -> bool:
    """Whether `.venv` is whole, made from these requirements and of the Python that runs now."""
    try:
        stamp = json.loads((VENV / STAMP).read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp == _facts() and (VENV / "bin" / "python").exists())


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _facts() -> dict[str, str]:
    return {
        "python": sys.version,
        "prefix": sys.base_prefix,
        "place": str(VENV),
        "requirements": hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(),
    }


def _make(folder: Path) -> None:
    pip = _installer(folder)
    # The host's pip configuration holds, but for what would put the packages elsewhere.
    elsewhere = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH")
    options = [
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-compile",
        "--no-user",
        "--require-hashes",
    ]
    if _wheels_serve():
        options += ["--no-index", f"--find-links={WHEELS}"]
    try:
        process.run(
            [*pip, "install", *options, "--requirement", str(REQUIREMENTS)],
            timeout=INSTALL_TIMEOUT,
            env=dict.fromkeys(elsewhere),
        )
    except ProcessError as error:
        raise HostError(
            "the packages of dev/requirements.txt could not be installed",
            details=error.tail(),
            remedy="look at the lines above: without network, or behind a proxy, pip needs its settings "
            "(`pip config list`; PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY); then run the same command again",
        ) from error
    (folder / STAMP).write_text(json.dumps(_facts()))


def _wheels_serve() -> bool:
    """Whether the packages of a bundle are those that these requirements name."""
    try:
        known = json.loads((WHEELS / bundle_file.WHEELS_FACTS).read_text())["requirements"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(
        known.get(f"dev/{REQUIREMENTS.name}") == hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    )


def _installer(folder: Path) -> list[str]:
    """Make an empty environment and return the command that is its pip.

    Debian's python3 comes without ensurepip, which is in python3-venv; any pip on the machine serves as well,
    and so does the one in a bundle, which runs out of its wheel.
    """
    create = [sys.executable, "-m", "venv", "--clear", "--symlinks"]
    carried = next(WHEELS.glob("pip-*.whl"), None) if _wheels_serve() else None
    if not _has("ensurepip") and not _has("pip") and carried is None:
        if not packages.can_install():
            raise HostError(
                f"{sys.executable} has neither ensurepip nor pip, so no .venv can be made",
                remedy="install one (Debian, Ubuntu: sudo apt-get install python3-venv), then run this again",
            )
        _say("installing python3-venv ...")
        packages.install("python3-venv")
        importlib.invalidate_caches()
    try:
        if _has("ensurepip"):
            process.run([*create, str(folder)], timeout=INSTALL_TIMEOUT)
            return [str(folder / "bin" / "python"), "-m", "pip"]
        process.run([*create, "--without-pip", str(folder)], timeout=INSTALL_TIMEOUT)
    except ProcessError as error:
        raise HostError(
            f"{sys.executable} cannot make a virtual environment",
            details=error.tail(),
            remedy="install a whole Python 3.11 or newer (Debian, Ubuntu: apt-get install python3-venv)",
        ) from error
    pip = ["-m", "pip"] if _has("pip") or carried is None else [f"{carried}/pip"]
    return [sys.executable, *pip, "--python", str(folder / "bin" / "python")]


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _move(made: Path, place: Path) -> None:
    """Put a finished environment where it belongs; its scripts carry their path and are told the new one."""
    for script in (made / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            text = script.read_bytes()
            if bytes(made) in text:
                script.write_bytes(text.replace(bytes(made), bytes(place)))
    made.chmod(0o755)
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        place.rename(made.with_name(made.name + ".old"))
    made.rename(place)
    shutil.rmtree(made.with_name(made.name + ".old"), ignore_errors=True)
