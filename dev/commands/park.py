"""`./witw park`: put what is up to sleep."""

from __future__ import annotations

from typing import Annotated

import typer

from dev import console, park, parked, settings, state
from dev.commands import STACK

PANEL = STACK

Name = Annotated[str | None, typer.Option("--name", help="Only this cluster of `up --kind`.")]
OnlyCompose = Annotated[bool, typer.Option("--compose", help="Only the containers, no cluster.")]


def command(
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Stop it, which frees the memory too; it wakes more slowly.")
    ] = False,
    name: Name = None,
    only_compose: OnlyCompose = False,
) -> None:
    """Put all that is up to sleep, with its data: it takes no CPU until `./witw resume`.

    Frozen, it keeps its memory and is back within a second; with `--deep` it is stopped. Time goes on
    outside: what was due meanwhile is done when it wakes.
    """
    chosen = settings.load()
    with state.only_one("park"):
        for stack in park.choose(chosen, name, only_compose=only_compose):
            if park.park(stack, deep=deep):
                said = "stopped" if deep else "frozen"
                console.out.print(f"parked the {stack.title}: {said}; `./witw resume` wakes it")
            else:
                console.out.print(
                    f"the {stack.title} is {parked.said(stack.title)} already; nothing was changed"
                )
