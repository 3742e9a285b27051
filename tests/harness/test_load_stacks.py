"""The stacks of this checkout that may be loaded, found from what docker and the clusters say."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev import cluster, process, target
from dev.cluster import Cluster, Node
from dev.cluster_config import Ports
from dev.compose import Compose
from dev.errors import ProcessError, StackError
from dev.load import targets
from dev.load.targets import LoadTarget
from dev.process import Result
from dev.settings import ROOT, Settings

SETTINGS = Settings()


def gateway(project: str, port: int) -> dict[str, Any]:
    bound = {"8080/tcp": [{"HostPort": str(port)}] if port else None}
    return {
        "NetworkSettings": {"Ports": bound},
        "Config": {"Labels": {"com.docker.compose.project": project}},
    }


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Gateways of three projects run, one of them without a port; no cluster does."""
    said: list[list[str]] = []
    there = [gateway("another", 8090), gateway("witw", 8081), gateway("closed", 0)]

    def docker(command: list[str], **_: Any) -> Result:
        said.append(command)
        return Result(0, "1 2 3" if command[1] == "ps" else json.dumps(there), "")

    monkeypatch.setattr(process, "run", docker)
    monkeypatch.setattr(cluster, "names", list)
    return said


def test_projects_are_those_of_this_checkout_that_have_a_port_ours_first(calls: list[list[str]]) -> None:
    found = targets.all_of_ours(SETTINGS)

    assert [(one.name, one.url, one.kind) for one in found] == [
        ("compose witw", "http://localhost:8081", "compose"),
        ("compose another", "http://localhost:8090", "compose"),
    ]
    assert f"--filter=label=com.docker.compose.project.working_dir={ROOT}" in calls[0]
    assert found[1].compose is not None
    assert found[1].compose.settings.project == "another"


def test_the_port_that_runs_counts_and_not_the_one_of_the_settings(calls: list[list[str]]) -> None:
    assert targets.choose("http://localhost:8081", SETTINGS).name == "compose witw"


def test_an_engine_that_is_away_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def docker(command: list[str], **_: Any) -> Result:
        raise ProcessError(command, returncode=1, timeout=None, env=None, stdout="", stderr="no socket")

    monkeypatch.setattr(process, "run", docker)
    monkeypatch.setattr(cluster, "names", list)

    with pytest.raises(StackError, match="does not say what runs") as caught:
        targets.all_of_ours(SETTINGS)
    assert (caught.value.details, caught.value.remedy) == ("no socket", "./witw doctor")


class Kubectl:
    """A cluster of ours with a Deployment; it remembers what its kubectl was told."""

    def __init__(self, deployment: str) -> None:
        self.ours = Cluster("c", Ports(8082, 8083, 5001), Path("kubectl"))
        self.kube = SimpleNamespace(list=lambda *_: [{"metadata": {"name": deployment}}])
        self.told: list[tuple[tuple[str, ...], str | None]] = []

    def run_kubectl(self, *words: str, stdin: str | None = None, timeout: float = 0) -> Result:
        self.told.append((words, stdin))
        return Result(0, "done", "")


@pytest.mark.parametrize(
    ("deployment", "running", "found"),
    [
        ("witw", [True, True], ["cluster c"]),
        ("witw", [True, False], []),
        ("witw", [], []),
        ("other", [True], []),
    ],
)
def test_a_cluster_may_be_loaded_when_all_its_nodes_run_and_the_app_is_in_it(
    monkeypatch: pytest.MonkeyPatch, deployment: str, running: list[bool], found: list[str]
) -> None:
    nodes = [Node(str(number), "c", running=one) for number, one in enumerate(running)]
    monkeypatch.setattr(cluster, "names", lambda: ["c"])
    monkeypatch.setattr(cluster, "nodes", lambda _: nodes)
    monkeypatch.setattr(cluster, "find", lambda *_: None)
    monkeypatch.setattr(target, "of_cluster", lambda *_: Kubectl(deployment))

    known = targets._clusters(SETTINGS)

    assert [one.name for one in known] == found
    assert [one.url for one in known] == ["http://localhost:8082"] * len(found)


def test_code_for_the_app_goes_in_through_a_pipe_and_not_as_an_argument(calls: list[list[str]]) -> None:
    kubectl: Any = Kubectl("witw")

    assert LoadTarget("c", "http://localhost:1", "cluster", to=kubectl).manage("SECRET") == "done"
    LoadTarget("x", "http://localhost:1", "compose", compose=Compose(SETTINGS)).manage("SECRET")

    ((words, stdin),) = kubectl.told
    assert stdin == "SECRET"
    assert "SECRET" not in str(words)
    assert "deployment/witw" in words
    assert "--no-TTY" in calls[0]
    assert "SECRET" not in str(calls)


def test_the_host_of_a_stack_is_that_of_its_url() -> None:
    assert LoadTarget("x", "https://staging.example.com:8443/a", "foreign").host == "staging.example.com"
