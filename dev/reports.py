"""What a test run leaves behind: logs, JUnit files, and the counts in them."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from dev.state import FOLDER

KEPT = 10
"""Older reports than this many are removed."""

_CLOSING = re.compile(
    r"=+ (?:.*\d+ (?:passed|failed|error|skipped|deselected)|no tests ran).* in [\d.]+s.*=+\s*$"
)

_RERUN = "RERUN "
"""How pytest-rerunfailures begins the name of a test in its summary."""


_FIRST_TRY = re.compile(r"_+ first try: (?P<name>.+?) _+$")


@dataclass(frozen=True)
class Counts:
    """What became of the tests of one run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def new_folder(what: str) -> Path:
    """A folder for the report of a run that begins now; the oldest ones go."""
    folder = FOLDER / "reports"
    for old in sorted(folder.glob(f"{what}-*"))[: -KEPT + 1]:
        shutil.rmtree(old)
    made = folder / f"{what}-{time.strftime('%Y%m%d-%H%M%S')}"
    made.mkdir(parents=True, exist_ok=True)
    return made


def counts(junit: Path) -> Counts:
    """The counts in a JUnit file; none when it was not written, because the run ended before its tests."""
    try:
        suites = ET.parse(junit).getroot().iter("testsuite")  # noqa: S314  (pytest wrote it)
    except (OSError, ET.ParseError):
        return Counts()
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Counts(total - failed - skipped, failed, skipped)


def closing_lines(log: Path) -> list[str]:
    """pytest's own last words, such as `===== 12 passed in 3.21s =====`."""
    return [line.strip() for line in _lines(log) if _CLOSING.search(line)]


def tried_twice(log: Path) -> dict[str, str]:
    """The tests that had a second try, each once, by name, and the first line of why (tests/conftest.py)."""
    lines = _lines(log)
    causes = dict.fromkeys((line.removeprefix(_RERUN) for line in lines if line.startswith(_RERUN)), "")
    name = ""
    for line in lines:
        if begins := _FIRST_TRY.match(line):
            name = begins["name"]
        elif line.startswith("E ") and causes.get(name) == "":
            causes[name] = line.removeprefix("E ").strip()
    return causes


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if log.exists() else []
