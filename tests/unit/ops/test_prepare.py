"""`manage.py prepare`, which Kubernetes runs before every upgrade and which may run twice at once."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from assets import keeping
from ops.management.commands import prepare

ALL = ["migrate", "keep for 30 days", "import_cities"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were called. They have tests of their own, and an import takes seconds."""
    called: list[str] = []

    def note(name: str, **options: Any) -> None:
        called.append(name)

    monkeypatch.setattr(prepare, "call_command", note)
    monkeypatch.setattr(keeping, "keep", lambda days: called.append(f"keep for {days:g} days") or (7, 1))
    return called


@pytest.fixture
def other_session() -> Iterator[Any]:
    """A connection of somebody else."""
    session = psycopg2.connect(**connection.get_connection_params())
    session.autocommit = True
    yield session.cursor()
    session.close()


def run(**options: Any) -> str:
    """The command's output."""
    output = io.StringIO()
    call_command("prepare", stdout=output, **options)
    return output.getvalue()


def hold(cursor: Any) -> None:
    """Take the lock as another run would."""
    cursor.execute("SELECT pg_advisory_lock(%s)", [prepare.LOCK])


def test_migrations_come_first(calls: list[str]) -> None:
    assert "7 new ones kept, 1 old ones forgotten" in run()
    assert calls == ALL


def test_the_lock_is_free_afterwards(calls: list[str], other_session: Any) -> None:
    run()
    other_session.execute("SELECT pg_try_advisory_lock(%s)", [prepare.LOCK])
    assert other_session.fetchone() == (True,)


def test_the_lock_is_free_after_a_failure_too(monkeypatch: pytest.MonkeyPatch, other_session: Any) -> None:
    def fail(name: str, **options: Any) -> None:
        raise CommandError("broken migration")

    monkeypatch.setattr(prepare, "call_command", fail)
    with pytest.raises(CommandError, match="broken migration"):
        run()
    other_session.execute("SELECT pg_try_advisory_lock(%s)", [prepare.LOCK])
    assert other_session.fetchone() == (True,)


def test_a_second_run_waits_for_the_first_one(calls: list[str], other_session: Any) -> None:
    hold(other_session)
    threading.Timer(1, other_session.connection.close).start()
    assert "Waiting for another" in run(timeout=20)
    assert calls == ALL


def test_a_run_that_never_ends_is_not_waited_for_for_ever(calls: list[str], other_session: Any) -> None:
    hold(other_session)
    with pytest.raises(CommandError, match="Another `prepare` holds the lock"):
        run(timeout=0.2)
    assert calls == []


def test_a_database_that_is_away_is_named(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", 1)
    with pytest.raises(CommandError, match=r"The database cannot be reached: .*refused"):
        run(timeout=0.2)
    assert calls == []


def test_a_database_that_comes_late_is_waited_for(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    port = connection.settings_dict["PORT"]
    monkeypatch.setitem(connection.settings_dict, "PORT", 1)
    threading.Timer(1, connection.settings_dict.update, [{"PORT": port}]).start()
    assert "Waiting for the database" in run(timeout=20)
    assert calls == ALL


def test_the_system_is_not_checked_anew(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks load every view, at each update."""
    checked: list[object] = []
    monkeypatch.setattr(prepare.Command, "check", lambda _, **options: checked.append(options))
    prepare.Command().run_from_argv(["manage.py", "prepare", "--verbosity=0"])
    assert calls == ALL
    assert checked == []
