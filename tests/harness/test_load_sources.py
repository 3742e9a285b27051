"""What stacks tell in their own forms, and the pods of a distributed run."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from dev import registry, settings
from dev.cluster import Cluster
from dev.cluster_config import Ports
from dev.console import Stage
from dev.errors import ClusterError
from dev.load import in_cluster, metrics, shapes
from dev.load.cluster_sources import ClusterSources, cores, quantity
from dev.load.samples import Reading
from dev.load.targets import LoadTarget
from dev.registry import Registry
from dev.target import Target
from tests.harness.fake_target import FakeTarget

APP = """# HELP witw_requests_in_flight Requests being worked on.
witw_requests_in_flight 3.0
witw_connections_waiting 2.0
witw_threads 8.0
witw_requests_total{method="GET",route="/",status="200"} 17.0
"""

ENVOY = """envoy_cluster_upstream_rq_retry{envoy_cluster_name="httproute/witw/witw/rule/0"} 4
envoy_cluster_upstream_rq_retry{envoy_cluster_name="xds_cluster"} 100
envoy_cluster_upstream_rq_pending_active{envoy_cluster_name="httproute/witw/witw/rule/0"} 1
99
"""


def test_the_queue_is_the_sum_over_all_pods() -> None:
    assert metrics.queue([APP, APP]) == {"queue.in_flight": 6, "queue.waiting": 4, "queue.threads": 16}


def test_only_the_gateways_way_to_the_app_counts() -> None:
    found = metrics.of_gateway([ENVOY, ENVOY.replace("httproute/witw/witw/rule/0", "app")])

    assert (found["gateway.retries"], found["gateway.pending"]) == (8, 2)


@pytest.mark.parametrize(("text", "value"), [("250m", 0.25), ("2", 2), ("12345678n", 0.012345678)])
def test_cores_are_read_from_quantities(text: str, value: float) -> None:
    assert cores(text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [("128Mi", 2**27), ("64M", 64e6), ("1024", 1024), ("1Gi", 2**30)])
def test_bytes_are_read_from_quantities(text: str, value: float) -> None:
    assert quantity(text) == value


class Api:
    """Answers of a cluster: lists by kind, texts by path; anything else is an error."""

    def __init__(self, lists: dict[str, list[dict[str, Any]]], paths: dict[str, str]) -> None:
        self.lists, self.paths = lists, paths

    def list(self, kind: str, namespace: str = "", **_: str) -> list[dict[str, Any]]:
        return self.lists.get(kind, [])


def sources(api: Api, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> ClusterSources:
    def get(_: object, path: str) -> str:
        if path not in api.paths:
            raise ClusterError(f"{path}: not found")
        return api.paths[path]

    monkeypatch.setattr("dev.load.cluster_sources.get", get)
    return ClusterSources(api, "witw", "witw", told.append)  # type: ignore[arg-type]


SUMMARY = {
    "pods": [
        {
            "podRef": {"name": "witw-1", "namespace": "witw"},
            "cpu": {"usageNanoCores": 500_000_000},
            "memory": {"workingSetBytes": 2**20},
        },
        {"podRef": {"name": "other", "namespace": "postgres"}},
    ]
}


def test_without_a_metrics_api_the_kubelets_are_asked_and_the_report_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/api/v1/nodes/one/proxy/stats/summary"
    told: list[str] = []
    api = Api({"Node": [{"metadata": {"name": "one"}}]}, {path: json.dumps(SUMMARY)})
    asked = sources(api, monkeypatch, told)

    assert [asked.pods() for _ in range(2)] == [Reading({"cpu/witw-1": 50.0, "memory/witw-1": 2.0**20})] * 2
    assert len(told) == 1
    assert "--with metrics" in told[0]


def test_with_a_metrics_api_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = {"containers": [{"usage": {"cpu": "250m", "memory": "64Mi"}}], "metadata": {"name": "witw-1"}}
    path = "/apis/metrics.k8s.io/v1beta1/namespaces/witw/pods"
    asked = sources(Api({}, {path: json.dumps({"items": [usage]})}), monkeypatch, [])

    assert asked.pods() == Reading({"cpu/witw-1": 25.0, "memory/witw-1": 2.0**26})


@pytest.mark.parametrize(("scaled", "told"), [("witw", 0), ("another", 1), (None, 1)])
def test_an_app_that_nothing_scales_is_told_with_the_layer_that_would(
    monkeypatch: pytest.MonkeyPatch, scaled: str | None, told: int
) -> None:
    said: list[str] = []
    found = [{"spec": {"scaleTargetRef": {"name": scaled}}}] if scaled else []
    kind = "horizontalpodautoscalers.autoscaling"

    sources(Api({kind: found}, {}), monkeypatch, said).look_for_a_scaler()

    assert len(said) == told
    assert all("./witw up --kind --with autoscaling" in one for one in said)


def test_a_deployment_that_is_gone_is_a_gap_and_not_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterError, match="no Deployment witw"):
        sources(Api({}, {}), monkeypatch, []).replicas()


def test_events_of_the_autoscaler_are_told_and_everyday_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def event(kind: str, reason: str) -> dict[str, Any]:
        return {
            "metadata": {"creationTimestamp": "2026-11-23T16:00:00Z"},
            "involvedObject": {"kind": kind, "name": "witw"},
            "reason": reason,
            "message": "m",
        }

    found = [
        event("HorizontalPodAutoscaler", "SuccessfulRescale"),
        event("ScaledObject", "KEDAScalersStarted"),
        event("Pod", "Pulled"),
        event("Pod", "FailedScheduling"),
    ]
    reading = sources(Api({"Event": found}, {}), monkeypatch, []).events()

    assert [one.reason for one in reading.events] == [
        "SuccessfulRescale", "KEDAScalersStarted", "FailedScheduling"
    ]  # fmt: skip


def test_pods_of_a_distributed_run_are_restricted_and_hold_no_people_in_their_variables() -> None:
    shape = shapes.make("spike", "small")
    objects = in_cluster.manifests(
        "run-1", "localhost:5001/x@sha256:1", shape, 3, "SESSIONS", "localhost:8082"
    )
    pods = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Pod"}

    assert list(pods) == ["run-1-master", "run-1-worker-1", "run-1-worker-2", "run-1-worker-3"]
    for pod in pods.values():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["resources"]["limits"]["memory"]
        assert pod["activeDeadlineSeconds"] > shape.seconds
        assert "SESSIONS" not in json.dumps(pod)
    (namespace,) = (one for one in objects if one["kind"] == "Namespace")
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.mark.parametrize(
    ("there", "says"), [(None, "not there"), (Registry("w-registry", 5002), "at localhost:5002")]
)
def test_a_registry_that_the_nodes_do_not_know_gets_no_image(
    monkeypatch: pytest.MonkeyPatch, there: Registry | None, says: str
) -> None:
    monkeypatch.setattr(registry, "find", lambda _: there)
    ours = FakeTarget(cluster=Cluster("c", Ports(1, 2, 5001), Path("kubectl")))
    to = LoadTarget("cluster c", "http://localhost:1", "cluster", to=cast("Target", ours))
    shape = shapes.make("spike", "small")
    with (
        pytest.raises(ClusterError, match=rf"pull from localhost:5001, .* {says}") as caught,
        in_cluster.generator(to, settings.load(project="w"), shape, 2, Path("people"), Stage("load")),
    ):
        pass
    assert "./witw up --kind --name c" in caught.value.remedy
    assert not ours.kubectl
