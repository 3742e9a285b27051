"""The people of a load run: made in the stack's database before it, taken away after it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev import state
from dev.errors import ProcessError, StackError

SCRIPT = Path(__file__).with_name("in_app.py")

TIMEOUT = 300.0
"""Seconds for two thousand people on a machine that is busy otherwise."""

Manage = Callable[[str], str]
"""Runs Python code, given on the standard input, in a shell of the app; returns what it prints."""

SHELL = ("python", "manage.py", "shell", "--no-imports", "-c", "import sys; exec(sys.stdin.read())")
"""Code and passwords come on the standard input: arguments are for everybody to see."""


def make(manage: Manage, number: int, file: Path) -> str:
    """Make people and write down who they are, for nobody else to read.

    Returns:
        The tag that their teams carry.

    Raises:
        StackError: The app could not make them.
    """
    tag = secrets.token_hex(4)
    made = _ask(manage, {"tag": tag, "make": number})
    state.write(file, json.dumps(made), mode=0o600)
    return tag


def remove(manage: Manage, file: Path) -> int:
    """Take away the people of a file, and the file; returns how many teams went.

    Raises:
        StackError: The app could not take them away; a later run does after some hours.
    """
    made = json.loads(file.read_text())
    sessions = [cookie for person in made["people"] for cookie in person["cookies"].values()]
    done = _ask(manage, {"tag": made["tag"], "sessions": sessions})
    file.unlink()
    return int(done["removed"])


@contextmanager
def crowd(manage: Manage, number: int, file: Path) -> Iterator[Path]:
    """People as long as the block runs."""
    make(manage, number, file)
    try:
        yield file
    finally:
        remove(manage, file)


def _ask(manage: Manage, wish: dict[str, Any]) -> dict[str, Any]:
    try:
        said = manage(f"{SCRIPT.read_text()}\nmain({wish!r})\n")
        return dict(json.loads(said.splitlines()[-1]))
    except ProcessError as error:
        raise StackError(
            "the app could not make or take away the people of the load run",
            details=error.tail(),
            remedy="see the lines above; it needs its cities (`manage.py import_cities`) and its database",
        ) from error
    except (IndexError, ValueError) as error:
        raise StackError(
            "the app made no people for the load run and did not say why", remedy="./witw logs app"
        ) from error
