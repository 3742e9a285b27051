"""`manage.py prepare`: bring the database up to this code, once, however many ask for it at the same time."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from assets import keeping

LOCK = 0x70_72_65_70_61_72_65  # "prepare": the advisory lock that this command holds
PAUSE = 0.5


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Apply the migrations, keep the static files and import the cities. Several at a time (upgrades that "
        "overlap) take turns by an advisory lock, and whoever comes later finds everything done. Needs "
        "PostgreSQL itself, not a pooler that hands one session to several clients."
    )

    # An image is checked when it is tested. Here that would load every view, which is a tenth of the time
    # that this takes where there is nothing to do, as at most updates.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--timeout",
            type=float,
            default=300,
            help="seconds to wait for the database, and for another run to end (default: %(default)s)",
        )

    def handle(self, *args: Any, timeout: float, verbosity: int, **options: Any) -> None:
        deadline = time.monotonic() + timeout
        self._reach_database(deadline)
        with self._turn(deadline):
            call_command("migrate", interactive=False, verbosity=verbosity, stdout=self.stdout)
            new, forgotten = keeping.keep(settings.STATIC_KEEP_DAYS)
            self.stdout.write(f"Static files: {new} new ones kept, {forgotten} old ones forgotten.")
            call_command("import_cities", verbosity=verbosity, stdout=self.stdout, stderr=self.stderr)

    def _reach_database(self, deadline: float) -> None:
        """Connect, however long the database takes to start."""
        waiting = False
        while True:
            try:
                connection.ensure_connection()
            except OperationalError as error:
                why = " ".join(str(error).split())
                if time.monotonic() > deadline:
                    raise CommandError(f"The database cannot be reached: {why}") from error
                if not waiting:
                    self.stdout.write(f"Waiting for the database: {why}")
                waiting = True
                time.sleep(PAUSE)
            else:
                return

    @contextmanager
    def _turn(self, deadline: float) -> Iterator[None]:
        """Hold the lock.

        It is asked for again and again, not waited for: a waiting statement would hold up the other run where
        that builds an index concurrently. It is the session's, so it goes with the connection if this process
        dies.
        """
        waiting = False
        while not _try_lock():
            if time.monotonic() > deadline:
                raise CommandError(
                    "Another `prepare` holds the lock and does not end. Look at its log; the lock goes when "
                    "that process is stopped."
                )
            if not waiting:
                self.stdout.write("Waiting for another `prepare` to end.")
            waiting = True
            time.sleep(PAUSE)
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (taken,) = cursor.fetchone()
    return bool(taken)
