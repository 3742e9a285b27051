"""Every example in chart/ci, held against the schemas of each Kubernetes, Pod Security and our promises."""

import re
from pathlib import Path
from typing import Any

import pytest

from dev import settings, toolchain
from dev.settings import ROOT
from tests.chart import pod_security, schemas
from tests.chart.rendering import CHART, EXAMPLES, NAMESPACE, Chart, run

example = pytest.mark.parametrize("values", EXAMPLES, ids=lambda path: path.stem.removesuffix("-values"))

UNCHECKED = {"HTTPRouteFilter", "BackendTrafficPolicy"}
"""Envoy Gateway's own kinds, in one example."""

NODES = ROOT / "dev" / "images" / "go" / "kubernetes" / "go.mod"
"""What a node of ours is built from."""

NAMED_KINDS = {
    "configmap", "cronjob", "deployment", "horizontalpodautoscaler", "ingress", "job", "networkpolicy", "pod",
    "poddisruptionbudget", "service", "serviceaccount",
}  # fmt: skip


@pytest.fixture(scope="module")
def locations(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Where kubeconform finds schemas, none of them on the network."""
    folder = tmp_path_factory.mktemp("schemas")
    schemas.write_built_in(folder, NAMED_KINDS)
    schemas.write_custom(folder, settings.load().cache_dir)
    return [str(folder / schemas.LOCATION), str(folder / schemas.CUSTOM_LOCATION)]


@pytest.fixture(scope="module")
def kubeconform() -> Path:
    """The validator."""
    return toolchain.ensure("kubeconform")


@pytest.fixture(scope="module")
def everything(chart: Chart) -> str:
    """What all examples render, installed and upgraded. No template asks for the cluster's version."""
    return "\n---\n".join(
        chart.render(values, upgrade=up).text for values in EXAMPLES for up in (False, True)
    )


def complaints(kubeconform: Path, locations: list[str], version: str, text: str) -> str:
    """What kubeconform has against manifests."""
    command = [str(kubeconform), "-strict", "-kubernetes-version", version, "-skip", ",".join(UNCHECKED)]
    for location in locations:
        command += ["-schema-location", location]
    return run([*command, "-"], text).stdout


@pytest.mark.parametrize("version", schemas.versions())
def test_every_example_is_valid_on_each_kubernetes(
    everything: str, kubeconform: Path, locations: list[str], version: str
) -> None:
    assert complaints(kubeconform, locations, version, everything) == ""


def test_there_are_schemas_from_the_oldest_kubernetes_to_the_newest_known() -> None:
    assert schemas.versions()[0] == "1.31.0"
    assert len(schemas.versions()) >= 6


def test_the_kubernetes_of_our_own_nodes_is_among_them() -> None:
    minor = re.search(r"^\tk8s\.io/kubernetes v(\d+\.\d+)\.", NODES.read_text(), re.MULTILINE)
    assert minor
    assert f"{minor[1]}.0" in schemas.versions()


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("Deployment", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: long"),
        ("HTTPRoute", "hostnames:", "hosts:"),
        ("PrometheusRule", "expr: absent", "expression: absent"),
    ],
)
def test_the_schemas_notice_a_mistake(
    chart: Chart, kubeconform: Path, locations: list[str], kind: str, old: str, new: str
) -> None:
    text = chart.render(CHART / "ci" / "production-values.yaml").text
    assert old in text
    assert kind in complaints(kubeconform, locations, "1.36.0", text.replace(old, new))


@example
def test_helm_lint_has_nothing_to_say(chart: Chart, values: Path) -> None:
    done = run([str(chart.helm), "lint", "--strict", "--quiet", str(CHART), "-f", str(values)])
    assert (done.returncode, done.stdout.strip()) == (0, "")


@example
def test_every_pod_satisfies_the_restricted_standard(chart: Chart, values: Path) -> None:
    for name, pod in chart.render(values).pods():
        assert pod_security.violations(pod["spec"]) == [], name


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"volumes": [{"name": "etc", "hostPath": {"path": "/etc"}}]}, "volume etc: {'hostPath'}"),
        ({"securityContext": {}}, "app: runAsNonRoot"),
        ({"securityContext": {"runAsNonRoot": True}}, "app: seccompProfile"),
    ],
)
def test_the_standard_is_really_held_against_pods(
    chart: Chart, change: dict[str, Any], violation: str
) -> None:
    assert violation in pod_security.violations(chart.render({}).pod["spec"] | change)


@example
def test_no_pod_has_a_token_or_a_writable_root(chart: Chart, values: Path) -> None:
    for name, pod in chart.render(values).pods():
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        for container in pod_security.containers(pod["spec"]):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name


@example
def test_no_secret_is_made(chart: Chart, values: Path) -> None:
    assert chart.render(values).all("Secret") == []


@example
def test_names_are_unique_and_in_the_namespace(chart: Chart, values: Path) -> None:
    manifests = chart.render(values)
    assert len(manifests.names()) == len(manifests.objects)
    ours = [one for one in manifests.objects if "app.kubernetes.io/name" in one["metadata"].get("labels", {})]
    assert {one["metadata"]["namespace"] for one in ours} == {NAMESPACE}


@example
def test_selectors_find_the_pods_and_only_these(chart: Chart, values: Path) -> None:
    manifests = chart.render(values)
    labels = {name: pod["metadata"]["labels"] for name, pod in manifests.pods()}
    for deployment in manifests.all("Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"].items()
        name = f"Deployment/{deployment['metadata']['name']}"
        assert [found for found, has in labels.items() if selector <= has.items()] == [name]
    for service in manifests.all("Service"):
        selector = service["spec"].get("selector", {"nothing": ""}).items()
        found = {name.partition("/")[0] for name, has in labels.items() if selector <= has.items()}
        assert found <= {"Deployment"}, service["metadata"]["name"]


@pytest.mark.parametrize("length", [10, 53])
def test_names_fit_whatever_the_release_is_called(chart: Chart, length: int) -> None:
    manifests = chart.render(CHART / "ci" / "production-values.yaml", release="r" * length)
    for kind, name in manifests.names():
        # Of a CronJob's name Jobs and pods are made.
        assert len(name) <= (52 if kind == "CronJob" else 63), name
