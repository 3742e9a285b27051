"""How clusters are told to be: by namespace, with what keeps them from being ready."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev import cluster, cluster_status, kube, platform_values, waits
from dev.cluster import Cluster, Node
from dev.cluster_config import Ports
from dev.readiness import NotReady
from dev.settings import Settings

FOUND = Cluster("c", Ports(8082, 8083, 5001), Path("kubectl"))

SPACES = ["kube-system", "local-path-storage", "gateway", "postgres", "witw"]


def pod(namespace: str, phase: str = "Running") -> dict[str, Any]:
    return {"metadata": {"namespace": namespace}, "status": {"phase": phase}}


class World:
    """What the nodes and the API server tell."""

    def __init__(self) -> None:
        self.nodes = [Node("1", "c-control-plane", running=True), Node("2", "c-worker", running=True)]
        self.pods = [pod(space) for space in SPACES for _ in range(2)]
        self.problems: list[NotReady] = []
        self.looked: list[set[str]] = []

    def look(self, _: object, namespaces: set[str]) -> list[NotReady]:
        self.looked.append(namespaces)
        return self.problems

    def list(self, kind: str) -> list[dict[str, Any]]:
        return self.pods


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(cluster, "nodes", lambda _: made.nodes)
    monkeypatch.setattr(kube, "of", lambda _: made)
    monkeypatch.setattr(waits, "look", made.look)
    monkeypatch.setattr(platform_values, "chosen_layers", lambda _: ["gateway", "postgres"])
    return made


def status() -> cluster_status.Status:
    return cluster_status.of(FOUND, Settings())


def test_a_cluster_is_ready_when_every_layer_has_pods_and_no_problem(world: World) -> None:
    world.pods.append(pod("witw", "Succeeded"))  # a migration that has ended is not waited for

    found = status()

    assert found.ready
    assert found.url == "http://localhost:8082"
    assert [(line.namespace, line.pods) for line in found.lines] == [(n, "2 of 2 ready") for n in SPACES]
    assert world.looked == [set(SPACES)]


def test_layers_say_where_they_show_something(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status().pages == {}
    monkeypatch.setattr(platform_values, "chosen_layers", lambda _: ["gateway", "metrics"])
    assert status().pages == {"metrics": "http://localhost:8083/prometheus/"}


def test_a_pod_that_is_not_ready_counts_once_with_its_first_problem(world: World) -> None:
    world.problems = [
        NotReady("Pod", "witw-1", "app", "CrashLoopBackOff", namespace="witw"),
        NotReady("Pod", "witw-1", "nginx", "not ready", namespace="witw"),
        NotReady("Deployment", "witw", "", "1 of 2 ready", namespace="witw"),
    ]

    found = status()

    assert not found.ready
    assert found.lines[-1].pods == "1 of 2 ready"
    assert found.lines[-1].problem == "Pod witw/witw-1/app: CrashLoopBackOff"
    assert not any(line.problem for line in found.lines[:-1])


def test_a_layer_without_a_pod_is_not_deployed(world: World) -> None:
    world.pods = [one for one in world.pods if one["metadata"]["namespace"] != "postgres"]

    found = status()

    assert not found.ready
    assert [line.namespace for line in found.lines if line.problem] == ["postgres"]
    assert found.lines[3].problem == "nothing is deployed here"


def test_a_cluster_with_a_stopped_node_is_not_asked(world: World) -> None:
    world.nodes[1] = Node("2", "c-worker", running=False)

    found = status()

    assert not found.ready
    assert [line.problem for line in found.lines] == ["c-worker stopped"]
    assert world.looked == []


def test_only_clusters_that_were_finished_and_still_stand_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, own_state: Path
) -> None:
    for name, ready in (("c", True), ("gone", True), ("half", False)):
        file = own_state / "clusters" / name / "cluster.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"ready": ready}))
    monkeypatch.setattr(cluster, "nodes", lambda name: [] if name == "gone" else world.nodes)
    monkeypatch.setattr(cluster, "find", lambda name, _: Cluster(name, FOUND.ports, FOUND.kubectl))

    assert [one.name for one in cluster_status.all_of_them(Settings())] == ["c"]
