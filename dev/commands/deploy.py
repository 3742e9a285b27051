"""`./witw deploy`: what has changed, built, pushed and rolled out to a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dev import (
    cluster,
    cluster_up,
    console,
    deploy,
    helmfile,
    images,
    platform_values,
    release,
    settings,
    state,
    suggest,
    target,
)
from dev.commands import STACK
from dev.commands.up import prepare
from dev.errors import WitwError

PANEL = STACK

Files = Annotated[
    list[Path] | None,
    typer.Option("--values", "-f", metavar="FILE", help="Values of the app's chart, on top of all others."),
]


def command(
    environment: Annotated[
        str | None,
        typer.Option(
            "--env", metavar="NAME", help="Environment of dev/platform/helmfile.yaml; `local` by default."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The cluster of `up --kind`; the project's by default.")
    ] = None,
    context: Annotated[
        str | None,
        typer.Option("--context", help="Another cluster: a context of the kubeconfig. Never guessed."),
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig", metavar="FILE", help="With --context: where it stands.")
    ] = None,
    values: Files = None,
    diff: Annotated[bool, typer.Option("--diff/--no-diff", help="Show what will change.")] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, with --context.")] = False,
) -> None:
    """Roll out what has changed, and wait until it is ready.

    To a cluster of ours: builds and pushes the images whose content has changed, shows the diff of the
    releases that they concern (secrets left out), brings releases back that an interrupted run left pending,
    and upgrades. Where nothing has changed it does nothing.

    To another cluster, which has to be named by `--context`: shows the diff, asks, upgrades. Images come from
    where the environment's values say; `./witw push` brings them there.
    """
    chosen = settings.load()
    chosen_environment = environment or cluster_up.ENVIRONMENT
    suggest.check("environment", chosen_environment, release.environments())
    files = _readable(values or [])
    if context is None:
        if chosen_environment != cluster_up.ENVIRONMENT or kubeconfig is not None:
            raise WitwError(
                f"the environment {chosen_environment} is for a cluster that is not ours, and none was named",
                remedy="name it: --context CONTEXT [--kubeconfig FILE]",
            )
        _to_ours(chosen, name or chosen.project, files, diff=diff)
        return
    if name is not None or chosen_environment == cluster_up.ENVIRONMENT:
        raise WitwError(
            "--context names a cluster that is not ours; --name and the environment local are for ours",
            remedy="leave out --context, or choose another environment: --env "
            + "|".join(one for one in release.environments() if one != cluster_up.ENVIRONMENT),
        )
    to = target.of_context(context, kubeconfig, chosen)
    with state.only_one("deploy"), console.Report() as report:
        runner = helmfile.get(to, chosen_environment, chosen, files)
        deploy.run(runner, report, confirm=None if yes else lambda: _confirm(report, context))
    console.out.print(report.table())


def _to_ours(chosen: settings.Settings, name: str, files: tuple[Path, ...], *, diff: bool) -> None:
    # Before anything is built.
    found = cluster.find(name, chosen)
    with state.only_one("deploy"), console.Report() as report:
        compose = prepare(chosen, report, profiles=platform_values.chosen_layers(found.name, ()))
        wishes = cluster_up.Wishes(found.name, values=files, diff=diff)
        to = cluster_up.bring_up(chosen, compose, report, wishes)
        if report.changed:
            images.remove_superseded()
    console.out.print(report.table())
    if not report.changed:
        console.out.print("Nothing has changed since the last time; nothing was done.")
    console.out.print(f"[bold]The app[/]  {platform_values.public_url(to.ours, chosen)}", soft_wrap=True)


def _confirm(report: console.Report, context: str) -> None:
    with report.paused():
        typer.confirm(f"Bring this to {context}?", abort=True)


def _readable(files: list[Path]) -> tuple[Path, ...]:
    if missing := [str(file) for file in files if not file.is_file()]:
        raise WitwError(f"there is no values file {', '.join(missing)}", remedy="correct the path")
    if odd := [str(file) for file in files if ":" in str(file.absolute())]:
        raise WitwError(f"{', '.join(odd)} has a colon in its path", remedy="rename or move it")
    return tuple(files)
