"""Programs built from the Go modules in dev/images/go/, kept in the user's cache by a hash of their inputs.

A build that was interrupted goes on where it was: Go's own cache keeps every package that was compiled.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev import catalogue, console, disk, go_modules, host, process, state
from dev.errors import HostError, ImageError, ProcessError
from dev.go_modules import Module
from dev.tools import golang

Say = Callable[[str], None]


def silent(line: str) -> None:
    """For callers who do not want to know."""


HERE = platform.system().lower()
"""The operating system of this machine, the way Go spells it."""

BUILD_TIMEOUT = 5400.0
"""Seconds for one go.mod; the largest took 10 minutes on two cores from an empty cache."""

FETCH_TIMEOUT = 300.0

DISK_NEEDED, DISK_NEEDED_AGAIN = 6 * 1024**3, 1024**3
"""Bytes that sources, compiled packages and programs of the largest go.mod take; and programs alone, where
Go's own cache has the rest from an earlier build."""

BUILDS_AT_ONCE, LARGEST_PACKAGE = 2, 3 * 1024**3
"""How many go.mods are built side by side, each by as many compilers as there are cores; and the bytes that a
compiler needs at most, for the largest package."""

FLAGS = "-mod=readonly -buildvcs=false -modcacherw"
"""-modcacherw: a cache that can be deleted without further ado."""


@dataclass(frozen=True)
class Program:
    """A program in the cache."""

    name: str
    module: str
    version: str
    path: Path

    @property
    def checksum_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.sha256")

    @property
    def exists(self) -> bool:
        return self.path.exists() and self.checksum_file.exists()

    def problem(self) -> str:
        """What is wrong with the file; empty when it is what was built."""
        if not self.exists:
            return "is not there"
        facts = self.path.stat()
        found = _checksum_of(self.path, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        expected = self.checksum_file.read_text().strip()
        return "" if expected == found else f"is damaged: its sha256 is {found}, it was built as {expected}"


def find(module_name: str, cache: Path, system: str = HERE) -> list[Program]:
    """The programs of a go.mod and where each is or will be."""
    module = go_modules.load(module_name)
    folder = cache / "programs" / f"{module_name}-{system}-{key(module)}"
    return [
        Program(name, module_name, module.version_of(package), folder / name)
        for name, package in sorted(module.programs.items())
    ]


def ensure(
    module_name: str,
    names: Iterable[str] | None = None,
    *,
    cache: Path,
    system: str = HERE,
    say: Say = silent,
) -> dict[str, Path]:
    """See to it that programs of a go.mod are in the cache, whole.

    Args:
        module_name: A folder of dev/images/go/.
        names: The programs that are wanted; all of them by default.
        cache: The user's cache directory.
        system: What they will run on: nodes are Linux, wherever the engine is.
        say: Is told what is being compiled.

    Returns:
        The path of each program.

    Raises:
        ImageError: The build failed.
        HostError: There is no room for it, or no Go.
    """
    found = find(module_name, cache, system)
    wanted = {program.name: program for program in found if names is None or program.name in names}
    if names is not None and (unknown := set(names) - set(wanted)):
        raise KeyError(f"dev/images/go/{module_name} does not build {', '.join(sorted(unknown))}")
    if any(program.problem() for program in wanted.values()):
        with _alone(cache / "programs" / f"{module_name}.lock", say):
            if todo := _not_whole(wanted.values()):
                _build(go_modules.load(module_name), todo, cache, system, say)
    return {name: program.path for name, program in wanted.items()}


def source(folder: str, module_name: str, cache: Path) -> Path:
    """A folder in the source of a module, e.g. `sigs.k8s.io/kind/images/base/files`, as a go.mod pins it.

    Raises:
        ImageError: The source could not be fetched.
    """
    module = go_modules.load(module_name)
    owner = module.owner(folder)
    where = cache / "go-mod" / f"{owner}@{module.versions[owner]}" / folder.removeprefix(f"{owner}/")
    if not where.exists():
        command = [str(golang.toolchain(cache)), "mod", "download", owner]
        try:
            process.run(command, timeout=FETCH_TIMEOUT, cwd=module.folder, env=environment(cache, HERE))
        except ProcessError as error:
            raise ImageError(
                f"the source of {owner} could not be fetched",
                details=error.tail(),
                remedy="Go needs the network once (GOPROXY, HTTPS_PROXY); then run the same command again",
            ) from error
    return where


def key(module: Module) -> str:
    """A hash of all that the programs of a go.mod are made from, sources of our own beside it included."""
    sources = [path for path in sorted(module.folder.rglob("*")) if path.is_file()]
    parts = [f"{path.relative_to(module.folder)}\n".encode() + path.read_bytes() for path in sources]
    options = catalogue.load().go[module.name].model_dump_json()
    return state.digest(platform.machine(), golang.REQUIREMENTS.read_bytes(), options, FLAGS, *parts)[:16]


def checksum(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def _checksum_of(path: Path, *_: int) -> str:
    """The sha256 of a file, once in a run; what else is given tells whether it is still the same file."""
    return checksum(path)


def environment(cache: Path, system: str) -> dict[str, str]:
    """How Go is run: with caches of ours, and without the user's own flags or another Go being fetched."""
    return {
        "GOFLAGS": FLAGS,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOMODCACHE": str(cache / "go-mod"),
        "GOCACHE": str(cache / "go-build"),
        "GOOS": system,
        **_collection(),
    }


def _collection() -> dict[str, str]:
    """Where memory is plenty, compilers collect no garbage, which is 30 % of their processor time."""
    share = host.memory_available() // ((os.cpu_count() or 1) * BUILDS_AT_ONCE)
    return {"GOGC": "off", "GOMEMLIMIT": str(share)} if share > LARGEST_PACKAGE else {}


def _not_whole(programs: Iterable[Program]) -> list[Program]:
    todo = []
    for program in programs:
        if problem := program.problem():
            if program.exists:
                console.err.print(f"{program.path} {problem}; building it anew", markup=False, soft_wrap=True)
            todo.append(program)
    return todo


def _build(module: Module, programs: list[Program], cache: Path, system: str, say: Say) -> None:
    folder = programs[0].path.parent
    folder.mkdir(parents=True, exist_ok=True)
    names = ", ".join(program.name for program in programs)
    needed = DISK_NEEDED_AGAIN if any(folder.glob("*.sha256")) else DISK_NEEDED
    if (free := host.disk_free(folder)) < needed:
        raise HostError(
            f"building {names} needs {needed >> 30} GiB in {cache}, {free / 2**30:.1f} GiB are free",
            remedy="free some room, or name another folder: WITW_CACHE_DIR",
        )
    say("getting Go")
    go = str(golang.toolchain(cache))
    options = catalogue.load().go[module.name]
    stamps = [f"-X {module.fill(stamp)}" for stamp in options.stamps]
    packages = [module.programs[program.name] for program in programs]
    count = 0

    def on_line(line: str) -> None:
        nonlocal count
        if line.startswith("go: downloading"):
            say(line.removeprefix("go: "))
        else:
            count += 1
            say(f"compiled {count} packages, now {line}")

    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as aside:
        try:
            process.run(
                [*_polite(), go, "build", "-v", "-trimpath", f"-ldflags={' '.join(['-s -w', *stamps])}",
                 f"-tags={','.join(options.tags)}", "-o", f"{aside}/", *packages],
                timeout=BUILD_TIMEOUT,
                cwd=module.folder,
                env=environment(cache, system),
                on_line=on_line,
            )  # fmt: skip
        except ProcessError as error:
            raise ImageError(
                f"{names} could not be built from Go modules",
                details=error.tail(30),
                remedy=disk.remedy(
                    error.details,
                    "see the lines above; what was compiled is kept, so run this again. Go needs the "
                    "network once (GOPROXY, HTTPS_PROXY)",
                    [cache],
                ),
            ) from error
        for program in programs:
            made = Path(aside) / program.name
            state.write(program.checksum_file, checksum(made) + "\n")
            made.rename(program.path)


def _polite() -> list[str]:
    """Let whatever else the machine does come first."""
    return ["nice", "-n", "10"] if shutil.which("nice") else []


@contextmanager
def _alone(lock: Path, say: Say) -> Iterator[None]:
    """Wait until no other run builds the same go.mod, in any checkout."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another run is building this; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
