"""What every unit test stands on: generated settings, our own PostgreSQL, and no way off this machine.

The database is a container of the image that production runs (witw/postgres). pytest's controller starts it
once, pytest-xdist's workers share it with a database each, and it goes when the run ends. With DB_HOST in the
environment that server is used instead.
"""

import ipaddress
import os
import secrets
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings

from tests.unit.database import Database

if TYPE_CHECKING:  # models cannot be imported before Django is set up
    from people.models import User
    from tests.unit.clients import ApiClient

# Settings are read when Django starts, which pytest-django does after this file: the environment comes first.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.pop("SENTRY_DSN", None)  # a test must never report to the developer's own Sentry

database = pytest.StashKey[Database]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the database in the background; workers of pytest-xdist inherit its address by environment."""
    is_worker = hasattr(config, "workerinput")
    if not (is_worker or "DB_HOST" in os.environ or config.option.collectonly or config.option.help):
        config.stash[database] = Database.start()
        os.environ.update(config.stash[database].environment())
    _ = settings.DATABASES  # reads the environment; pytest-django then sets Django up with it


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the container away, tests red or green."""
    if started := config.stash.get(database, None):
        started.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Wait until PostgreSQL answers; only tests that want the database pay for that."""
    Database.wait_until_ready()


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hash passwords in microseconds: real hashing is slow on purpose."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Start every test with a process that has not seen a city yet, so that its queries can be counted."""
    from cities import memory

    memory.forget()


@pytest.fixture
def me() -> "User":
    """Alice, who lives in London."""
    from tests.unit.factories import UserFactory

    return UserFactory(first_name="Alice", home_city="London")


@pytest.fixture
def mate(me: "User") -> "User":
    """Bob of her team, who lives in Paris."""
    from tests.unit.factories import UserFactory

    return UserFactory(team=me.team, first_name="Bob", home_city="Paris")


@pytest.fixture
def api(me: "User") -> "ApiClient":
    """The API as Alice sees it."""
    from tests.unit.clients import ApiClient

    return ApiClient(me)


def _is_local(host: Any) -> bool:
    if not isinstance(host, str) or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _no_way_off_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every socket that leaves the machine: a unit test that needs the network is not one.

    Loopback stays open, for the servers that the app itself runs (metrics). psycopg2 connects in C, unseen.
    For each test anew: those of the harness, which run in the same process, are about this machine's network.
    """
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_local(address[0]):
            raise RuntimeError(f"a unit test tried to connect to {address}")
        connect(self, address)

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            raise RuntimeError(f"a unit test tried to look up {host!r}")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
