"""`./witw logs`: what the containers say."""

from __future__ import annotations

from typing import Annotated

import typer

from dev import settings
from dev.commands import STACK
from dev.compose import Compose

PANEL = STACK


def command(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Which; all when none is named.")
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is said from now on.")
    ] = False,
    tail: Annotated[int, typer.Option("--tail", "-n", min=0, help="Lines of each container.")] = 100,
) -> int:
    """Show the last log lines of the stack or of some of its services."""
    compose = Compose(settings.load())
    compose.require_services(services or [])
    return compose.hand_over("logs", f"--tail={tail}", *(["--follow"] if follow else []), *(services or []))
