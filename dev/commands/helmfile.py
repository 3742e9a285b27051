"""`./witw helmfile`: helmfile's own CLI for a cluster of this checkout."""

from __future__ import annotations

from typing import Annotated

import typer

from dev import cluster, cluster_up, helmfile, process, settings, target
from dev.commands import STACK

PANEL = STACK

CONTEXT = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True}


def command(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="The cluster; `up --kind`'s by default.")] = None,
) -> int:
    """Run helmfile on dev/platform/helmfile.yaml and a cluster of this checkout: `./witw helmfile diff`.

    With the environment `local`, our Helm and its diff plugin. What is applied by hand is looked at again by
    the next `./witw deploy`.
    """
    chosen = settings.load()
    found = cluster.find_awake(name or chosen.project, chosen)
    runner = helmfile.get(target.of_cluster(found, chosen), cluster_up.ENVIRONMENT, chosen)
    return process.hand_over(runner.command(context.args), env=runner.variables)
