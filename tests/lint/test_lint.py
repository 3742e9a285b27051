"""Every file is in good style, and every tool that says so was seen to complain."""

import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev.settings import ROOT

MYPY = ["mypy", "app", "dev"]
YAMLLINT = ["yamllint", "--strict", "--config-file", str(ROOT / ".yamllint.yaml")]
HADOLINT = ["hadolint", "--config", str(ROOT / ".hadolint.yaml")]


def tool(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run one of the tools that are installed beside this Python."""
    program = Path(sys.executable).parent / command[0]
    return subprocess.run(
        [str(program), *command[1:]],
        cwd=cwd,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(Path.home()),
            "SECRET_KEY": secrets.token_urlsafe(50),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


def complaints(*command: str, cwd: Path = ROOT) -> str:
    """What the tool says when it is not content, else nothing."""
    result = tool(*command, cwd=cwd)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def expect_content(*command: str) -> None:
    """Fail with the tool's own words, and nothing but those."""
    if said := complaints(*command):
        pytest.fail(f"{' '.join(command[:2])}:\n{said}", pytrace=False)


def tracked(*patterns: str) -> list[str]:
    """Files of this project that git knows or would add; generated and ignored ones are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if (ROOT / name).is_file()]


def shell_scripts() -> list[str]:
    """Files that say in their first line that a shell reads them."""
    return [name for name in tracked() if _interpreter(ROOT / name) in ("sh", "bash", "dash")]


def _interpreter(path: Path) -> str:
    with path.open("rb") as file:
        first = file.readline(200).decode(errors="replace").split()
    if not first or not first[0].startswith("#!"):
        return ""
    return Path(first[-1] if first[0].endswith("/env") else first[0].removeprefix("#!")).name


def dockerfiles() -> list[str]:
    return tracked("Dockerfile", "**/Dockerfile", "**/*.Dockerfile")


def test_python_follows_the_rules_of_ruff() -> None:
    expect_content("ruff", "check", "--quiet", ".")


def test_python_is_formatted() -> None:
    expect_content("ruff", "format", "--check", "--quiet", ".")


def test_types_are_strict_and_right() -> None:
    expect_content(*MYPY)


def test_shell_scripts_are_sound() -> None:
    scripts = shell_scripts()

    assert ".ci/run" in scripts
    expect_content("shellcheck", "--severity=style", *scripts)


def test_dockerfiles_are_sound() -> None:
    files = dockerfiles()

    assert "Dockerfile" in files
    expect_content(*HADOLINT, *files)


def test_yaml_is_sound() -> None:
    files = tracked("*.yaml", "*.yml")

    assert "compose.yaml" in files
    expect_content(*YAMLLINT, *files)


PLANTED: list[tuple[str, str, Sequence[str], str]] = [
    ("unused.py", "import os\n", ["ruff", "check", "--isolated"], "F401"),
    ("crooked.py", "x  =  1\n", ["ruff", "format", "--check", "--isolated"], "would be reformatted"),
    ("wrong.py", "number: int = 'one'\n", ["mypy", "--strict", "--config-file="], "Incompatible types"),
    ("unquoted.sh", "#!/bin/sh\nrm -r $1/x\n", ["shellcheck"], "SC2086"),
    ("Dockerfile", "FROM debian:trixie-slim\nRUN cd /tmp\n", HADOLINT, "DL3003"),
    ("double.yaml", "a: 1\na: 2\n", YAMLLINT, "duplication of key"),
]


@pytest.mark.parametrize(("name", "text", "command", "complaint"), PLANTED, ids=[case[0] for case in PLANTED])
def test_a_planted_mistake_is_found(
    tmp_path: Path, name: str, text: str, command: Sequence[str], complaint: str
) -> None:
    (tmp_path / name).write_text(text)

    assert complaint in complaints(*command, name, cwd=tmp_path)


def test_mypy_reads_the_django_models() -> None:
    """Without its plugin mypy takes every field for Any, and would be content with anything."""
    program = "from people.models import Team\n\ndef broken(team: Team) -> int:\n    return team.name\n"

    said = complaints("mypy", "-c", program)

    assert 'Incompatible return value type (got "str", expected "int")' in said
