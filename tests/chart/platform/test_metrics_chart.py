"""dev/platform/metrics: what is scraped, who may see what, and what is refused."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import settings
from dev.tools import promtool
from tests.chart import pod_security
from tests.chart.rendering import Chart, Manifests, Object, Values, at, merged, run

FOLDER = settings.ROOT / "dev" / "platform" / "metrics"
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text())
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text())
COMPONENTS = ("kube-state-metrics", "metrics-server", "prometheus")

MINIMAL: Values = {"images": {name: f"registry.example.com/witw/{name}:1" for name in COMPONENTS}}
ROUTE = at("prometheus.route", {"parentRefs": [{"name": "internal"}], "hostnames": ["ops.example.com"]})


@pytest.fixture(scope="session")
def metrics(chart: Chart) -> Chart:
    """The chart with everything."""
    return Chart(chart.helm, FOLDER, "metrics", "measured", MINIMAL)


def workloads(manifests: Manifests) -> dict[str, Object]:
    """Deployments and StatefulSets by name."""
    return {
        one["metadata"]["name"]: one["spec"]
        for one in [*manifests.all("Deployment"), *manifests.all("StatefulSet")]
    }


def configuration(manifests: Manifests) -> dict[str, Any]:
    """What Prometheus is told."""
    return dict(yaml.safe_load(manifests.one("ConfigMap", "prometheus")["data"]["prometheus.yml"]))


def jobs(manifests: Manifests) -> dict[str, dict[str, Any]]:
    """Its jobs by name."""
    return {job["job_name"]: job for job in configuration(manifests)["scrape_configs"]}


def arguments(manifests: Manifests, name: str) -> dict[str, str]:
    """The options of a component."""
    (container,) = workloads(manifests)[name]["template"]["spec"]["containers"]
    return dict(option.partition("=")[::2] for option in container["args"])


def kept(job: dict[str, Any], series: str) -> bool:
    """Whether a job keeps a series of that name."""
    regex = next(rule["regex"] for rule in job["metric_relabel_configs"] if rule["action"] == "keep")
    return re.fullmatch(regex, series) is not None


def asked_of(job: str) -> set[str]:
    """The series of a job that rules ask for by its name."""
    text = "".join(file.read_text() for file in sorted((FOLDER / "rules").glob("*.yaml")))
    return set(re.findall(rf'\b([a-z_0-9]+)\{{job="{job}"', text)) - {"up"}


def test_helm_lint_has_nothing_to_say(metrics: Chart) -> None:
    done = run(
        [str(metrics.helm), "lint", "--strict", "--quiet", str(FOLDER), "-f", "-"], yaml.safe_dump(MINIMAL)
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_pod_is_restricted_and_bounded_with_a_root_that_cannot_be_written(
    metrics: Chart, name: str
) -> None:
    pod = workloads(metrics.render())[name]["template"]["spec"]
    assert pod_security.violations(pod) == []
    (container,) = pod_security.containers(pod)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["limits"]["memory"]
    assert pod["serviceAccountName"] == name


@pytest.mark.parametrize("values", [{}, ROUTE, at("prometheus.alertmanagers", ["alerts.example.com:9093"])])
def test_prometheus_understands_its_configuration(metrics: Chart, tmp_path: Path, values: Values) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration(metrics.render(values))))
    program = promtool.ensure(settings.load().cache_dir)
    done = run([str(program), "check", "config", "--syntax-only", str(file)])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_mounted_as_they_are_where_they_are_looked_for(metrics: Chart) -> None:
    manifests = metrics.render()
    held = manifests.one("ConfigMap", "prometheus-rules")["data"]
    assert held == {file.name: file.read_text() for file in (FOLDER / "rules").glob("*.yaml")}
    (volume,) = [
        one["projected"]
        for one in manifests.one("StatefulSet")["spec"]["template"]["spec"]["volumes"]
        if one["name"] == "configuration"
    ]
    paths = {item["path"] for source in volume["sources"] for item in source["configMap"].get("items", [])}
    assert paths == {f"rules/{name}" for name in held}
    assert configuration(manifests)["rule_files"] == ["/etc/prometheus/rules/*.yaml"]


def test_a_change_of_rules_or_configuration_starts_prometheus_anew(metrics: Chart, tmp_path: Path) -> None:
    def sum_of(*values: Values, chart: Chart = metrics) -> str:
        pod = workloads(chart.render(*values))["prometheus"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/configuration"])

    other = Chart(metrics.helm, tmp_path / "chart", "metrics", "measured", MINIMAL)
    shutil.copytree(FOLDER, other.folder)
    (other.folder / "rules" / "app.yaml").write_text("groups: []\n")
    assert sum_of() == sum_of(at("metricsServer.replicas", 2))
    assert len({sum_of(), sum_of(at("scrape.interval", "30s")), sum_of(chart=other)}) == 3


def test_what_kubernetes_says_of_its_objects_keeps_their_names(metrics: Chart) -> None:
    found = jobs(metrics.render())
    assert [name for name, job in found.items() if job.get("honor_labels")] == ["kube-state-metrics"]
    for name, job in found.items():
        labels = {rule.get("target_label") for rule in job.get("relabel_configs", [])}
        assert ("pod" in labels) == (name in set(DEFAULTS["scrape"]["pods"]) - {"kube-state-metrics"})


@pytest.mark.parametrize(
    "job", ["app", "envoy", "postgres", "pgpool", "kubelet", "cadvisor", "kube-state-metrics"]
)
def test_what_a_rule_asks_for_is_kept(metrics: Chart, job: str) -> None:
    manifests = metrics.render()
    if job == "kube-state-metrics":
        wanted = arguments(manifests, job)["--metric-allowlist"].replace(",", "|")
        text = (FOLDER / "rules" / "cluster.yaml").read_text() + (FOLDER / "rules" / "watch.yaml").read_text()
        series = set(re.findall(r"\bkube_[a-z_]+", text))
        assert len(series) > 8
        assert all(re.fullmatch(wanted, one) for one in series)
        return
    asked = asked_of(job)
    assert asked
    assert all(kept(jobs(manifests)[job], one) for one in asked)


def test_what_the_autoscaler_asks_for_is_kept_where_it_asks(metrics: Chart) -> None:
    platform = settings.ROOT / "dev" / "platform"
    series = re.findall(r"\benvoy_[a-z_]+(?=\{)", (platform / "autoscaling" / "values.yaml").read_text())
    assert series
    assert all(kept(jobs(metrics.render())["envoy"], one) for one in series)
    (asked,) = re.findall(r"http://prometheus.metrics.svc:9090(/\w+)", read(platform, "autoscaling"))
    assert f"url: {asked}/\n" in read(platform, "metrics")


def read(platform: Path, name: str) -> str:
    """A file of values for a cluster of ours."""
    return (platform / "values" / f"{name}.yaml.gotmpl").read_text()


@pytest.mark.parametrize(
    ("job", "series"),
    [("app", "python_gc_objects_collected_total"), ("envoy", "envoy_cluster_lb_healthy_panic"),
     ("kubelet", "kubelet_runtime_operations_duration_seconds_bucket"),
     ("cadvisor", "container_network_receive_bytes_total"), ("postgres", "pg_settings_work_mem_bytes")],
)  # fmt: skip
def test_what_nobody_asks_for_is_not_kept(metrics: Chart, job: str, series: str) -> None:
    assert not kept(jobs(metrics.render())[job], series)


def test_pods_are_scraped_where_their_annotations_say(metrics: Chart) -> None:
    rules = jobs(metrics.render())["app"]["relabel_configs"]
    meta = "__meta_kubernetes_pod_annotation_prometheus_io_"
    assert {"action": "keep", "source_labels": [f"{meta}scrape"], "regex": "true"} in rules
    targets = {rule.get("target_label"): rule["source_labels"] for rule in rules}
    assert targets["__metrics_path__"] == [f"{meta}path"]
    assert targets["__address__"] == ["__meta_kubernetes_pod_ip", f"{meta}port"]


def test_a_job_has_its_own_interval(metrics: Chart) -> None:
    found = jobs(metrics.render(at("scrape.pods.app.interval", "30s")))
    # A look that may take longer than its interval is one that Prometheus does not start with.
    assert (found["app"]["scrape_interval"], found["app"]["scrape_timeout"]) == ("30s", "30s")
    assert not {"scrape_interval", "scrape_timeout"} & set(found["postgres"])


def test_pods_without_annotations_are_scraped_at_the_port_of_the_job(metrics: Chart) -> None:
    keda = {"namespace": "autoscaling", "selector": "app=keda-operator", "port": 8080}
    rules = jobs(metrics.render(at("scrape.pods.keda", keda)))["keda"]["relabel_configs"]
    assert not any("annotation" in label for rule in rules for label in rule["source_labels"])
    (address,) = [rule for rule in rules if rule.get("target_label") == "__address__"]
    assert (address["source_labels"], address["replacement"]) == (["__meta_kubernetes_pod_ip"], "$1:8080")


def test_disks_are_disks(metrics: Chart) -> None:
    rules = jobs(metrics.render())["cadvisor"]["metric_relabel_configs"]
    (memory,) = [rule["regex"] for rule in rules if "device" in rule.get("source_labels", [])]
    for device in ("/dev", "/run", "/run/containerd/x/shm", "tmpfs", "overlay"):
        assert re.fullmatch(memory, f"container_fs_limit_bytes;{device}")
    for device in ("/dev/vda", "/dev/mapper/root"):
        assert not re.fullmatch(memory, f"container_fs_limit_bytes;{device}")


def test_the_app_of_a_local_cluster_says_where_its_metrics_are(chart: Chart) -> None:
    text = (settings.ROOT / "dev/platform/environments/local.yaml.gotmpl").read_text()
    (annotations,) = re.findall(r"podAnnotations:\n((?:    .+\n)+)", text)
    told = yaml.safe_load(annotations.replace("{{`", "").replace("`}}", ""))
    pod = chart.render({"podAnnotations": told}).pod["metadata"]
    assert pod["labels"]["app.kubernetes.io/component"] == "web"
    assert pod["annotations"].items() >= {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8001",
        "prometheus.io/path": "/internal/metrics",
    }.items()  # fmt: skip


# Who may see what.


def test_prometheus_sees_pods_where_it_looks_and_nodes_and_nothing_else(metrics: Chart) -> None:
    manifests = metrics.render()
    looks = {
        name for job in jobs(manifests).values() for one in job.get("kubernetes_sd_configs", [])
        for name in one.get("namespaces", {}).get("names", [])
    }  # fmt: skip
    assert looks == {"witw", "gateway", "postgres", "measured"}
    for kind in ("Role", "RoleBinding"):
        found = [one["metadata"] for one in manifests.all(kind)]
        assert {one["namespace"] for one in found if one["name"] == "metrics-prometheus"} == looks
    rights = rights_of(manifests, "metrics-prometheus", "metrics:prometheus")
    assert rights == {("pods", "list"), ("pods", "watch"), ("nodes", "list"), ("nodes", "watch"),
                      ("nodes/metrics", "get")}  # fmt: skip


def test_kube_state_metrics_sees_what_it_is_told_to_watch(metrics: Chart) -> None:
    manifests = metrics.render()
    told = arguments(manifests, "kube-state-metrics")
    rights = rights_of(manifests, "metrics-kube-state-metrics", "metrics:kube-state-metrics")
    assert {name for name, _ in rights} == set(told["--resources"].split(","))
    assert {verb for _, verb in rights} == {"list", "watch"}
    assert told["--namespaces"] == "gateway,measured,postgres,witw"


def rights_of(manifests: Manifests, role: str, cluster_role: str) -> set[tuple[str, str]]:
    """What an account may do, anywhere: (resource, verb)."""
    roles = [one for one in manifests.all("Role") if one["metadata"]["name"] == role]
    rules = [rule for one in [*roles, manifests.one("ClusterRole", cluster_role)] for rule in one["rules"]]
    return {(name, verb) for rule in rules for name in rule["resources"] for verb in rule["verbs"]}


def test_every_account_is_bound_in_the_releases_namespace(metrics: Chart) -> None:
    manifests = metrics.render()
    accounts = {one["metadata"]["name"] for one in manifests.all("ServiceAccount")}
    assert accounts == set(COMPONENTS)
    for binding in [*manifests.all("RoleBinding"), *manifests.all("ClusterRoleBinding")]:
        for subject in binding["subjects"]:
            assert subject["namespace"] == "measured"
            assert subject["name"] in accounts


def test_a_job_more_or_less_is_a_namespace_more_or_less(metrics: Chart) -> None:
    more = at("scrape.pods.keda", {"namespace": "autoscaling", "selector": "app=keda-operator"})
    manifests = metrics.render(more, at("scrape.pods.app", None))
    assert "app" not in jobs(manifests)
    assert arguments(manifests, "kube-state-metrics")["--namespaces"] == (
        "autoscaling,gateway,measured,postgres"
    )
    assert "metric_relabel_configs" not in jobs(manifests)["keda"]


def test_kubelets_are_verified_unless_one_says_otherwise(metrics: Chart) -> None:
    for values, expected in ({}, None), (at("scrape.kubelet.insecureSkipVerify", True), True):
        found = jobs(metrics.render(values))
        assert found["kubelet"]["tls_config"].get("insecure_skip_verify") == expected
        assert found["cadvisor"]["tls_config"].get("insecure_skip_verify") == expected
        assert found["cadvisor"]["tls_config"]["ca_file"].endswith("/ca.crt")


# Where it answers, and what it holds.


@pytest.mark.parametrize(
    ("url", "path"),
    [("http://localhost:9090/", ""), ("/prometheus/", "/prometheus"), ("https://a.test/b/c", "/b/c")],
)
def test_everything_follows_the_path_of_its_url(metrics: Chart, url: str, path: str) -> None:
    manifests = metrics.render(at("prometheus.url", url), ROUTE)
    told = arguments(manifests, "prometheus")
    assert (told["--web.external-url"], told["--web.route-prefix"]) == (url, path or "/")
    assert jobs(manifests)["prometheus"]["metrics_path"] == f"{path}/metrics"
    (container,) = workloads(manifests)["prometheus"]["template"]["spec"]["containers"]
    probes = {
        kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")
    }
    assert probes == {
        "startup": f"{path}/-/ready",
        "readiness": f"{path}/-/ready",
        "liveness": f"{path}/-/healthy",
    }
    (rule,) = manifests.one("HTTPRoute")["spec"]["rules"]
    assert rule["matches"][0]["path"]["value"] == (path or "/")


def test_nobody_outside_reaches_it_unless_a_gateway_is_named(metrics: Chart) -> None:
    manifests = metrics.render()
    assert manifests.all("HTTPRoute") == []
    assert {one["spec"].get("type", "ClusterIP") for one in manifests.all("Service")} == {"ClusterIP"}
    told = arguments(manifests, "prometheus")
    assert not {name for name in told if name.startswith("--web.enable")}


def test_what_it_keeps_is_bounded_by_time_and_size_on_a_volume(metrics: Chart) -> None:
    manifests = metrics.render()
    told = arguments(manifests, "prometheus")
    assert (told["--storage.tsdb.retention.time"], told["--storage.tsdb.retention.size"]) == ("7d", "1GB")
    (claim,) = manifests.one("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_can_be_left_out(metrics: Chart, name: str) -> None:
    key = {"kube-state-metrics": "kubeStateMetrics", "metrics-server": "metricsServer"}.get(name, name)
    manifests = metrics.render(at(f"{key}.enabled", False), at(f"images.{name}", ""))
    assert name not in workloads(manifests)
    assert not {one for _, one in manifests.names() if name in one}
    assert f"images.{name}: give the whole reference" in metrics.refusal(at(f"images.{name}", ""))


# What is refused.


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("images.prometheus", "no reference", "pattern"),
        ("images.grafana", "a:1", "additional properties 'grafana' not allowed"),
        ("prometheus.url", "prometheus", "pattern"),
        ("prometheus.retention.size", "1GiB", "pattern"),
        ("prometheus.retention.time", "a week", "pattern"),
        ("prometheus.persistence.whenDeleted", "Never", "value must be one of"),
        ("prometheus.alertmanagers", ["http://a:1"], "pattern"),
        ("scrape.pods.app.selector", "", "minLength"),
        ("scrape.pods.app.interval", 5, "want string"),
        ("scrape.pods.more", {"namespace": "a"}, "selector"),
        ("scrape.pods.cadvisor", {"selector": "a=b"}, "not"),
        ("kubeStateMetrics.resourceKinds", ["secrets"], "value must be one of"),
    ],
)
def test_a_wrong_value_is_refused(metrics: Chart, path: str, value: Any, complaint: str) -> None:
    assert complaint in metrics.refusal(at(path, value))


def maps(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of the schema that has named keys, with its path."""
    if schema.get("type") == "object" and "properties" in schema:
        yield path, schema
        for name, inner in schema["properties"].items():
            yield from maps(inner, f"{path}.{name}".strip("."))


def test_the_schema_knows_the_same_values_as_values_yaml() -> None:
    for path, schema in maps(SCHEMA):
        place = DEFAULTS
        for key in path.split(".") if path else []:
            place = place[key]
        assert set(schema["properties"]) - {"global"} == set(place), path
        assert schema["additionalProperties"] is False, path


def test_more_objects_come_along(metrics: Chart) -> None:
    more = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}
    assert metrics.render(merged(ROUTE, {"extraObjects": [more]})).one("ConfigMap", "more") == more
