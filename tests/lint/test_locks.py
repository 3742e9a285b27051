"""The three lock files say what pyproject.toml says, by hash, and name no machine."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
APP = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
TEST = PROJECT["dependency-groups"]["test"]
FRONTEND = PROJECT["dependency-groups"]["frontend"]
LOAD = PROJECT["dependency-groups"]["load"]
LOCKS = {
    "app/requirements.txt": APP,
    "dev/requirements.txt": DEV,
    "tests/requirements.txt": APP + DEV + TEST + FRONTEND + LOAD,
    "tests/load/requirements.txt": LOAD,
    "app/web/frontend/node-requirements.txt": FRONTEND,
}


def entries(lock: Path) -> list[str]:
    """The pinned releases of a lock file, each with its options on one line."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def releases(lock: Path) -> dict[str, str]:
    pins = (line.split(";")[0].split()[0].split("==") for line in entries(lock))
    return {canonicalize_name(name): version for name, version in pins}


def every_lock() -> list[Path]:
    ignored = (".venv", ".tox", ".witw", "node_modules")
    found = ROOT.glob("**/*requirements.txt")
    return [path for path in found if not set(ignored) & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("lock", every_lock(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_pins_every_release_by_hash(lock: Path) -> None:
    for entry in entries(lock):
        assert re.match(r"^[A-Za-z0-9._-]+(\[[^]]+\])?==[^\s]+ ", entry), f"not pinned: {entry[:80]}"
        assert "--hash=sha256:" in entry, f"no hash: {entry[:80]}"


@pytest.mark.parametrize("lock", every_lock(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_names_no_address(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    locked = releases(ROOT / lock)

    for wanted in map(Requirement, LOCKS[lock]):
        assert (name := canonicalize_name(wanted.name)) in locked, f"{wanted} is not locked: ./witw lock"
        assert wanted.specifier.contains(locked[name]), f"{wanted} is locked at {locked[name]}: ./witw lock"


def test_the_app_is_tested_with_the_releases_it_ships() -> None:
    tested = releases(ROOT / "tests" / "requirements.txt")
    shipped = {name: version for lock in LOCKS for name, version in releases(ROOT / lock).items()}

    assert {name: tested.get(name) for name in shipped} == shipped
