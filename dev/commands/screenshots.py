"""`./witw screenshots`: the pictures in the documentation, taken by the browser tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dev import console, index, process, settings
from dev.commands import REPO
from dev.errors import ProcessError, StackError

PANEL = REPO

PICTURES = settings.ROOT / "dev" / "pictures"
PICK = ("-k", "picture")
TIMEOUT = 1800.0
"""Seconds; the first run installs Chromium into an image."""


def command(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the pictures go.")] = PICTURES,
) -> None:
    """Take the pictures that the documentation shows: what the demo people see, in a stack of their own."""
    with console.Report() as report, report.stage("screenshots") as stage:
        try:
            process.run(
                [
                    sys.executable,
                    "-m",
                    "tox",
                    "run",
                    "-e",
                    "browser",
                    "--",
                    *PICK,
                    f"--pictures={to.resolve()}",
                ],
                timeout=TIMEOUT,
                env=index.for_uv(),
                cwd=settings.ROOT,
                on_line=lambda line: stage.say(line.strip()),
            )
        except ProcessError as error:
            raise StackError(
                "the pictures could not be taken",
                details=error.tail(20),
                remedy="see the lines above; `tox run -e browser -- -k picture` shows more",
            ) from error
        stage.say(f"{len(list(to.glob('*.png')))} pictures in {to}")
