"""The database: away and back, migrated by two at once, and what survives."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dev import process
from tests.e2e.own import CHART, Own
from tests.e2e.stack import is_ready, until

pytestmark = pytest.mark.long

PROBES = """
import json, os, urllib.error, urllib.request
def status(port, name):
    url = f"http://127.0.0.1:{port}/internal/health/{name}"
    request = urllib.request.Request(url, headers={"Host": "HOST"})
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code
port, metrics = os.environ["PORT"], os.environ["METRICS_PORT"]
ports = {"live": metrics, "ready": port, "startup": port}
print(json.dumps({name: status(port, name) for name, port in ports.items()}))
"""


def probes(own: Own) -> dict[str, int]:
    """What a pod's three probes answer."""
    answer: dict[str, int] = json.loads(own.execute("python", "-c", PROBES.replace("HOST", own.host)))
    return answer


def restarts(own: Own) -> list[int]:
    return [
        status["restartCount"] for pod in own.pods().values() for status in pod["status"]["containerStatuses"]
    ]


@pytest.mark.parametrize(("kind", "name"), [("StatefulSet", "postgres"), ("Deployment", "pgpool")])
def test_probes_tell_that_the_database_is_away_and_no_pod_is_killed_for_it(
    own: Own, kind: str, name: str
) -> None:
    (ann,) = own.people(ann=None)
    pods, before = set(own.pods()), restarts(own)
    until("all being well", lambda: probes(own) == dict.fromkeys(("live", "ready", "startup"), 200), 60)
    with own.scaled_to_zero(kind, name):
        until("ready being 503", lambda: probes(own)["ready"] == 503, 60)
        assert probes(own) == {"live": 200, "ready": 503, "startup": 503}
        until("no pod getting requests", lambda: not any(map(is_ready, own.pods().values())), 60)
        answer = ann.get("/api/users/me")
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "detail" in answer.json()
    until("requests being served", lambda: ann.get("/api/users/me").status_code == 200, 60)
    until("all pods being ready", lambda: all(map(is_ready, own.pods().values())), 60)
    until("all being well", lambda: probes(own) == dict.fromkeys(("live", "ready", "startup"), 200), 60)
    assert set(own.pods()) == pods
    assert restarts(own) == before


def test_two_that_prepare_an_empty_database_at_once_do_the_work_once(own: Own) -> None:
    """Two upgrades at once come to this: two Jobs, one advisory lock."""
    own.sql("DROP DATABASE IF EXISTS race")
    own.sql("CREATE DATABASE race OWNER witw")
    variables = ("env", "DB_NAME=race", f"DB_HOST=postgres.{own.database}.svc", "DB_STATEMENT_TIMEOUT_MS=0")
    try:
        with ThreadPoolExecutor() as threads:
            for one in [
                threads.submit(own.execute, *variables, "python", "manage.py", "prepare") for _ in range(2)
            ]:
                one.result()
        applied = own.execute(*variables, "python", "manage.py", "showmigrations", "--plan").splitlines()
        assert applied
        assert all(line.startswith("[X]") for line in applied)
        count = (
            "from django.db import connection as c; k = c.cursor(); k.execute({!r}); print(k.fetchone()[0])"
        )
        twice = (
            "SELECT count(*) FROM (SELECT 1 FROM django_migrations GROUP BY app, name HAVING count(*) > 1) x"
        )
        asked = own.execute(
            *variables, "python", "manage.py", "shell", "--no-imports", "-c", count.format(twice)
        )
        assert asked.strip() == "0"
    finally:
        own.sql("DROP DATABASE race WITH (FORCE)")


def test_of_two_upgrades_at_once_one_is_told_so_and_the_release_is_well(own: Own) -> None:
    values = own.write("both", own.base)

    def upgrade(_: int) -> process.Result:
        return own.to.run_helm(
            "upgrade", "witw", str(CHART), f"--namespace={own.namespace}", f"--values={values}",
            timeout=300, check=False,
        )  # fmt: skip

    revision = own.newest().number
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(upgrade, range(2)))
    assert any(said.ok for said in both), [said.stderr for said in both]
    for said in both:
        assert said.ok or "in progress" in said.stderr or "already exists" in said.stderr, said.stderr
    last = own.newest()
    assert last.status == "deployed"
    assert last.number > revision
    assert own.browser().get("/login").status_code == httpx.codes.OK


def test_every_migration_has_been_applied(own: Own) -> None:
    assert "[ ]" not in own.manage("showmigrations", "--plan")


def test_what_was_written_survives_a_crash_of_the_database(own: Own) -> None:
    (ann,) = own.people(ann=None)
    assert ann.patch("/api/users/me", json={"first_name": "Annabel"}).status_code == httpx.codes.OK
    where = f"--namespace={own.database}"
    own.to.run_kubectl("delete", "pod", "postgres-0", where, "--grace-period=0", "--force", timeout=120)
    # Each pod and each pgpool finds its way back for itself: after an answer the next may be a 503 still.
    until("the name", lambda: ann.get("/api/users/me").json().get("first_name") == "Annabel", 120)
    until("the database", lambda: all(map(is_ready, own.to.kube.list("Pod", own.database))), 120)
