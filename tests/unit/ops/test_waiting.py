"""`python -m ops.waiting`, which keeps a pod from starting before the database is up to its code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from ops import schema

APP = Path(__file__).resolve().parents[3] / "app"

LATER = "later"
"""The newest migration under another name: this code's is missing then."""


def waiting(*arguments: str, **given: str) -> "subprocess.Popen[str]":
    """The command as a pod runs it, against the test database."""
    env = os.environ | {"DB_NAME": settings.DATABASES["default"]["NAME"], **given}
    return subprocess.Popen(
        [sys.executable, "-m", "ops.waiting", "--interval=0.2", *arguments],
        cwd=APP, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """How it ended, and what it said."""
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


@pytest.fixture
def newest_is_missing() -> Iterator[str]:
    """The database has not seen the newest migration of the trips."""
    name = max(name for app, name in schema.known() if app == "trips")
    _rename(name, LATER)
    yield name
    _rename(LATER, name)


def _rename(name: str, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = %s WHERE app = 'trips' AND name = %s", [to, name])


def test_the_migrations_on_disk_are_those_that_django_would_load() -> None:
    loaded = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    assert schema.known() == frozenset(loaded)


@pytest.mark.django_db(transaction=True)
def test_an_up_to_date_database_lets_the_pod_start_without_a_word() -> None:
    assert end(waiting()) == (0, "", "")


@pytest.mark.django_db(transaction=True)
def test_it_names_what_is_missing_once_and_ends_when_that_is_there(newest_is_missing: str) -> None:
    process = waiting()
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == f"waiting for migrations: 1 not applied (trips.{newest_is_missing})\n"
    # Some looks later still nothing new is said.
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    _rename(LATER, newest_is_missing)
    assert end(process) == (0, "", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("newest_is_missing")
def test_it_gives_up_in_the_end() -> None:
    code, _, errors = end(waiting("--timeout=0.1"))
    assert code == 1
    assert errors == "gave up after 0.1 s: has the migrations' Job failed?\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "refused", id="nobody listens"),
        pytest.param({"DB_NAME": "postgres"}, "not applied", id="an empty database"),
        pytest.param({"DB_PASSWORD": "wrong"}, "authentication failed", id="a wrong password"),
    ],
)
def test_it_says_what_stands_in_the_way(given: dict[str, str], said: str) -> None:
    code, output, _ = end(waiting("--timeout=0.1", **given))
    assert code == 1
    assert output.startswith("waiting for migrations: ")
    assert said in output
    assert output.count("\n") == 1


def test_wrong_settings_end_it_at_once() -> None:
    code, output, errors = end(waiting(LOG_LEVEL="LOUD"))
    assert (code, output) == (1, "")
    assert "LOG_LEVEL" in errors
    assert "Traceback" not in errors


def test_it_loads_no_app() -> None:
    """That is what it is for: to cost a fraction of what the app costs to start."""
    listing = (
        "import json, sys; from ops import waiting; waiting._look(); print(json.dumps(list(sys.modules)))"
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    said = subprocess.run(
        [sys.executable, "-c", listing], cwd=APP, env=env, stdout=subprocess.PIPE, check=True
    )
    loaded = set(json.loads(said.stdout))
    assert loaded >= {"ops.schema", "config.settings"}
    assert loaded.isdisjoint({"django.apps", "django.db.models", "django.http", "trips", "rest_framework"})
