"""`./witw status`: what runs, how it is, and where."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from dev import console, engine, settings
from dev.commands import STACK
from dev.compose import Compose, is_ready, service_of, state_of
from dev.errors import StackError

PANEL = STACK


def command() -> int:
    """Show the containers, their state and their ports. The exit code is 0 when all of them are ready."""
    chosen = settings.load()
    containers = Compose(chosen).containers() if engine.find() else []
    if not containers:
        raise StackError("nothing is up here", remedy="./witw up")
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
    console.out.print(
        f"[bold]The app[/]  {chosen.url}" if ready else "not ready; `./witw logs SERVICE` says why"
    )
    return 0 if ready else 1


def _ports(ports: dict[str, list[dict[str, str]] | None]) -> str:
    return ", ".join(
        f"{binding['HostIp']}:{binding['HostPort']}"
        for bindings in ports.values()
        for binding in bindings or []
    )
