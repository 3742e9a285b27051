"""helmfile.yaml renders for every environment, offline, with the values that the harness writes."""

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from dev import charts, cluster, helmfile, layers, platform_values, release, settings
from dev.cluster_config import Ports
from dev.errors import ClusterError
from dev.helmfile import Helmfile
from dev.settings import ROOT
from dev.target import Target
from tests.chart.rendering import Loader

NAME = f"rendered-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
"""A cluster that is only a folder, each worker's own: whoever ends first removes it."""

DIGEST = "sha256:" + "a" * 64


@pytest.fixture(scope="module")
def local() -> Any:
    """helmfile for a cluster of ours that has everything, without any cluster."""
    chosen = settings.load()
    found = cluster.Cluster(NAME, Ports(28080, 28081, 5001), Path("kubectl"))
    names = [name for layer in [*layers.LAYERS, "app"] for name in layers.get(layer).images]
    images = {name: f"localhost:5001/{NAME}/{name}@{DIGEST}" for name in names}
    for name in {chart for layer in layers.LAYERS.values() for chart in layer.charts}:
        charts.ensure(name, chosen)
    platform_values.write(found, chosen, layers.LAYERS, images)
    yield Helmfile(target(found), "local", program("helmfile"), helmfile.plugins(chosen))
    shutil.rmtree(cluster.folder_of(NAME))


def program(name: str) -> Path:
    return helmfile.toolchain.ensure(name)


def target(found: cluster.Cluster | None) -> Target:
    return Target(Path("/dev/null"), "nowhere", program("kubectl"), program("helm"), found)


def render(runner: Helmfile, *only: str) -> list[dict[str, Any]]:
    text = helmfile.process.run(runner.command(["template"], only), env=runner.variables, timeout=120).stdout
    return [item for item in yaml.load_all(text, Loader) if item]


def one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    found = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    assert len(found) == 1
    return found[0]


def test_every_release_renders_for_a_cluster_of_ours(local: Helmfile) -> None:
    for item in release.declared():
        assert render(local, item.name), item.name


def test_every_image_in_a_cluster_of_ours_is_one_that_was_pushed_by_digest(local: Helmfile) -> None:
    objects = [item for each in release.declared() for item in render(local, each.name)]
    used = {str(value) for item in objects for value in _values(item, "image") if isinstance(value, str)}
    assert used
    assert all(f"localhost:5001/{NAME}/" in image and image.endswith(DIGEST) for image in used)


def test_the_app_is_told_in_the_cluster_what_compose_tells_it(local: Helmfile) -> None:
    told = one(render(local, "witw"), "ConfigMap", "witw")["data"]
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["x-app-environment"]
    for name in ("ENVIRONMENT", "DB_SSLMODE"):
        assert told[name] == compose[name]
    assert told["BASE_URL"] == "http://localhost:28080"
    assert told["DB_HOST"] == "pgpool.postgres.svc"


def test_routes_and_gateways_of_the_cluster_know_each_other(local: Helmfile) -> None:
    app, gateways = render(local, "witw"), render(local, "gateway")
    for route, gateway in (("witw", "public"), ("witw-internal", "internal")):
        parent = one(app, "HTTPRoute", route)["spec"]["parentRefs"][0]
        found = one(gateways, "Gateway", parent["name"])
        assert (parent["name"], parent["namespace"]) == (gateway, "gateway")
        assert found["spec"]["listeners"][0]["name"] == parent["sectionName"]


def test_the_pooler_takes_the_sessions_that_the_app_counts_on(local: Helmfile) -> None:
    sessions = str(platform_values.known(NAME)["size"]["sessions"])
    pods = one(render(local, "postgres"), "Deployment", "pgpool")["spec"]["template"]["spec"]
    told = {item["name"]: item.get("value") for item in pods["containers"][0]["env"]}
    assert told["POOL_SESSIONS"] == sessions


def test_the_app_and_its_autoscaler_agree_about_the_most_pods(local: Helmfile) -> None:
    most = platform_values.known(NAME)["size"]["most"]
    (scaled,) = render(local, "autoscaling")
    app = render(local, "witw")
    assert "replicas" not in one(app, "Deployment", "witw")["spec"]
    assert scaled["spec"]["maxReplicaCount"] == most == 6
    assert scaled["spec"]["minReplicaCount"] == platform_values.known(NAME)["size"]["replicas"]
    assert scaled["spec"]["scaleTargetRef"]["name"] == "witw"
    assert scaled["metadata"]["namespace"] == layers.APP.namespace
    # Where a pod requests next to nothing, no share of that can be the measure.
    cpu = next(each for each in scaled["spec"]["triggers"] if each["type"] == "cpu")
    assert (cpu["metricType"], cpu["metadata"]["value"]) == ("AverageValue", "250m")


def test_the_second_witness_is_the_prometheus_of_the_cluster(local: Helmfile) -> None:
    (scaled,) = render(local, "autoscaling")
    witness = next(each for each in scaled["spec"]["triggers"] if each["type"] == "prometheus")
    address = urlsplit(witness["metadata"]["serverAddress"])
    metrics = render(local, "metrics")
    name, namespace, _ = str(address.hostname).split(".")
    service = one(metrics, "Service", name)
    assert service["metadata"].get("namespace", "metrics") == namespace
    assert address.port == service["spec"]["ports"][0]["port"]
    (container,) = one(metrics, "StatefulSet", name)["spec"]["template"]["spec"]["containers"]
    assert any(argument.endswith(f"{address.path}/") for argument in container["args"])


def test_values_of_the_user_win_and_the_last_file_wins(local: Helmfile, tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("replicas: 1\nautoscaling: {by: replicas}\nweb: {threads: 2}\n")
    second.write_text(
        "web: {threads: 3}\nresources: {limits: {memory: null}, requests: {cpu: 75m}}\n"
        "httpRoute: {parentRefs: [{name: mine}]}\n"
    )
    runner = Helmfile(local.target, "local", local.program, local.plugins, (first, second))
    objects = render(runner, "witw")
    assert one(objects, "Deployment", "witw")["spec"]["replicas"] == 1
    assert one(objects, "ConfigMap", "witw")["data"]["WEB_THREADS"] == "3"
    (container,) = one(objects, "Deployment", "witw")["spec"]["template"]["spec"]["containers"]
    # What is null is taken away, as Helm does.
    assert container["resources"] == {"limits": {}, "requests": {"cpu": "75m", "memory": "256Mi"}}
    # A list is the user's, not a mixture.
    (parent,) = one(objects, "HTTPRoute", "witw")["spec"]["parentRefs"]
    assert (parent["name"], parent.get("sectionName")) == ("mine", None)


def test_gateway_and_autoscaler_heed_the_users_values_of_the_app(local: Helmfile, tmp_path: Path) -> None:
    file = tmp_path / "port.yaml"
    for text, port, most in (
        ("", 8001, 6),
        ("web: {metricsPort: 9001}\nautoscaling: {maxReplicas: 4}\n", 9001, 4),
    ):
        file.write_text(text)
        runner = Helmfile(local.target, "local", local.program, local.plugins, (file,))
        (container,) = one(render(runner, "witw"), "Deployment", "witw")["spec"]["template"]["spec"][
            "containers"
        ]
        assert {"name": "metrics", "containerPort": port, "protocol": "TCP"} in container["ports"]
        policies = [item for item in render(runner, "gateway") if item["kind"] == "BackendTrafficPolicy"]
        checks = [item["spec"]["healthCheck"] for item in policies if "healthCheck" in item["spec"]]
        assert checks
        assert all(check["active"]["overrides"]["port"] == port for check in checks)
        (scaled,) = render(runner, "autoscaling")
        queue = next(each for each in scaled["spec"]["triggers"] if each["type"] == "metrics-api")
        assert f":{port}/" in queue["metadata"]["url"]
        assert scaled["spec"]["maxReplicaCount"] == most


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("repicas: 3\n", "'repicas' not allowed"),
        ("replicas: many\n", "/replicas"),
        ("autoscaling: {maxReplicas: 40}\n", "the pooler has"),
    ],
)
def test_values_that_are_wrong_are_named(text: str, says: str, local: Helmfile, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(ClusterError) as caught:
        Helmfile(local.target, "local", local.program, local.plugins, (file,)).check(["witw"])
    assert says in caught.value.message + caught.value.details


def test_the_production_example_renders_with_nothing_of_ours(local: Helmfile) -> None:
    runner = Helmfile(target(None), "production", local.program, local.plugins)
    objects = render(runner)
    assert {item["kind"] for item in objects} >= {"Deployment", "HTTPRoute", "Service"}
    assert "localhost" not in str(objects)
    assert one(objects, "Deployment", "witw")["spec"]["replicas"] == 3


def test_a_cluster_with_the_autoscaler_has_to_leave_it_the_number_of_pods(local: Helmfile) -> None:
    runner = Helmfile(target(None), "production", local.program, local.plugins)
    for by, said in (("replicas", "app.autoscaling.by: say `external`"), ("external", "")):
        command = runner.command(("template",), ["autoscaling"])
        options = ("--state-values-set", f"layers.autoscaling.enabled=true,app.autoscaling.by={by}")
        done = helmfile.process.run(
            [*command[:1], *options, *command[1:]], env=runner.variables, timeout=120, check=False
        )
        assert done.ok is not bool(said)
        assert said in done.stderr
    # As many as the pool of the example has room for.
    (scaled,) = [item for item in yaml.load_all(done.stdout, Loader) if item]
    assert (scaled["spec"]["minReplicaCount"], scaled["spec"]["maxReplicaCount"]) == (3, 9)


def _values(item: Any, key: str) -> list[Any]:
    """Everything that stands under a key, however deep."""
    if isinstance(item, dict):
        return [value for name, value in item.items() if name == key] + [
            found for value in item.values() for found in _values(value, key)
        ]
    return [found for value in item for found in _values(value, key)] if isinstance(item, list) else []
