"""Looks for secrets in the history of a repository, with gitleaks."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dev import process
from dev.errors import ProcessError
from dev.tools import golang

PACKAGE = "github.com/zricethezav/gitleaks/v8"
SCAN_SECONDS = 300


@dataclass(frozen=True)
class Leak:
    """A secret that was committed; its text is left out on purpose."""

    rule: str
    file: str
    line: int
    commit: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.rule}, commit {self.commit[:10]})"


def scan(repository: Path, cache: Path) -> list[Leak]:
    """Every secret in the commits of every branch.

    Raises:
        HostError: gitleaks could not be built.
        ProcessError: The folder is no git repository, or the scan failed.
    """
    program = golang.build("gitleaks", PACKAGE, cache)
    process.run(["git", "-C", str(repository), "rev-parse", "--git-dir"])
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "leaks.json"
        command = [
            str(program), "git", "--no-banner", "--no-color", "--redact", "--log-opts=--all",
            "--report-format=json", f"--report-path={report}", str(repository),
        ]  # fmt: skip
        result = process.run(command, timeout=SCAN_SECONDS, check=False)
        # 1 means leaks as well as a failed scan: only the latter leaves no report.
        if result.returncode not in (0, 1) or not report.exists():
            raise ProcessError(
                command,
                returncode=result.returncode,
                timeout=SCAN_SECONDS,
                env=None,
                stdout=result.stdout,
                stderr=result.stderr,
            )
        found = json.loads(report.read_text())
    return [Leak(item["RuleID"], item["File"], item["StartLine"], item["Commit"]) for item in found]
