"""`./witw lock`: the lock files, made anew from pyproject.toml."""

from __future__ import annotations

from typing import Annotated

import typer
import uv

from dev import console, index, process
from dev.commands import REPO
from dev.errors import HostError, ProcessError
from dev.settings import ROOT

PANEL = REPO

LOCKS = {
    "app/requirements.txt": ["pyproject.toml"],
    "dev/requirements.txt": ["--group=dev"],
    "tests/requirements.txt": [
        "pyproject.toml",
        "--group=dev",
        "--group=test",
        "--group=frontend",
        "--group=load",
    ],
    "tests/load/requirements.txt": ["--group=load"],
    "app/web/frontend/node-requirements.txt": ["--group=frontend"],
}
"""Each lock file and what of pyproject.toml it holds: the project's dependencies, or a group's."""

COMPILE = [
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
]
"""For every platform and Python from 3.11 on; with hashes, without the address that they came from."""

TIMEOUT = 300.0


def command(
    *,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", "-U", help="Take the newest versions that fit.")
    ] = False,
) -> None:
    """Make the requirements.txt from pyproject.toml.

    What is pinned stays pinned unless pyproject.toml no longer allows it, or `--upgrade` is given.
    """
    for file, sources in LOCKS.items():
        before = (ROOT / file).read_text() if (ROOT / file).exists() else ""
        arguments = [*COMPILE, *sources, "--output-file", file, *(["--upgrade"] if upgrade else [])]
        try:
            process.run([uv.find_uv_bin(), *arguments], timeout=TIMEOUT, env=index.for_uv(), cwd=ROOT)
        except ProcessError as error:
            raise HostError(
                f"{file} could not be made",
                details=error.tail(),
                remedy="see the lines above: a version that does not exist, or an index that is not reached",
            ) from error
        changed = (ROOT / file).read_text() != before
        console.out.print(f"{file}: {'changed' if changed else 'as it was'}")
