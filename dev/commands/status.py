"""`./witw status`: what runs, how it is, and where."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from dev import cluster_status, console, engine, park, parked, settings
from dev.commands import STACK
from dev.compose import Compose, is_ready, service_of, state_of
from dev.errors import StackError

PANEL = STACK


def command() -> int:
    """Show what runs: containers with their ports, and the pods of clusters. 0 when all of it is ready."""
    chosen = settings.load()
    there = bool(engine.find())
    containers = Compose(chosen).containers() if there else []
    clusters = cluster_status.all_of_them(chosen) if there else []
    if not containers and not clusters:
        raise StackError("nothing is up here", remedy="./witw up, or ./witw up --kind")
    ready = True
    if containers:
        ready = _containers(chosen, containers)
    if clusters:
        ready = _clusters(clusters) and ready
    return 0 if ready else 1


def _containers(chosen: settings.Settings, containers: list[dict[str, Any]]) -> bool:
    table = Table("service", "container", "state", "since", "ports")
    for container in containers:
        table.add_row(
            service_of(container),
            str(container["Name"]).lstrip("/"),
            f"[{'green' if is_ready(container) else 'red'}]{escape(state_of(container))}",
            ""
            if state_of(container) == "created"
            else container["State"]["StartedAt"][:19].replace("T", " "),
            _ports(container["NetworkSettings"]["Ports"] or {}),
        )
    console.out.print(table)
    ready = all(is_ready(container) for container in containers)
    if ready:
        console.out.print(f"[bold]The app[/]  {chosen.url}")
    elif park.compose(chosen).is_asleep() and (note := parked.read(f"compose {chosen.project}")):
        console.out.print(f"{note}, `./witw resume`")
    else:
        console.out.print("not ready; `./witw logs SERVICE` says why")
    return ready


def _clusters(clusters: list[cluster_status.Status]) -> bool:
    table = Table("cluster", "namespace", "pods", "not ready")
    for one in clusters:
        for line in one.lines:
            table.add_row(line.cluster, line.namespace, line.pods, f"[red]{escape(line.problem)}")
    console.out.print(table)
    for one in clusters:
        if one.ready:
            console.out.print(f"[bold]The app[/]  {one.url} (cluster {one.name})", soft_wrap=True)
        for layer, url in one.pages.items():
            console.out.print(f"[bold]{layer}[/]  {url} (cluster {one.name})", soft_wrap=True)
    return all(one.ready for one in clusters)


def _ports(ports: dict[str, list[dict[str, str]] | None]) -> str:
    return ", ".join(
        f"{binding['HostIp']}:{binding['HostPort']}"
        for bindings in ports.values()
        for binding in bindings or []
    )
