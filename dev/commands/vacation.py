"""`./witw vacation`: let the app in a cluster sleep for some days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from dev import cluster, console, settings, state, target, vacation, vacation_plan
from dev.commands import STACK
from dev.errors import WitwError
from dev.target import Target
from dev.vacation import Vacation

PANEL = STACK


def command(
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The day it begins.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The day it ends.")] = None,
    wake: Annotated[str, typer.Option(metavar="HH:MM", help="When the app wakes on the last day.")] = "08:00",
    sleep: Annotated[
        str, typer.Option(metavar="HH:MM", help="When it falls asleep on the first day.")
    ] = "19:00",
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="Of these times; this machine's own by default.")
    ] = "",
    *,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End it: wake the app and forget what is planned.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="The cluster of `up --kind`; the project's by default.")
    ] = None,
    context: Annotated[
        str | None, typer.Option("--context", help="Another cluster: a context of the kubeconfig.")
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig", metavar="FILE", help="With --context: where it stands.")
    ] = None,
) -> None:
    """Scale the app to zero for some days, and back to where it was.

    From `--sleep` on the first day to `--wake` on the last one, by jobs in the cluster itself: this machine
    may be off meanwhile. The database stays. People are told by the gateway that the app is away. Without
    options: what is planned.
    """
    chosen = settings.load()
    now = dt.datetime.now(dt.UTC)
    if bool(first) != bool(last) or (cancel and first):
        raise WitwError(
            "a vacation has a beginning and an end, and --cancel neither",
            remedy="./witw vacation --from DATE --to DATE, or ./witw vacation --cancel",
        )
    if first and last:
        # What cannot be read is said before a cluster is asked.
        vacation.plan(first, last, sleep=sleep, wake=wake, zone=timezone, now=now)
    to = _target(chosen, name, context, kubeconfig)
    sleeper = vacation_plan.find(to)
    planned = vacation_plan.read(to)
    left = [one for one in planned if one.ends > now]
    if cancel:
        with state.only_one("vacation"):
            woken = vacation_plan.wake(to, sleeper)
            vacation_plan.write(to, sleeper, [])
        done = ["the app wakes"] if woken else []
        done += [f"no longer planned: {one}" for one in left]
        console.out.print("\n".join(done) or "no vacation is planned; nothing was changed", soft_wrap=True)
        return
    if first and last:
        made = vacation.plan(first, last, sleep=sleep, wake=wake, zone=timezone, now=now, others=left)
        with state.only_one("vacation"):
            vacation_plan.write(to, sleeper, sorted([*left, made], key=lambda one: one.begins))
        left = [made]
    _say(to, left, sleeper.until)


def _target(
    chosen: settings.Settings, name: str | None, context: str | None, kubeconfig: Path | None
) -> Target:
    if context is not None and name is None:
        return target.of_context(context, kubeconfig, chosen)
    if context is not None or kubeconfig is not None:
        raise WitwError(
            "--name is for a cluster of ours, --context and --kubeconfig for another",
            remedy="use one of them",
        )
    return target.of_cluster(cluster.find_awake(name or chosen.project, chosen), chosen)


def _say(to: Target, vacations: list[Vacation], until: dt.datetime | None) -> None:
    for one in vacations:
        asleep = until is not None and one.ends == until
        console.out.print(
            f"the app in the {to.name} {'is asleep' if asleep else 'sleeps'} {one}: it wakes {one.wakes}",
            soft_wrap=True,
        )
    if not vacations:
        console.out.print(f"no vacation is planned in the {to.name}")
