"""The probes: what they ask, what they say, and that nothing keeps them waiting."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client

from cities.models import CityImport
from ops import draining, health, schema

EVERYTHING = {"database", "migrations", "cities"}


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """A process that has not answered a probe yet."""
    health._fulfilled.clear()
    health._last_failing = set()
    yield
    draining.cancel()


@pytest.fixture
def cities() -> None:
    """An import has taken place; committed, for the probe has a connection of its own."""
    CityImport.objects.create(version="1", source="test", countries=1, regions=1, cities=1, changed=3)


DatabaseAt = Callable[[int], None]


@pytest.fixture
def database_at(monkeypatch: pytest.MonkeyPatch) -> DatabaseAt:
    """Points probes to a database on another port of this machine."""

    def point(port: int) -> None:
        monkeypatch.setitem(settings.DATABASES["default"], "HOST", "127.0.0.1")
        monkeypatch.setitem(settings.DATABASES["default"], "PORT", port)

    return point


@pytest.mark.parametrize("path", ["/internal/health/live", "/_health"])
def test_to_be_alive_needs_nothing(client: Client, database_at: DatabaseAt, path: str) -> None:
    database_at(1)
    answer = client.get(path, headers={"Host": "10.1.2.3:8000"})
    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies


def test_the_route_that_old_monitors_know_says_ok(client: Client) -> None:
    assert client.get("/_health").text == "OK"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize("probe", ["startup", "ready"])
def test_with_everything_there_each_dependency_is_ok_with_its_time(client: Client, probe: str) -> None:
    answer = client.get(f"/internal/health/{probe}", headers={"Host": "any"})
    assert answer.status_code == 200
    report = answer.json()
    assert report["status"] == "ok"
    assert set(report["checks"]) == EVERYTHING
    assert all(check["status"] == "ok" and check["ms"] >= 0 for check in report["checks"].values())
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db(transaction=True)
def test_missing_cities_are_named_with_the_remedy(client: Client) -> None:
    answer = client.get("/internal/health/startup")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["database"]["status"] == checks["migrations"]["status"] == "ok"
    assert checks["cities"]["status"] == "failing"
    assert "import_cities" in checks["cities"]["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_is_named_with_the_remedy(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "known", lambda: frozenset({("trips", "0999_later")}))
    checks = client.get("/internal/health/ready").json()["checks"]
    assert checks["migrations"]["detail"] == "1 not applied (trips.0999_later): run manage.py migrate"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cities")
def test_what_stays_true_is_asked_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/internal/health/startup").status_code == 200
    CityImport.objects.all().delete()
    monkeypatch.setattr(schema, "known", lambda: frozenset({("trips", "0999_later")}))
    assert client.get("/internal/health/ready").status_code == 200


def test_a_database_that_refuses_is_said_to(client: Client, database_at: DatabaseAt) -> None:
    database_at(1)
    answer = client.get("/internal/health/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert "refused" in checks["database"]["detail"]
    assert checks["cities"]["detail"] == "not asked"


def test_a_database_that_hangs_keeps_a_probe_no_longer_than_its_limit(
    client: Client, database_at: DatabaseAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "TIME_LIMIT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database_at(silent.getsockname()[1])
        begun = time.monotonic()
        answer = client.get("/internal/health/ready")
    assert time.monotonic() - begun < 1
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["detail"] == "no answer in time"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cities")
def test_a_server_on_its_way_out_is_not_ready_but_alive(client: Client) -> None:
    draining.begin()
    answer = client.get("/internal/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
    assert client.get("/internal/health/live").status_code == 200
    assert client.get("/internal/health/startup").status_code == 200


@pytest.mark.parametrize("path", sorted(health.PROBES))
def test_probes_can_only_be_read(client: Client, path: str) -> None:
    answer = client.post(path)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


def test_news_is_logged_once_not_with_every_probe(
    client: Client, database_at: DatabaseAt, caplog: pytest.LogCaptureFixture
) -> None:
    database_at(1)
    for _ in range(3):
        client.get("/internal/health/ready")
    assert len([record for record in caplog.records if record.name == "ops.health"]) == 1
    assert not [record for record in caplog.records if record.name == "django.request"]
    health._tell_news({})
    assert caplog.records[-1].getMessage() == "ready again"
