"""The database backend: counting, and noticing that a connection is gone."""

import time
from typing import cast

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from ops.database.base import TRUSTED_FOR, DatabaseWrapper, _is_silent

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> DatabaseWrapper:
    """The connection of this thread, in use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return cast("DatabaseWrapper", connections["default"])


def server_side_id() -> int:
    """The server process behind the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_server_process(number: int) -> None:
    """What a restart of the server does to a connection."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [number])
    finally:
        other.close()
    time.sleep(0.1)


def test_statements_and_their_time_are_tallied() -> None:
    wrapper = backend()
    wrapper.take_tally()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")
        cursor.execute("SELECT 1")
    statements, seconds = wrapper.take_tally()
    assert statements == 2
    assert 0.05 <= seconds < 1
    assert wrapper.take_tally() == (0, 0.0)


def test_a_failing_statement_counts_too() -> None:
    wrapper = backend()
    wrapper.take_tally()
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert wrapper.take_tally()[0] == 1


def test_a_commit_takes_time_as_well() -> None:
    wrapper = backend()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        wrapper.take_tally()
    assert wrapper.take_tally()[1] > 0


def test_a_connection_that_just_answered_is_not_asked_again() -> None:
    wrapper = backend()
    with CaptureQueriesContext(connection) as captured:
        wrapper._answered = time.monotonic() - TRUSTED_FOR * 2
        assert wrapper.is_usable()
        wrapper._answered = time.monotonic()
        wrapper.connection = Untouchable(wrapper.connection)
        try:
            assert wrapper.is_usable()
        finally:
            wrapper.connection = wrapper.connection.real
    assert len(captured) == 0


class Untouchable:
    """A connection that must not be used, only looked at."""

    def __init__(self, real: object) -> None:
        self.real = real
        self.closed = 0

    def fileno(self) -> int:
        return self.real.fileno()  # type: ignore[attr-defined,no-any-return]


def test_a_connection_that_the_server_closed_is_noticed_at_once() -> None:
    wrapper = backend()
    end_server_process(server_side_id())
    assert not _is_silent(wrapper.connection)
    assert not wrapper.is_usable()
    wrapper.close()


def test_a_request_after_a_restart_of_the_server_gets_a_new_connection() -> None:
    before = server_side_id()
    end_server_process(before)
    connection.health_check_done = False
    connection.health_check_enabled = True
    try:
        assert server_side_id() != before
    finally:
        connection.health_check_enabled = False


def test_a_closed_connection_is_not_silent() -> None:
    wrapper = backend()
    raw = wrapper.connection
    wrapper.close()
    assert not _is_silent(raw)
