"""dev/platform/postgres: what it renders and refuses, and the one formula that sizes pool and database."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dev.settings import ROOT
from tests.chart import pod_security
from tests.chart.rendering import Chart, Manifests, Values, at, merged, run

FOLDER = ROOT / "dev" / "platform" / "postgres"
FORMULA = ROOT / "dev" / "images" / "shared" / "pool-size"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text())

MINIMAL: Values = {
    "images": {
        "postgres": "registry.example.com/witw/postgres:1",
        "pgpool": "registry.example.com/witw/pgpool:1",
    },
    "secret": {"name": "postgres"},
}
EXPORTERS: Values = {
    "images": {"postgres-exporter": "exporters/postgres:1", "pgpool-exporter": "exporters/pgpool:1"}
}
EVERYTHING = merged(
    EXPORTERS, at("networkPolicy.enabled", True), at("secret.exporterPasswordKey", "exporter"),
    at("secret.revision", "2"), at("pool.sessions", 500),
)  # fmt: skip

SIZES = [(1, 0, 0, 1, 1), (2, "100%", 0, 2, 4), (3, 1, 1, 2, 4), (10, "25%", 2, 4, 8), (7, "10%", 0, 3, 2)]
"""Replicas, surge, canary, workers, threads."""

OPEN = {"global", *(f"{pod}.affinity" for pod in ("postgres", "pgpool"))}
MAPS_OF_TEXT = {"labels", "annotations", "selector"}


@pytest.fixture(scope="session")
def postgres(chart: Chart) -> Chart:
    """The postgres chart."""
    return Chart(chart.helm, FOLDER, "postgres", "database", MINIMAL)


def pods(manifests: Manifests) -> dict[str, dict[str, Any]]:
    """The pods' specs by component."""
    sets = [*manifests.all("StatefulSet"), *manifests.all("Deployment")]
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in sets}


def container(manifests: Manifests, pod: str, name: str) -> dict[str, Any]:
    """A container."""
    (found,) = [one for one in pods(manifests)[pod]["containers"] if one["name"] == name]
    return dict(found)


def environment(manifests: Manifests, pod: str, name: str = "") -> dict[str, str]:
    """What a container is told."""
    return {one["name"]: one["value"] for one in container(manifests, pod, name or pod)["env"]}


def maps(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of the schema that has named keys, with its path."""
    if schema.get("type") == "object" and "properties" in schema:
        yield path, schema
        for name, inner in schema["properties"].items():
            yield from maps(inner, f"{path}.{name}".strip("."))


def size(replicas: int, surge: int | str, canary: int, workers: int, threads: int) -> Values:
    """The values of a size."""
    return at(
        "size",
        {"replicas": replicas, "surge": surge, "canary": canary, "workers": workers, "threads": threads},
    )


def test_helm_lint_has_nothing_to_say(postgres: Chart) -> None:
    done = run(
        [str(postgres.helm), "lint", "--strict", "--quiet", str(FOLDER), "-f", "-"], yaml.safe_dump(MINIMAL)
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["least", "everything"])
def test_every_pod_is_restricted_without_token_and_writable_root(postgres: Chart, values: Values) -> None:
    for name, pod in pods(postgres.render(values)).items():
        assert pod_security.violations(pod) == [], name
        assert pod["automountServiceAccountToken"] is False
        for one in pod_security.containers(pod):
            assert one["securityContext"]["readOnlyRootFilesystem"] is True
            assert one["resources"]["limits"]["memory"]


def test_the_secret_is_files_for_the_pods_own_group_and_never_a_variable(postgres: Chart) -> None:
    manifests = postgres.render(EVERYTHING)
    assert manifests.all("Secret") == []
    keys = {
        "postgres": {"password", "superuser_password", "exporter_password"},
        "pgpool": {"password", "exporter_password"},
    }
    for name, pod in pods(manifests).items():
        group = {"postgres": 10002, "pgpool": 10003}[name]
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) == (group, group)
        (volume,) = [one["secret"] for one in pod["volumes"] if one["name"] == "secret"]
        assert (volume["secretName"], volume["defaultMode"]) == ("postgres", 0o440)
        assert {item["path"] for item in volume["items"]} == keys[name]
        assert not any("valueFrom" in one for each in pod["containers"] for one in each["env"])


def test_postgres_keeps_its_volume_and_nobody_kills_it_while_it_recovers(postgres: Chart) -> None:
    manifests = postgres.render()
    stateful = manifests.one("StatefulSet")["spec"]
    assert stateful["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }
    (claim,) = stateful["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "8Gi"
    postgres = container(manifests, "postgres", "postgres")
    assert postgres["startupProbe"]["periodSeconds"] * postgres["startupProbe"]["failureThreshold"] == 3600
    for probe in ("startupProbe", "livenessProbe"):
        # 1: "rejecting connections", which is what a server in recovery says.
        assert postgres[probe]["exec"]["command"][-1].endswith("[ $? -le 1 ]")
    assert pods(manifests)["postgres"]["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"


def test_two_pgpools_are_spread_and_not_evicted_together(postgres: Chart) -> None:
    manifests = postgres.render()
    deployment = manifests.one("Deployment")["spec"]
    assert deployment["replicas"] == 2
    (host, zone) = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert (host["topologyKey"], zone["topologyKey"]) == (
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    )
    budget = manifests.one("PodDisruptionBudget")["spec"]
    assert budget["selector"] == deployment["selector"]
    assert postgres.render(at("pgpool.replicas", 1)).all("PodDisruptionBudget") == []


def test_a_pgpool_without_its_database_is_not_ready_but_lives(postgres: Chart) -> None:
    pgpool = container(postgres.render(), "pgpool", "pgpool")
    assert pgpool["readinessProbe"]["exec"]["command"] == ["pgpool-ready"]
    assert pgpool["livenessProbe"]["tcpSocket"] == {"port": "postgres"}
    # At the start it waits for the database as long as that may need.
    assert pgpool["startupProbe"]["failureThreshold"] == 3600


def test_how_often_both_are_looked_at_is_one_value(postgres: Chart) -> None:
    manifests = postgres.render(at("postgres.readinessSeconds", 30))
    looks = [container(manifests, one, one)["readinessProbe"] for one in ("postgres", "pgpool")]
    assert [look["periodSeconds"] for look in looks] == [30, 30]


def test_services_find_their_pods(postgres: Chart) -> None:
    manifests = postgres.render()
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for kind in ("StatefulSet", "Deployment") for one in manifests.all(kind)
    }  # fmt: skip
    assert {one["metadata"]["name"] for one in manifests.all("Service")} == {
        "postgres",
        "postgres-pods",
        "pgpool",
    }
    for service in manifests.all("Service"):
        selector = service["spec"]["selector"].items()
        found = [name for name, has in labels.items() if selector <= has.items()]
        assert found == [service["metadata"]["name"].removesuffix("-pods")]
    assert manifests.one("StatefulSet")["spec"]["serviceName"] == "postgres-pods"


def test_exporters_run_where_their_images_are_given(postgres: Chart) -> None:
    assert all(len(pod["containers"]) == 1 for pod in pods(postgres.render()).values())
    assert all(
        len(pod["containers"]) == 1
        for pod in pods(postgres.render(EXPORTERS, at("exporters.enabled", False))).values()
    )
    manifests = postgres.render(EXPORTERS)
    for name, port in ("postgres", 9187), ("pgpool", 9719):
        assert container(manifests, name, "exporter")["ports"] == [{"name": "metrics", "containerPort": port}]
    annotations = manifests.one("Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9719"


@pytest.mark.parametrize(("key", "role"), [("", "witw"), ("exporter_password", "exporter")])
def test_exporters_have_a_role_of_their_own_when_it_has_a_password(
    postgres: Chart, key: str, role: str
) -> None:
    manifests = postgres.render(EXPORTERS, at("secret.exporterPasswordKey", key))
    for pod in ("postgres", "pgpool"):
        told = environment(manifests, pod, "exporter")
        assert told["DATA_SOURCE_USER"] == role
        (mount,) = container(manifests, pod, "exporter")["volumeMounts"]
        assert told["DATA_SOURCE_PASS_FILE"] == mount["mountPath"]
    assert ("EXPORTER_PASSWORD_FILE" in environment(manifests, "pgpool")) == bool(key)


def test_a_new_revision_of_the_secret_rolls_both(postgres: Chart) -> None:
    old, new = (pods_of(postgres.render(at("secret.revision", text))) for text in ("1", "2"))
    assert all(old[name] != new[name] for name in ("postgres", "pgpool"))


def pods_of(manifests: Manifests) -> dict[str, Any]:
    """The pods' templates by component."""
    sets = [*manifests.all("StatefulSet"), *manifests.all("Deployment")]
    return {one["metadata"]["name"]: one["spec"]["template"] for one in sets}


def test_settings_of_postgres_become_its_arguments(postgres: Chart) -> None:
    values = at("postgres.settings", {"work_mem": "16MB", "log_connections": True})
    args = container(postgres.render(values), "postgres", "postgres")["args"]
    assert args == ["postgres", "-c", "log_connections=true", "-c", "work_mem=16MB"]


# The formula.


def pool_size(told: dict[str, str], of: str) -> int:
    """What the images compute from the environment that the chart gives them."""
    done = subprocess.run(
        ["sh", str(FORMULA), of], check=True, capture_output=True, text=True, env=told, timeout=10
    )
    return int(done.stdout)


@pytest.mark.parametrize("app", SIZES)
def test_both_charts_and_both_images_count_the_same_sessions(
    chart: Chart, postgres: Chart, app: tuple[Any, ...]
) -> None:
    replicas, surge, canary, workers, threads = app
    manifests = postgres.render(size(*app))
    sessions = pool_size(environment(manifests, "pgpool"), "pgpool")
    # This chart: exactly as many fit, one less does not.
    fits = postgres.render(size(*app), at("pool.sessions", sessions))
    assert pool_size(environment(fits, "pgpool"), "pgpool") == sessions
    assert f"{sessions} are needed" in postgres.refusal(size(*app), at("pool.sessions", sessions - 1))
    # The app's chart: the same.
    values = {
        "replicas": replicas, "web": {"workers": workers, "threads": threads},
        "strategy": {"rollingUpdate": {"maxSurge": surge}},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "canary": {"enabled": bool(canary), "replicas": canary or 1, "image": {"tag": "2"}},
    }  # fmt: skip
    assert chart.render(values, at("database.pool.sessions", sessions)).objects
    assert f"{sessions} are needed" in chart.refusal(values, at("database.pool.sessions", sessions - 1))


@pytest.mark.parametrize("app", SIZES)
@pytest.mark.parametrize(("pgpools", "surge"), [(1, 0), (2, 1), (3, 2)])
def test_postgres_has_a_connection_for_every_session_of_every_pgpool(
    postgres: Chart, app: tuple[Any, ...], pgpools: int, surge: int
) -> None:
    pgpool = {"replicas": pgpools, "strategy": {"maxSurge": surge, "maxUnavailable": 1}}
    manifests = postgres.render(size(*app), at("pgpool", pgpool))
    sessions = pool_size(environment(manifests, "pgpool"), "pgpool")
    there_at_once = pgpools + 2 * surge
    assert pool_size(environment(manifests, "postgres"), "postgres") == sessions * (there_at_once + 1) + 15


def test_both_images_are_told_the_same_size(postgres: Chart) -> None:
    manifests = postgres.render(at("pool.sessions", 500))
    names = ("APP_REPLICAS", "WEB_WORKERS", "WEB_THREADS", "POOL_SPARE", "POOL_SESSIONS", "PGPOOL_REPLICAS")
    pgpool, postgres = (environment(manifests, name) for name in ("pgpool", "postgres"))
    assert [pgpool[name] for name in names] == [postgres[name] for name in names]


def test_pool_size_refuses_too_few_sessions_as_the_charts_do() -> None:
    done = subprocess.run(
        ["sh", str(FORMULA), "pgpool"],
        check=False,
        capture_output=True,
        text=True,
        env={"POOL_SESSIONS": "27"},
        timeout=10,
    )
    assert done.returncode == 2
    assert "2 replicas x 2 workers x (4 threads + 1) + 8 spare need 28" in done.stderr


# What is refused.


def test_everything_that_is_missing_is_named_at_once(postgres: Chart) -> None:
    said = postgres.refusal(at("secret.name", ""), at("images", {"postgres": "", "pgpool": ""}))
    assert "3 values are missing or wrong" in said
    assert all(f"- {name}: " in said for name in ("images.postgres", "images.pgpool", "secret.name"))


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("images.postgres", "no reference", "pattern"),
        ("images.postgres", "registry/postgres", "pattern"),
        ("images.app", "a:1", "additional properties 'app' not allowed"),
        ("database.user", "postgres", "not"),
        ("size.replicas", 0, "minimum"),
        ("size.surge", "lots", "pattern"),
        ("size.threads", "4", "want integer"),
        ("postgres.readinessSeconds", 0, "minimum"),
        ("pool.sessions", -1, "minimum"),
        ("postgres.settings", {"max_connections": 5}, "max_connections"),
        ("persistence.size", "much", "pattern"),
        ("persistence.accessModes", ["ReadWriteMany"], "value must be one of"),
        ("pgpool.spread", "Never", "value must be one of"),
        ("exporters.ports.pgpool", 80, "minimum"),
        ("pgpool.name", "postgres", "pgpool.name: is the same"),
        ("pgpool.strategy.maxSurge", 0, "pgpool.strategy: "),
        ("pgpool.preStopSeconds", 30, "is over before preStopSeconds, 30"),
    ],
)
def test_a_wrong_value_is_refused(postgres: Chart, path: str, value: Any, complaint: str) -> None:
    assert complaint in postgres.refusal(at(path, value))


def test_the_schema_knows_the_same_values_as_values_yaml() -> None:
    defaults = yaml.safe_load((FOLDER / "values.yaml").read_text())
    for path, schema in maps(SCHEMA):
        place = defaults
        for key in path.split(".") if path else []:
            place = place[key]
        assert set(schema["properties"]) - {"global"} == set(place), path
        assert schema["additionalProperties"] is False, path
