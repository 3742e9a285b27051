"""`./witw k9s`: k9s on a cluster of this checkout, where it is installed."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from dev import cluster, process, settings
from dev.commands import STACK
from dev.errors import HostError

PANEL = STACK

CONTEXT = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


def command(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="The cluster; `up --kind`'s by default.")] = None,
) -> int:
    """Look at a cluster of this checkout with k9s, if it is installed."""
    chosen = settings.load()
    found = cluster.find_awake(name or chosen.project, chosen)
    if (program := shutil.which("k9s")) is None:
        raise HostError("k9s is not installed", remedy="install it (k9scli.io), or use ./witw kubectl")
    # Whatever context was made the current one: this cluster and no other.
    options = [f"--kubeconfig={found.kubeconfig}", f"--context=kind-{found.name}"]
    return process.hand_over([program, *options, *context.args])
