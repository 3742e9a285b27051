"""`./witw shell`: into a container."""

from __future__ import annotations

from typing import Annotated

import typer

from dev import settings
from dev.commands import STACK
from dev.compose import Compose
from dev.errors import StackError

PANEL = STACK


def command(
    service: Annotated[str, typer.Argument(metavar="[SERVICE]", help="Whose container.")] = "app",
    *,
    django: Annotated[
        bool, typer.Option("--django", help="Django's Python shell, with the models at hand.")
    ] = False,
    db: Annotated[bool, typer.Option("--db", help="psql on the app's database.")] = False,
) -> int:
    """Open a shell in a running container, a Django shell or psql."""
    compose = Compose(settings.load())
    compose.require_services([service])
    if django:
        service, program = "app", ["python", "manage.py", "shell"]
    elif db:
        service, program = "postgres", ["psql", "--host=/run/postgresql", "--username=postgres", "witw"]
    else:
        program = ["sh", "-c", "exec $(command -v bash || echo sh)"]
    if not compose.is_running(service):
        raise StackError(f"{service} does not run", remedy="./witw up")
    return compose.exec_in_terminal(service, *program)
