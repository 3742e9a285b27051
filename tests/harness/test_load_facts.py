"""What a load run says it was done with, from containers and a cluster that are made up."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev import process
from dev.compose import Compose
from dev.errors import ClusterError, StackError
from dev.load import environment, facts
from dev.load.targets import LoadTarget
from dev.process import Result
from dev.settings import Settings


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What git and docker say."""
    words = {"git": "v1-3-gabc-dirty\n", "docker": "29.1\n"}
    monkeypatch.setattr(process, "run", lambda command, **_: Result(0, words[command[0]], ""))
    return words


class Stack(Compose):
    """A stack with these containers, or without an engine."""

    def __init__(self, *there: dict[str, Any]) -> None:
        super().__init__(Settings())
        self.there = there

    def containers(self) -> list[dict[str, Any]]:
        if not self.there:
            raise StackError("the engine is away")
        return list(self.there)


def container(service: str, image: str, *, limit: int = 0, running: bool = True) -> dict[str, Any]:
    return {
        "State": {"Running": running},
        "Image": image,
        "HostConfig": {"Memory": limit},
        "Config": {
            "Labels": {"com.docker.compose.service": service},
            "Env": ["WEB_WORKERS=2", "WEB_THREADS=4", "SECRET_KEY=hush"],
        },
    }


def of(*there: dict[str, Any]) -> dict[str, Any]:
    return facts.of(
        LoadTarget("compose x", "http://localhost:1", "compose", compose=Stack(*there)), Settings()
    )


def test_a_stack_of_compose_is_told_by_image_limit_and_number() -> None:
    found = of(
        container("app", "sha256:a", limit=512 * 2**20),
        container("app", "sha256:a", limit=512 * 2**20),
        container("gateway", "sha256:g"),
        container("migrate", "sha256:m", running=False),
    )

    assert (found["image of app"], found["memory limit of app"], found["containers of app"]) == (
        "sha256:a", "512 MiB", 2
    )  # fmt: skip
    assert (found["memory limit of gateway"], found["containers of gateway"]) == ("none", 1)
    assert (found["WEB_WORKERS"], found["WEB_THREADS"]) == ("2", "4")
    assert found["engine"] == "29.1"
    assert found["commit"] == "v1-3-gabc-dirty"
    assert "image of migrate" not in found


def test_no_secret_of_the_app_gets_into_a_report() -> None:
    assert "hush" not in json.dumps(of(container("app", "sha256:a")))


def test_a_stack_that_cannot_be_asked_does_not_keep_a_run_from_going_on() -> None:
    found = of()

    assert found["stack"] == "unknown: the engine is away"
    assert found["target"] == "compose x"


def test_a_checkout_without_git_has_an_unknown_commit(said: dict[str, str]) -> None:
    said["git"] = "\n"

    assert of()["commit"] == "unknown"


def test_the_version_of_locust_is_the_locked_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "requirements.txt"
    monkeypatch.setattr(environment, "LOCK", lock)

    lock.write_text("locust-cloud==1.0\nlocust==2.47.0 \\\n")
    assert of()["locust"] == "2.47.0"
    lock.write_text("locust-cloud==1.0\n")
    assert of()["locust"] == "unknown"


def workload(namespace: str, name: str, container: dict[str, Any]) -> dict[str, Any]:
    spec = {"replicas": 3, "template": {"spec": {"containers": [container]}}}
    return {"metadata": {"namespace": namespace, "name": name}, "spec": spec}


def deployment(name: str) -> dict[str, Any]:
    """As the chart makes it: its settings are in a ConfigMap, its secrets in files."""
    app = {
        "name": "app",
        "image": f"{name}@sha256:1",
        "resources": {"limits": {"memory": "1Gi"}},
        "envFrom": [{"configMapRef": {"name": name}}, {"secretRef": {"name": "passwords"}}],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "SECRET_KEY", "value": "hush"},
        ],
    }
    return workload("witw", name, app)


SETTINGS = [
    {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "..."}},
    {"metadata": {"name": "other"}, "data": {"WEB_WORKERS": "9", "WEB_THREADS": "9"}},
    {"metadata": {"name": "witw"}, "data": {"WEB_WORKERS": "2", "WEB_THREADS": "4", "DB_HOST": "hush"}},
]

SCALED = {
    "spec": {
        "scaleTargetRef": {"name": "witw"},
        "minReplicaCount": 2,
        "triggers": [
            {"type": "metrics-api", "name": "queue", "metadata": {"targetValue": "4"}},
            {"type": "cpu", "metadata": {"value": "250m"}},
        ],
    }
}


def in_cluster(*, nodes: int = 2, away: bool = False, scaled: bool = True) -> dict[str, Any]:
    node = {"status": {"nodeInfo": {"kubeletVersion": "v1.36.3"}}}
    envoy, operator = {"name": "envoy", "image": "e@1"}, {"name": "keda-operator", "image": "k@1"}
    around = [
        workload("gateway", "public", envoy),
        workload("gateway", "internal", {**envoy, "image": "e@2"}),
        workload("postgres", "pgpool", {"name": "pgpool", "image": "p@1"}),
        workload("autoscaling", "keda-operator", operator),
    ]
    held = {
        "Deployment": [deployment("other"), deployment("witw"), *around],
        "StatefulSet": [workload("postgres", "postgres", {"name": "postgres", "image": "d@1"})],
        "Node": [node] * nodes,
        "configmaps": SETTINGS,
        "scaledobjects.keda.sh": [SCALED] if scaled else [],
    }

    def ask(kind: str, namespace: str = "") -> Any:
        if away:
            raise ClusterError("the API server is away")
        return held[kind]

    to: Any = SimpleNamespace(kube=SimpleNamespace(list=ask))
    return facts.of(LoadTarget("cluster x", "http://localhost:1", "cluster", to=to), Settings())


def test_a_cluster_is_told_by_the_apps_deployment_and_its_nodes() -> None:
    found = in_cluster()

    assert found["image of app"] == "witw@sha256:1"
    assert json.loads(found["resources of app"]) == {"limits": {"memory": "1Gi"}}
    assert (found["WEB_WORKERS"], found["WEB_THREADS"]) == ("2", "4")
    assert found["replicas at the beginning"] == 3
    assert (found["nodes"], found["kubernetes"]) == (2, "v1.36.3")
    assert "hush" not in json.dumps(found)


def test_a_cluster_is_told_by_what_a_request_and_a_decision_go_through() -> None:
    found = in_cluster()

    images = [found[f"image of {name}"] for name in ("gateway", "pgpool", "postgres", "keda")]
    assert images == ["e@1", "p@1", "d@1", "k@1"]
    assert found["ScaledObject, minReplicaCount"] == 2
    assert json.loads(found["ScaledObject, trigger queue"])["metadata"] == {"targetValue": "4"}
    assert json.loads(found["ScaledObject, trigger cpu"])["metadata"] == {"value": "250m"}
    assert not [name for name in in_cluster(scaled=False) if "ScaledObject" in name]


def test_a_cluster_that_tells_of_no_node_or_nothing_is_told_so() -> None:
    assert in_cluster(nodes=0)["kubernetes"] == "unknown"
    assert in_cluster(away=True)["stack"] == "unknown: the API server is away"


def test_of_somebody_elses_stack_only_our_side_is_known() -> None:
    found = facts.of(LoadTarget("a.example:443", "https://a.example", "foreign"), Settings())

    assert found["target"] == "a.example:443"
    assert not {"stack", "engine", "nodes"} & set(found)
