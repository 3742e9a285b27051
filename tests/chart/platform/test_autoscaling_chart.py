"""dev/platform/autoscaling and KEDA's chart: triggers, the most pods, fallback, rights, KEDA's own schema."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import charts, programs, settings, toolchain
from dev.settings import ROOT
from tests.chart import pod_security, schemas
from tests.chart.rendering import CHART, Chart, Manifests, Object, Values, at, run

FOLDER = ROOT / "dev" / "platform" / "autoscaling"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text())
DEFINITIONS = "github.com/kedacore/keda/v2/config/crd/bases"
IMAGES = ("keda", "keda-adapter", "keda-webhooks")

HOSTED_SYNC = 15
"""Seconds between two looks of an autoscaler, unless its control plane is told another time."""

MINIMAL: Values = {"pool": {"sessions": 108, "surge": 2}}
PROMETHEUS = at("gateway.prometheus", "http://prometheus.metrics.svc:9090")


@pytest.fixture(scope="session")
def autoscaling(chart: Chart) -> Chart:
    """The chart of the ScaledObject."""
    return Chart(chart.helm, FOLDER, "autoscaling", "autoscaling", MINIMAL)


@pytest.fixture(scope="module")
def keda_chart(chart: Chart) -> Chart:
    """KEDA's chart."""
    folder = charts.ensure("keda", settings.load())
    images = {name: f"registry.example.com/{name}@sha256:{'ab' * 32}" for name in IMAGES}
    return Chart(chart.helm, folder, "keda", "autoscaling", {"images": images})


@pytest.fixture(scope="module")
def keda(keda_chart: Chart) -> Manifests:
    """KEDA, rendered."""
    return keda_chart.render({})


def scaled(autoscaling: Chart, *values: Values) -> dict[str, Any]:
    spec: dict[str, Any] = autoscaling.render(*values).one("ScaledObject")["spec"]
    return spec


def triggers(autoscaling: Chart, *values: Values) -> dict[str, Object]:
    """By their names."""
    return {one["name"]: one for one in scaled(autoscaling, *values)["triggers"]}


def test_the_queue_is_the_sum_of_what_each_pod_tells(autoscaling: Chart) -> None:
    queue = triggers(autoscaling)["queue"]
    assert queue["type"] == "metrics-api"
    # Only of a number per pod can KEDA make up a fallback.
    assert queue["metricType"] == "AverageValue"
    metadata = queue["metadata"]
    assert metadata["aggregateFromKubeServiceEndpoints"] == "true"
    assert (metadata["aggregationType"], metadata["format"]) == ("sum", "prometheus")
    assert metadata["targetValue"] == "4"


def test_the_queue_is_asked_for_where_the_app_tells_it(autoscaling: Chart, chart: Chart) -> None:
    metadata = triggers(autoscaling)["queue"]["metadata"]
    service = chart.render({}).one("Service", "witw-metrics")
    port = service["spec"]["ports"][0]["port"]
    assert metadata["url"] == f"http://witw-metrics.witw.svc:{port}/internal/metrics"
    # Each pod is asked by itself, which takes a Service without an address of its own.
    assert service["spec"]["clusterIP"] == "None"
    names = [path.read_text() for path in (ROOT / "app" / "ops").glob("*.py")]
    assert any(f'"{metadata["valueLocation"]}"' in text for text in names)


def test_the_gateway_is_a_second_witness_where_there_is_a_prometheus(autoscaling: Chart) -> None:
    assert "gateway" not in triggers(autoscaling)
    gateway = triggers(autoscaling, PROMETHEUS)["gateway"]
    assert gateway["metadata"]["serverAddress"] == "http://prometheus.metrics.svc:9090"
    for metric in ("upstream_rq_active", "upstream_rq_pending_active"):
        assert f"envoy_cluster_{metric}" in gateway["metadata"]["query"]


def test_what_waits_between_two_looks_of_an_autoscaler_counts_as_well(autoscaling: Chart) -> None:
    measured = yaml.safe_load((ROOT / "dev" / "platform" / "metrics" / "values.yaml").read_text())
    sync, scrape = HOSTED_SYNC, int(measured["scrape"]["pods"]["envoy"]["interval"].removesuffix("s"))
    query = triggers(autoscaling, PROMETHEUS)["gateway"]["metadata"]["query"]
    (most,) = re.findall(r"^max_over_time\(\((.+)\)\[(\d+)s:(\d+)s\]\)$", query)
    assert "envoy_cluster_upstream_rq_active" in most[0]
    assert int(most[1]) >= sync
    assert int(most[2]) <= scrape


def test_cpu_and_memory_are_measured_when_they_are_given(autoscaling: Chart) -> None:
    assert triggers(autoscaling)["cpu"]["metricType"] == "Utilization"
    assert "memory" not in triggers(autoscaling)
    both = {
        "cpu": {"type": "AverageValue", "value": "250m"},
        "memory": {"type": "AverageValue", "value": "480Mi"},
    }
    found = triggers(autoscaling, both)
    assert {name: found[name]["metadata"]["value"] for name in both} == {"cpu": "250m", "memory": "480Mi"}
    assert set(triggers(autoscaling, at("cpu.value", ""), at("queue.value", 0), PROMETHEUS)) == {"gateway"}


@pytest.mark.parametrize(
    ("pool", "most"),
    [
        ({"sessions": 108, "surge": 2}, 6),
        ({"sessions": 108, "surge": 1}, 8),
        ({"sessions": 108, "surge": 2, "canary": 1}, 5),
        ({"sessions": 117, "surge": 2}, 6),
        ({"sessions": 118, "surge": 2}, 7),
        ({"sessions": 128, "surge": "25%"}, 8),
        ({"sessions": 108, "surge": 2, "threads": 9}, 1),
    ],
)
def test_the_most_pods_follow_from_the_pool(autoscaling: Chart, pool: dict[str, Any], most: int) -> None:
    values = {"pool": pool, "replicas": {"min": 1}}
    assert scaled(autoscaling, values)["maxReplicaCount"] == most


@pytest.mark.parametrize("most", [5, 6])
def test_the_app_and_the_layer_judge_the_same_pool_alike(autoscaling: Chart, chart: Chart, most: int) -> None:
    """What the one takes, the other takes; one pod more, and both refuse."""
    sessions = (most + 2 * 2) * 2 * 5 + 8
    of_app = {
        "database": {"pool": {"sessions": sessions}},
        "strategy": {"rollingUpdate": {"maxSurge": 2}},
        "autoscaling": {"by": "external", "maxReplicas": most},
    }
    mine = at("pool.sessions", sessions)
    assert scaled(autoscaling, mine)["maxReplicaCount"] == most
    chart.render(of_app)
    assert "replicas.max" in autoscaling.refusal(mine, at("replicas.max", most + 1))
    assert "pool.sessions" in chart.refusal(of_app, at("autoscaling.maxReplicas", most + 1))


def test_too_many_pods_are_refused_with_all_numbers(autoscaling: Chart) -> None:
    said = autoscaling.refusal(at("replicas.max", 7))
    assert "the pooler has 108 sessions, enough for 6 replicas, but 7 would need 118" in said
    assert "11 pods (7 replicas + 2 new and 2 draining in an update + 0 canary)" in said
    assert "2 workers x (4 threads + 1) + 8 spare" in said


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (at("pool.sessions", 0), "replicas.max: say how many"),
        (at("replicas.min", 7), "replicas.min: the pooler has 108 sessions"),
        ({"replicas": {"min": 4, "max": 3}}, "replicas.min: 4 is more than the most, 3"),
        (at("fallback.replicas", 1), "fallback.replicas: 1 is not between the fewest, 2, and the most, 6"),
        ({"queue": {"value": 0}, "cpu": {"value": ""}}, "there is nothing to go by"),
        (at("queue.vale", 3), "vale"),
        (at("cpu.type", "Percent"), "/cpu/type"),
        (at("scaleDown.stabilizationSeconds", 4000), "/scaleDown/stabilizationSeconds"),
    ],
)
def test_what_cannot_be_is_refused_by_name(autoscaling: Chart, values: Values, says: str) -> None:
    assert says in autoscaling.refusal(values)


def test_pods_come_at_once_and_go_slowly(autoscaling: Chart) -> None:
    behavior = scaled(autoscaling)["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    up, down = behavior["scaleUp"], behavior["scaleDown"]
    assert up["stabilizationWindowSeconds"] == 0
    assert up["selectPolicy"] == "Max"
    assert {(one["type"], one["value"]) for one in up["policies"]} == {("Percent", 100), ("Pods", 4)}
    assert down["stabilizationWindowSeconds"] == 300
    assert [(one["type"], one["value"]) for one in down["policies"]] == [("Pods", 1)]


def test_without_metrics_there_are_never_fewer_pods_than_before(autoscaling: Chart) -> None:
    fallback = scaled(autoscaling)["fallback"]
    assert fallback == {"failureThreshold": 3, "replicas": 4, "behavior": "currentReplicasIfHigher"}
    assert scaled(autoscaling, at("fallback.replicas", 3))["fallback"]["replicas"] == 3
    # KEDA refuses one where nothing but CPU and memory is measured.
    assert "fallback" not in scaled(autoscaling, at("queue.value", 0))


def test_the_app_leaves_the_number_of_pods_alone(chart: Chart) -> None:
    deployment = chart.render(CHART / "ci" / "keda-values.yaml").one("Deployment")
    assert "replicas" not in deployment["spec"]


@pytest.mark.parametrize("values", [{}, PROMETHEUS, at("memory.value", "80")])
def test_keda_knows_every_field(autoscaling: Chart, values: Values, tmp_path: Path) -> None:
    source = programs.source(DEFINITIONS, "keda", settings.load().cache_dir)
    for definition in yaml.load_all((source / "keda.sh_scaledobjects.yaml").read_text(), schemas.Loader):
        for name, schema in schemas.of_definition(definition):
            (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    kubeconform: Path = toolchain.ensure("kubeconform")
    location = str(tmp_path / schemas.CUSTOM_LOCATION)
    said = run(
        [str(kubeconform), "-strict", "-schema-location", location, "-"], autoscaling.render(values).text
    )
    assert (said.returncode, said.stdout) == (0, "")


def test_every_value_is_known_to_the_schema() -> None:
    assert set(DEFAULTS) == set(SCHEMA["properties"]) - {"global"}
    for name, value in DEFAULTS.items():
        if isinstance(value, dict):
            assert set(value) == set(SCHEMA["properties"][name]["properties"]), name


def test_keda_runs_as_the_restricted_standard_wants_it(keda: Manifests) -> None:
    pods = dict(keda.pods())
    assert len(pods) == 3
    for name, pod in pods.items():
        assert pod_security.violations(pod["spec"]) == [], name
        (container,) = pod["spec"]["containers"]
        assert container["image"].startswith("registry.example.com/keda"), name
        assert container["resources"]["requests"]["cpu"] == "20m"
    assert len({pod["spec"]["containers"][0]["image"] for pod in pods.values()}) == 3


@pytest.mark.parametrize(
    ("path", "value"),
    [("images.keda", ""), ("images.kede", "x"), ("image", "x"), ("resources", "much"), ("crds", {})],
)
def test_values_that_keda_does_not_have_are_refused(keda_chart: Chart, path: str, value: Any) -> None:
    assert path.rpartition(".")[2] in keda_chart.refusal(at(path, value))


def test_keda_is_in_the_namespace_of_its_release_and_nowhere_else(keda: Manifests) -> None:
    homes = {one["metadata"].get("namespace") for one in keda.objects}
    # What lets the API server's own extension rules be read is in kube-system in every cluster.
    assert homes == {"autoscaling", None, "kube-system"}
    assert "namespace: keda" not in keda.text
    assert not keda.all("Namespace")
    assert not keda.all("CustomResourceDefinition")
    assert "main" not in {one["metadata"]["labels"].get("app.kubernetes.io/version") for one in keda.objects}


def test_keda_on_an_overloaded_node_is_not_ended_for_answering_late(keda: Manifests) -> None:
    for deployment in keda.all("Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        live = container["livenessProbe"]
        # Kubernetes' own are 1 s, three times.
        assert live["timeoutSeconds"] * live["failureThreshold"] >= 30, container["name"]


def test_keda_reads_no_secret_of_others_and_not_everything(keda: Manifests) -> None:
    rules = keda.one("ClusterRole", "keda-operator")["rules"]
    for rule in rules:
        assert "secrets" not in rule["resources"]
        assert "*" not in rule["apiGroups"]
        assert rule["resources"] != ["*"] or all(group.endswith("keda.sh") for group in rule["apiGroups"])
    operator = keda.one("Deployment", "keda-operator")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "KEDA_RESTRICT_SECRET_ACCESS", "value": "true"} in operator["env"]


def test_the_kinds_of_keda_are_brought_before_its_objects() -> None:
    folder = charts.ensure("keda", settings.load())
    text = (folder / "crds" / "keda.yaml").read_text()
    kinds = {one["spec"]["names"]["kind"] for one in yaml.load_all(text, schemas.Loader)}
    assert kinds >= {"ScaledObject", "ScaledJob", "TriggerAuthentication"}
