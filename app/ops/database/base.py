"""Django's PostgreSQL backend that also counts what it does, and asks cheaply whether a connection lives."""

import select
import time
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

# A connection that answered this recently (seconds) and whose socket is silent is not asked again.
TRUSTED_FOR = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with a tally: statements and seconds since `take_tally` was called last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._statements = 0
        self._seconds = 0.0
        self._answered = 0.0
        self.execute_wrappers.append(self._timed)

    def take_tally(self) -> tuple[int, float]:
        """Statements and seconds spent since the last call."""
        tally = self._statements, self._seconds
        self._statements, self._seconds = 0, 0.0
        return tally

    def is_usable(self) -> bool:
        """Whether the server is still there.

        Django asks before every request. When the server or the pooler goes it closes the socket, which shows
        here without a round trip; only a connection that idled, failed or has something to read is asked by a
        query.
        """
        if (
            not self.errors_occurred
            and time.monotonic() - self._answered < TRUSTED_FOR
            and _is_silent(self.connection)
        ):
            return True
        return bool(super().is_usable())

    def _timed(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            result = execute(sql, params, many, context)
            self._answered = time.monotonic()
            return result
        finally:
            self._statements += 1
            self._seconds += time.perf_counter() - begun

    def _commit(self) -> None:
        begun = time.perf_counter()
        try:
            super()._commit()  # type: ignore[misc]  # django-stubs leave it out
        finally:
            self._seconds += time.perf_counter() - begun


def _is_silent(connection: Any) -> bool:
    """Whether nothing waits to be read: neither an end of file nor a farewell of the server."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
