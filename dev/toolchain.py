"""Programs that run on this machine: found on PATH, else downloaded and checked, else built."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from dev import catalogue, console, go_modules, process, programs, settings
from dev.catalogue import Tool
from dev.engine import version as numbers
from dev.errors import HostError, ImageError, ProcessError
from dev.programs import Say, silent
from dev.settings import Settings

ANSWER_TIMEOUT = 3.0
"""Seconds in which a publisher's server has to answer, or the program is built."""

ASK_TIMEOUT = 20.0

DOWNLOADED, BUILT = "downloaded", "built from Go modules"

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Found:
    """A program and where it came from."""

    name: str
    path: Path
    version: str
    origin: str


def ensure(name: str, chosen: Settings | None = None, say: Say = silent) -> Path:
    """See to it that a program of the catalogue is on this machine, and return its path."""
    return get(name, chosen, say).path


def get(name: str, chosen: Settings | None = None, say: Say = silent) -> Found:
    """See to it that a program of the catalogue is on this machine.

    `--pull always` asks for a download where PATH has none, `--pull never` for a build.

    Raises:
        ImageError: It could be neither downloaded nor built.
    """
    chosen = chosen or settings.load()
    if (found := find(name, chosen)) is not None and not _is_damaged(found):
        return found
    tool = catalogue.load().tools[name]
    why = ""
    if chosen.pull != "never":
        why = download(name, tool, target=downloaded(name, chosen.cache_dir), say=say)
        if why and chosen.pull == "always":
            raise ImageError(
                f"{name} {wanted(tool)} could not be downloaded",
                details=why,
                remedy="see the line above; `--pull auto` builds it from Go modules instead",
            )
    if why or chosen.pull == "never":
        say(f"building {name}: {why or 'downloads are switched off'}")
        programs.ensure(tool.module, [_program(tool)], cache=chosen.cache_dir, say=say)
    if (found := find(name, chosen)) is None:
        raise ImageError(f"{name} was made and is gone", remedy="run the same command again")
    return found


def _is_damaged(found: Found) -> bool:
    """Whether a program of ours is not what was kept. It is named then, and no longer taken for one."""
    program = programs.Program(found.name, "", found.version, found.path)
    if found.origin == "PATH" or not (problem := program.problem()):
        return False
    console.err.print(f"{program.path} {problem}; getting it anew", markup=False, soft_wrap=True)
    program.checksum_file.unlink(missing_ok=True)
    return True


def find(name: str, chosen: Settings) -> Found | None:
    """A program that is on this machine already: on PATH when its version fits, downloaded, or built."""
    tool = catalogue.load().tools[name]
    version = wanted(tool)
    if (path := shutil.which(name)) and (has := ask(Path(path), tool)) and fits(has, tool):
        return Found(name, Path(path), has, "PATH")
    if chosen.pull != "never" and (held := kept(name, chosen)).exists:
        return Found(name, held.path, version, DOWNLOADED)
    for program in programs.find(tool.module, chosen.cache_dir):
        if program.name == _program(tool) and program.exists and chosen.pull != "always":
            return Found(name, program.path, version, BUILT)
    return None


def wanted(tool: Tool) -> str:
    """The version of a program that is downloaded or built."""
    return go_modules.load(tool.module).version_of(tool.package)


def ask(path: Path, tool: Tool) -> str:
    """The version that a program says it is; empty when it does not say."""
    with contextlib.suppress(ProcessError):
        said = process.run([str(path), *tool.ask], timeout=ASK_TIMEOUT, check=False)
        if match := re.search(r"v?(\d+\.\d+\.\d+)([-+][0-9A-Za-z.-]+)?", said.stdout):
            return match[0]
    return ""


def fits(version: str, tool: Tool) -> bool:
    """Whether a version lies within the catalogue's bounds; previews do not.

    >>> fits("v0.33.1", catalogue.load().tools["kind"])
    True
    """
    if "-" in version.partition("+")[0]:
        return False
    return numbers(tool.least) <= numbers(version) < numbers(tool.below)


def kept(name: str, chosen: Settings) -> programs.Program:
    """A download, with the checksum that it was kept with."""
    return programs.Program(
        name, "", wanted(catalogue.load().tools[name]), downloaded(name, chosen.cache_dir)
    )


def downloaded(name: str, cache: Path) -> Path:
    """Where a download is kept."""
    tool = catalogue.load().tools[name]
    return cache / "downloads" / f"{name}-{wanted(tool)}-{programs.HERE}-{_architecture()}"


def download(name: str, tool: Tool, *, target: Path, say: Say = silent) -> str:
    """Get the publisher's file, compare it with the publisher's checksum and keep it.

    Returns:
        Why it did not work because nobody answered; empty when it did.

    Raises:
        ImageError: What came is not what the publisher says it is.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    url = _fill(tool.url, tool)
    say(f"downloading {url}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        file = Path(folder) / url.rpartition("/")[2]
        try:
            listed = _fetch(_fill(tool.checksum, tool)).decode(errors="replace")
            file.write_bytes(_fetch(url))
        except OSError as error:
            return f"{url}: {error}"
        expected, found = _checksum_in(listed, file.name), programs.checksum(file)
        if expected != found:
            raise ImageError(
                f"{url} is not its publisher's: its sha256 is {found}, not {expected or 'in the list'}",
                remedy="a proxy may have answered in its place; look at it, or build instead: `--pull never`",
            )
        program = _unpack(file, _fill(tool.member, tool)) if tool.member else file
        program.chmod(0o755)
        with (target.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            target.with_name(f"{target.name}.sha256").write_text(programs.checksum(program) + "\n")
            program.rename(target)
    return ""


def _fetch(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "witw"})  # noqa: S310 - the catalogue's addresses
    with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT) as answer:  # noqa: S310
        return bytes(answer.read())


def _checksum_in(text: str, name: str) -> str:
    """The checksum of a file in a list of them, or the only one that there is."""
    lines = [line.split() for line in text.splitlines() if re.match(r"[0-9a-f]{64}\b", line)]
    if len(lines) == 1 and len(lines[0]) == 1:
        return lines[0][0]
    return next((words[0] for words in lines if words[-1].lstrip("*") == name), "")


def _unpack(file: Path, member: str) -> Path:
    try:
        with tarfile.open(file) as archive:
            archive.extract(member, file.parent, filter="data")
    except (tarfile.TarError, KeyError) as error:
        raise ImageError(
            f"{file.name} does not hold {member}: {error}", remedy="build it: `--pull never`"
        ) from error
    return file.parent / member


def _fill(template: str, tool: Tool) -> str:
    version = wanted(tool)
    return template.format(
        version=version, number=version.removeprefix("v"), os=programs.HERE, arch=_architecture()
    )


def _program(tool: Tool) -> str:
    return go_modules.program_name(tool.package)


def _architecture() -> str:
    """This machine's processor the way Go spells it."""
    machine = platform.machine()
    if machine not in ARCHITECTURES and machine not in ARCHITECTURES.values():
        raise HostError(
            f"nothing is built for processors of kind {machine}", remedy="use a 64-bit x86 or ARM machine"
        )
    return ARCHITECTURES.get(machine, machine)


def environment(*found: Path) -> dict[str, str]:
    """PATH with the folders of these programs first, for programs that look for each other by name."""
    folders = dict.fromkeys(str(path.parent) for path in found)
    return {"PATH": os.pathsep.join([*folders, os.environ.get("PATH", "")])}
