"""`./witw down`: stop, and with `--purge` leave nothing behind."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from dev import cluster, console, purge, registry, settings, state
from dev.commands import STACK
from dev.compose import Compose

PANEL = STACK


def command(
    *,
    remove: Annotated[
        bool, typer.Option("--purge", help="Remove everything that was created, data and caches too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a purge.")] = False,
    kind: Annotated[
        bool, typer.Option("--kind", help="The cluster: stop its nodes, or remove it with --purge.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="With --kind: the cluster's name, the project's by default.")
    ] = None,
) -> None:
    """Stop the stack; the data stays.

    With `--purge` everything that `./witw` created goes: containers, volumes, images, networks, `.witw`, the
    caches, `.venv`, and the engine if it was installed by `./witw up` and holds nothing of others.
    """
    chosen = settings.load()
    if kind:
        _cluster(name or chosen.project, chosen, remove=remove)
        return
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


def _cluster(name: str, chosen: settings.Settings, *, remove: bool) -> None:
    with state.only_one("down --kind"):
        if remove:
            gone = cluster.delete(name, chosen)
            if gone:
                registry.forget(chosen, name)
            console.out.print(f"removed the cluster {name}" if gone else f"there is no cluster {name}")
        else:
            stopped = cluster.stop(name)
            console.out.print(
                f"stopped {', '.join(stopped)}; the data is kept" if stopped else "nothing is running here"
            )


def _stop(chosen: settings.Settings) -> bool:
    if not purge.engine_answers():
        return False
    compose = Compose(chosen)
    found = compose.containers()
    compose.down()
    return bool(found)
