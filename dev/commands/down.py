"""`./witw down`: stop, and with `--purge` leave nothing behind."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from dev import console, purge, settings, state
from dev.commands import STACK
from dev.compose import Compose

PANEL = STACK


def command(
    *,
    remove: Annotated[
        bool, typer.Option("--purge", help="Remove everything that was created, data and caches too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a purge.")] = False,
) -> None:
    """Stop the stack; the data stays.

    With `--purge` everything that `./witw` created goes: containers, volumes, images, networks, `.witw`, the
    caches, `.venv`, and the engine if it was installed by `./witw up` and holds nothing of others.
    """
    chosen = settings.load()
    if remove and not yes:
        typer.confirm("Remove the stack with its data, images and caches?", abort=True)
    with state.only_one("down"):
        if not remove:
            stopped = _stop(chosen)
            console.out.print("stopped; the data is kept" if stopped else "nothing is running here")
            return
        for line in purge.everything(chosen):
            console.out.print(f"removed {line}", soft_wrap=True)
    # The lock lies in this folder, so it is the last to go.
    shutil.rmtree(state.FOLDER, ignore_errors=True)


def _stop(chosen: settings.Settings) -> bool:
    if not purge.engine_answers():
        return False
    compose = Compose(chosen)
    found = compose.containers()
    compose.down()
    return bool(found)
