"""The database's schema against this code: which migrations came with it, and which of them are not applied.

Nothing here loads an app, so that who only waits for migrations need not either.
"""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import psycopg2
from django.conf import settings

from ops.probe_connection import ProbeConnection

SHOWN = 3


@cache
def known() -> frozenset[tuple[str, str]]:
    """The (app, name) of every migration on disk."""
    return frozenset(
        (label, module.name)
        for label, folder in _apps()
        for module in iter_modules([str(folder / "migrations")])
        if not module.name.startswith("_")
    )


def missing(connection: ProbeConnection) -> str:
    """Which of them the database has not seen, in words; empty when it has seen all.

    Raises:
        DeadlineError: no answer in time.
        psycopg2.Error: the server refused.
    """
    try:
        applied = set(connection.rows("SELECT app, name FROM django_migrations"))
    except psycopg2.errors.UndefinedTable:
        applied = set()
    absent = sorted(known() - applied)
    some = ", ".join(".".join(one) for one in absent[:SHOWN])
    return f"{len(absent)} not applied ({some})" if absent else ""


def _apps() -> Iterator[tuple[str, Path]]:
    """Label and folder of each installed app, by its name alone, whose last part is the label."""
    for entry in settings.INSTALLED_APPS:
        top, *rest = entry.partition(".apps.")[0].split(".")
        spec = find_spec(top)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            yield (rest or [top])[-1], Path(folder, *rest)
