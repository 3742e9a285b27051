"""dev/platform/metrics: the metrics API, which `kubectl top` and the autoscaler ask."""

import pytest
import yaml

from dev.settings import ROOT
from tests.chart import pod_security
from tests.chart.rendering import Chart, Manifests, Object, Values, at

FOLDER = ROOT / "dev" / "platform" / "metrics"

MINIMAL: Values = {
    "images": {"metrics-server": "registry.example.com/witw/metrics-server:1"},
    "kubeStateMetrics": {"enabled": False},
    "prometheus": {"enabled": False},
}


@pytest.fixture(scope="session")
def metrics(chart: Chart) -> Chart:
    """The chart, with nothing but the metrics API."""
    return Chart(chart.helm, FOLDER, "metrics", "metrics", MINIMAL)


def container(manifests: Manifests) -> Object:
    """metrics-server's."""
    (found,) = manifests.one("Deployment", "metrics-server")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_its_pod_is_restricted_with_a_root_that_cannot_be_written(metrics: Chart) -> None:
    pod = metrics.render().one("Deployment", "metrics-server")["spec"]["template"]["spec"]
    assert pod_security.violations(pod) == []
    (one,) = pod["containers"]
    assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert one["resources"]["limits"]["memory"]


def test_the_certificates_of_kubelets_count_unless_one_says_otherwise(metrics: Chart) -> None:
    assert "--kubelet-insecure-tls" not in container(metrics.render())["args"]
    trusting = metrics.render(at("metricsServer.kubelet.insecureSkipVerify", True))
    assert "--kubelet-insecure-tls" in container(trusting)["args"]


def test_the_metrics_api_leads_to_it(metrics: Chart) -> None:
    manifests = metrics.render()
    reference = manifests.one("APIService")["spec"]["service"]
    service = manifests.one("Service", reference["name"])
    assert service["metadata"]["namespace"] == reference["namespace"] == "metrics"
    (port,) = service["spec"]["ports"]
    assert port["port"] == reference["port"]
    pod = manifests.one("Deployment", "metrics-server")["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    (listens,) = container(manifests)["ports"]
    assert (port["targetPort"], f"--secure-port={listens['containerPort']}") == (
        listens["name"],
        container(manifests)["args"][0],
    )


def test_it_may_read_measurements_and_nothing_else(metrics: Chart) -> None:
    rules = metrics.render().one("ClusterRole", "metrics:metrics-server")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {name for rule in rules for name in rule["resources"]} == {"nodes/metrics", "nodes", "pods"}


@pytest.mark.parametrize("resolution", ["9s", "500ms", "ten", ""])
def test_it_cannot_measure_more_often_than_it_allows(metrics: Chart, resolution: str) -> None:
    assert "metricsServer" in metrics.refusal(at("metricsServer.resolution", resolution))


def test_an_image_that_is_missing_is_named(metrics: Chart) -> None:
    assert "images.metrics-server: give the whole reference" in metrics.refusal(
        at("images.metrics-server", "")
    )


def test_a_cluster_that_has_the_api_needs_no_other(metrics: Chart) -> None:
    assert "metrics-server" not in yaml.safe_dump(metrics.render(at("metricsServer.enabled", False)).objects)
