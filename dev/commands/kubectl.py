"""`./witw kubectl`: kubectl for a cluster of this checkout, without touching the user's configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from dev import cluster, process, settings
from dev.commands import STACK

PANEL = STACK

CONTEXT = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


def command(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="The cluster; `up --kind`'s by default.")] = None,
) -> int:
    """Run kubectl against a cluster of this checkout: `./witw kubectl get pods -A`.

    Options of ours come before kubectl's own words, so that those pass as they are.
    """
    chosen = settings.load()
    found = cluster.find_awake(name or chosen.project, chosen)
    return process.hand_over([*found.command, *context.args])
