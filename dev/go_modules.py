"""Reads the go.mod files in dev/images/go/: which programs each builds, and of which versions."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from dev.settings import ROOT

FOLDER = ROOT / "dev" / "images" / "go"

MAJOR = re.compile(r"v[0-9]+")
"""The last element of a module's path from version 2 on."""


@dataclass(frozen=True)
class Module:
    """One folder with a go.mod of ours."""

    folder: Path
    programs: dict[str, str]
    """Package of each program by the name that `go build` gives it."""
    versions: dict[str, str]
    """Version of every module that takes part, replacements included."""

    @property
    def name(self) -> str:
        return self.folder.name

    def version_of(self, package: str) -> str:
        """The version of the module that a package belongs to."""
        return self.versions[self.owner(package)]

    def owner(self, package: str) -> str:
        """The module that a package, or another folder, belongs to."""
        owners = [path for path in self.versions if package == path or package.startswith(f"{path}/")]
        return max(owners, key=len)

    def fill(self, template: str) -> str:
        """Put versions into a text: `{k8s.io/kubernetes}` is v1.36.3, `{k8s.io/kubernetes@minor}` is 36.

        Raises:
            KeyError: The text names a module that takes no part.
        """

        def value(match: re.Match[str]) -> str:
            path, _, part = match[1].partition("@")
            version = self.versions[path]
            major, minor, _ = version.lstrip("v").split(".", 2)
            return {"": version, "major": major, "minor": minor}[part]

        return re.sub(r"\{([^}]+)\}", value, template)


@functools.cache
def load(name: str) -> Module:
    """Read the go.mod of one folder."""
    folder = FOLDER / name
    text = re.sub(r"//.*", "", (folder / "go.mod").read_text())
    versions = {_lines(text, "module")[0]: "own"}
    versions |= {line.split()[0]: line.split()[1] for line in _lines(text, "require")}
    for line in _lines(text, "replace"):
        old, new = line.split("=>")
        versions[old.split()[0]] = new.split()[-1]
    return Module(folder, {program_name(package): package for package in _lines(text, "tool")}, versions)


def load_all() -> list[Module]:
    """Every go.mod of ours."""
    return [load(path.parent.name) for path in sorted(FOLDER.glob("*/go.mod"))]


def program_name(package: str) -> str:
    """What `go build` calls the program of a package.

    >>> program_name("go.etcd.io/etcd/v3")
    'etcd'
    """
    parts = package.split("/")
    return parts[-2] if MAJOR.fullmatch(parts[-1]) else parts[-1]


def _lines(text: str, directive: str) -> list[str]:
    """What stands after a directive, on its own line or in its block."""
    found = []
    for match in re.finditer(rf"^{directive} (?:\((.*?)^\)|(.+)$)", text, flags=re.MULTILINE | re.DOTALL):
        block = match[1] if match[1] is not None else match[2].splitlines()[0]
        found += [line.strip() for line in block.splitlines() if line.strip()]
    return found
