"""A database connection that gives up at a deadline, whatever the other side does or leaves undone."""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings


class DeadlineError(Exception):
    """The database has not answered in time."""


class ProbeConnection:
    """A connection of its own, so that a probe neither waits for nor disturbs those of requests."""

    def __init__(self, deadline: float) -> None:
        """Connect.

        Args:
            deadline: in `time.monotonic()`; beyond it every wait ends.

        Raises:
            DeadlineError: no connection by then.
            psycopg2.Error: the server refused.
        """
        self._deadline = deadline
        self._connection = psycopg2.connect(**_parameters(), async_=True)
        self._wait()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            self._wait()
            return list(cursor.fetchall())

    def close(self) -> None:
        """Hang up, answered or not."""
        self._connection.close()

    def _wait(self) -> None:
        while (state := self._connection.poll()) != psycopg2.extensions.POLL_OK:
            poll = select.poll()
            wanted = select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT
            poll.register(self._connection.fileno(), wanted)
            left = self._deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise DeadlineError("no answer in time")


@contextmanager
def connect(deadline: float) -> Iterator[ProbeConnection]:
    """A probe's connection, closed at the end."""
    connection = ProbeConnection(deadline)
    try:
        yield connection
    finally:
        connection.close()


def _parameters() -> dict[str, Any]:
    database = settings.DATABASES["default"]
    options = database["OPTIONS"]
    return {
        "host": database["HOST"],
        "port": database["PORT"],
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        **{name: value for name, value in options.items() if name.startswith("ssl")},
        "application_name": f"{options['application_name']} probe",
    }
