"""What the app does while the database or the pooler is away, and what protects the data."""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.compose.containers import docker, ids, inspect, is_healthy, wait_until
from tests.compose.load import Answer, Load, load
from tests.compose.stack import Stack

BACK_WITHIN_SECONDS = 10
"""From the return of pooler or database until every request is served again."""

TAKE_SESSIONS = """
import sys, time, psycopg2
from django.db import connection
parameters = connection.get_connection_params()
taken = []
began = time.monotonic()
try:
    while len(taken) < 500:
        taken.append(psycopg2.connect(**{k: v for k, v in parameters.items() if k in {
            "host", "port", "dbname", "user", "password", "sslmode", "connect_timeout"}}))
except psycopg2.OperationalError as error:
    print(len(taken), round(time.monotonic() - began, 1), str(error).strip(), sep="|")
"""


@pytest.fixture
def app_stays(stack: Stack) -> Iterator[None]:
    """The app's containers must be the same processes afterwards."""

    def starts() -> list[str]:
        return [inspect(container)["State"]["StartedAt"] for container in ids(stack, "app")]

    before = starts()
    yield
    assert starts() == before


def _until_served(running: Load, begin: float) -> float:
    """Wait for a second of load without a failure; when it began, in seconds after `begin`."""

    def last_failure() -> float:
        return max((answer.sent + answer.seconds for answer in running.failed()), default=begin)

    wait_until("a second without failures", lambda: running.now - max(last_failure(), begin) > 1, seconds=60)
    return last_failure() - begin


def _assert_clear(answers: list[Answer]) -> None:
    unclear = [answer for answer in answers if not answer.is_clear]
    assert not unclear, unclear[:3]
    assert max(answer.seconds for answer in answers) < 25


def _restart(stack: Stack, service: str) -> None:
    docker("restart", *ids(stack, service))


def _crash(stack: Stack, service: str) -> None:
    docker("kill", "--signal", "KILL", *ids(stack, service))
    docker("start", *ids(stack, service))


@pytest.mark.usefixtures("app_stays")
@pytest.mark.parametrize("happening", [_restart, _crash], ids=["restarts", "crashes"])
@pytest.mark.parametrize("service", ["pgpool", "postgres"])
def test_the_app_comes_back_by_itself_when_its_database_is_away(
    stack: Stack, service: str, happening: Callable[[Stack, str], None]
) -> None:
    homes: dict[str, int | None] = {"ann": None, "bob": None, "eve": None, "joe": None}
    readers: list[httpx.Client] = [*stack.people(**homes)]
    writers: list[httpx.Client] = [*stack.people(**homes)]
    with load(readers) as reads, load(writers, "PATCH", body={"first_name": "Zoe"}) as writes:
        wait_until("some load", lambda: len(reads.answers) > 20 and len(writes.answers) > 20)
        happening(stack, service)
        back = reads.now, writes.now
        seconds = max(_until_served(reads, back[0]), _until_served(writes, back[1]))
    assert seconds < BACK_WITHIN_SECONDS
    _assert_clear(reads.answers)
    _assert_clear(writes.answers)
    wait_until(f"{service} being healthy", lambda: is_healthy(ids(stack, service)[0]))


def test_ready_says_which_dependency_is_away_while_live_does_not_care(
    stack: Stack, internal: httpx.Client
) -> None:
    (database,) = ids(stack, "postgres")
    docker("stop", database)
    try:
        wait_until("ready being 503", lambda: internal.get("/internal/health/ready").status_code == 503)
        assert internal.get("/internal/health/ready").json()["checks"]["database"]["status"] != "ok"
        assert internal.get("/internal/health/live").status_code == httpx.codes.OK
    finally:
        docker("start", database)
    wait_until("ready again", lambda: internal.get("/internal/health/ready").status_code == httpx.codes.OK)


def test_one_formula_sizes_pooler_and_database(stack: Stack) -> None:
    def query(statement: str) -> int:
        return int(
            stack.manage(
                "shell", "--no-imports", "-c",
                "from django.db import connection as c; k = c.cursor(); "
                f"k.execute({statement!r}); print(k.fetchone()[-1])",
            )
        )  # fmt: skip

    def wanted(service: str) -> int:
        return int(stack.compose("exec", "-T", service, "pool-size", service).stdout)

    assert query("SHOW max_connections") == wanted("postgres")
    assert query("PGPOOL SHOW num_init_children") == wanted("pgpool")
    replicas = len(ids(stack, "app"))
    assert wanted("postgres") > 2 * wanted("pgpool") > 2 * replicas * 2


def test_a_session_too_many_is_told_so_at_once(stack: Stack) -> None:
    free, seconds, message = stack.manage("shell", "--no-imports", "-c", TAKE_SESSIONS).strip().split("|")
    assert int(free) >= 5, "room for shells and management commands"
    assert "too many clients already" in message
    assert float(seconds) < 5


def test_passwords_are_proven_by_scram_on_both_ways(stack: Stack) -> None:
    stored = stack.compose(
        "exec", "-T", "postgres", "psql", "-U", "postgres", "-tAc",
        "SELECT rolpassword FROM pg_authid WHERE rolname IN ('witw', 'postgres')",
    ).stdout.split()  # fmt: skip
    assert len(stored) == 2
    assert all(verifier.startswith("SCRAM-SHA-256$") for verifier in stored)
    pool = stack.compose(
        "exec", "-T", "pgpool", "cat", "/run/pgpool/pool_passwd", "/run/pgpool/pool_hba.conf"
    )
    assert pool.stdout.startswith("witw:AES")
    assert "trust" not in pool.stdout
    assert "md5" not in pool.stdout


@pytest.mark.parametrize("service", ["pgpool", "postgres"])
def test_a_wrong_password_is_refused(stack: Stack, service: str) -> None:
    url = f"host={service} user=witw dbname=witw password=wrong"
    result = stack.compose("exec", "-T", "postgres", "psql", url, "-c", "SELECT 1", check=False)
    assert result.returncode == 2
    assert "password" in result.stderr


def test_secrets_are_made_once_and_each_service_sees_only_its_own(stack: Stack) -> None:
    def seen(service: str, folder: str) -> dict[str, str]:
        script = (
            f"cd /run/secrets/{folder} && for f in *; do echo \"$f $(stat -c '%a %u' $f) $(cat $f)\"; done"
        )
        lines = stack.compose("exec", "-T", service, "sh", "-c", script).stdout.splitlines()
        return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}

    def all_seen() -> dict[str, dict[str, str]]:
        return {service: seen(service, service) for service in ("app", "postgres", "pgpool")}

    before = all_seen()
    assert before["app"].keys() == {"secret_key", "db_password", "demo_password"}
    assert before["postgres"].keys() == {"password", "superuser_password"}
    assert before["pgpool"].keys() == {"password"}
    for service, uid in ("app", 10001), ("postgres", 10002), ("pgpool", 10003):
        for facts in before[service].values():
            mode, owner, value = facts.split()
            assert (mode, owner) == ("400", str(uid))
            assert len(value) == 64
    stack.compose("run", "--rm", "-T", "secrets")
    assert all_seen() == before


@pytest.fixture
def volume() -> Iterator[str]:
    """A data volume of its own."""
    name = f"witw-test-{secrets.token_hex(4)}"
    docker("volume", "create", name)
    yield name
    docker("volume", "rm", "--force", name)


@pytest.fixture(scope="module")
def image(stack: Stack) -> str:
    """The database's image."""
    return str(inspect(ids(stack, "postgres")[0])["Image"])


def test_data_of_another_major_version_is_left_alone(image: str, volume: str) -> None:
    make = "mkdir $PGDATA && echo 16 > $PGDATA/PG_VERSION"
    mount = f"{volume}:/var/lib/postgresql"
    docker("run", "--rm", "-v", mount, image, "sh", "-c", make)
    before = docker("run", "--rm", "-v", mount, image, "sh", "-c", "find /var/lib/postgresql | sort").stdout
    refused = docker("run", "--rm", "-e", "POSTGRES_PASSWORD=x", "-v", mount, image, check=False)
    after = docker("run", "--rm", "-v", mount, image, "sh", "-c", "find /var/lib/postgresql | sort").stdout
    assert refused.returncode == 1
    assert "written by PostgreSQL 16" in refused.stderr
    assert "pg_dumpall" in refused.stderr
    assert set(after.split()) - set(before.split()) <= {"/var/lib/postgresql/.lock"}


def test_a_database_without_a_password_does_not_start(image: str, volume: str) -> None:
    refused = docker("run", "--rm", "-v", f"{volume}:/var/lib/postgresql", image, check=False)
    assert refused.returncode == 1
    assert "POSTGRES_PASSWORD_FILE" in refused.stderr


def test_an_interrupted_first_start_is_begun_anew(image: str, volume: str) -> None:
    mount = f"{volume}:/var/lib/postgresql"
    half = "mkdir $PGDATA.new && echo half > $PGDATA.new/PG_VERSION"
    docker("run", "--rm", "-v", mount, image, "sh", "-c", half)
    container = docker("run", "-d", "-e", "POSTGRES_PASSWORD=x", "-v", mount, image).stdout.strip()
    try:
        ready = ("exec", container, "pg_isready", "--quiet", "--dbname", "witw")
        wait_until("the database", lambda: docker(*ready, check=False).returncode == 0, seconds=60)
    finally:
        docker("rm", "--force", container)


def test_two_servers_never_share_a_data_volume(stack: Stack, image: str) -> None:
    (running,) = ids(stack, "postgres")
    second = docker("run", "--rm", "-e", "POSTGRES_PASSWORD=x", "--volumes-from", running, image, check=False)
    assert second.returncode == 1
    assert "another container is using this data volume" in second.stderr


def test_what_is_written_survives_a_crash(stack: Stack) -> None:
    (writer,) = stack.people(writer=None)
    with contextlib.closing(writer):
        name = hashlib.sha256(writer.email.encode()).hexdigest()[:12]
        assert writer.patch("/api/users/me", json={"first_name": name}).status_code == httpx.codes.OK
        _crash(stack, "postgres")
        wait_until("the app", lambda: writer.get("/api/users/me").status_code == httpx.codes.OK)
        assert writer.get("/api/users/me").json()["first_name"] == name
