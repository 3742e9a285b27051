"""People and trips to measure with, in a team or in a database of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dev.compose import Compose
from dev.errors import ProcessError, StackError

PEOPLE = 50
DATABASE = "witw_bench"
TIMEOUT = 1800.0
"""Seconds for the longest step: a million trips."""

Manage = Callable[..., str]
"""Runs `manage.py` with some arguments; returns what it prints."""


def in_stack(compose: Compose) -> Manage:
    """`manage.py` in the running app."""

    def manage(*arguments: str) -> str:
        return _run(compose, "exec", "--no-TTY", "app", "python", "manage.py", *arguments)

    return manage


@contextmanager
def database(compose: Compose) -> Iterator[Manage]:
    """`manage.py` with a new database beside that of the app, with tables and cities; it goes at the end."""

    def manage(*arguments: str) -> str:
        # The one-shot service's settings: straight to the primary, no time limit on statements.
        one_shot = ["run", "--rm", "--no-deps", "--no-TTY", f"--env=DB_NAME={DATABASE}", "migrate"]
        return _run(compose, *one_shot, "python", "manage.py", *arguments)

    def sql(statement: str) -> None:
        _run(
            compose,
            "exec",
            "--no-TTY",
            "postgres",
            "psql",
            "--quiet",
            "--dbname=postgres",
            f"--command={statement}",
        )

    sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    sql(f"CREATE DATABASE {DATABASE} OWNER witw")
    try:
        manage("migrate", "--no-input", "--verbosity=0")
        manage("import_cities", "--verbosity=0")
        yield manage
    finally:
        sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


@contextmanager
def team(manage: Manage, trips: int) -> Iterator[None]:
    """A team of fifty with so many trips and their matches; it goes at the end."""
    seed(manage, trips=trips)
    try:
        yield
    finally:
        manage("seed_bench", "--remove")


def seed(manage: Manage, *, trips: int, teams: int = 1, matches: bool = True) -> None:
    """Add teams of fifty people, each with so many trips."""
    options = [] if matches else ["--no-matches"]
    manage("seed_bench", f"--teams={teams}", f"--people={PEOPLE}", f"--trips={trips}", *options)


def measure(manage: Manage, *arguments: str) -> dict[str, Any]:
    """What `manage.py measure_bench` finds out."""
    said = manage("measure_bench", *arguments)
    return dict(json.loads(said.splitlines()[-1]))


def _run(compose: Compose, *arguments: str) -> str:
    try:
        return compose.run(*arguments, timeout=TIMEOUT).stdout
    except ProcessError as error:
        raise StackError(
            f"`{' '.join(error.command[-4:])}` failed in the stack",
            details=error.tail(),
            remedy="see the lines above",
        ) from error
