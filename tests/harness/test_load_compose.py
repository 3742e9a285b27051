"""What a Compose stack tells while it is under load, with containers and a docker that are made up."""

import json
from typing import Any

import httpx
import pytest

from dev import process
from dev.compose import Compose
from dev.errors import ProcessError, StackError
from dev.load import compose_sources, run
from dev.load.samples import Source
from dev.load.targets import LoadTarget
from dev.process import Result
from dev.settings import Settings

QUEUE = "witw_requests_in_flight 3\nwitw_connections_waiting 2\nwitw_threads 8\n"

RETRIES = 'envoy_cluster_upstream_rq_retry{envoy_cluster_name="app"} 4\n'


def container(service: str, number: int = 1, *, running: bool = True, once: bool = False) -> dict[str, Any]:
    return {
        "Id": f"{service}{number}",
        "Name": f"/witw-{service}-{number}",
        "State": {"Running": running},
        "HostConfig": {"RestartPolicy": {"Name": "no" if once else "always"}},
        "Config": {"Labels": {"com.docker.compose.service": service}},
        "NetworkSettings": {
            "Networks": {"b": {"IPAddress": "10.0.0.9"}, "a": {"IPAddress": f"10.0.0.{number}"}}
        },
    }


class Stack(Compose):
    """A stack with these containers."""

    def __init__(self, *there: dict[str, Any]) -> None:
        super().__init__(Settings())
        self.there = list(there)

    def containers(self) -> list[dict[str, Any]]:
        return self.there


def source(stack: Compose, name: str) -> Source:
    return next(one for one in compose_sources.sources(stack) if one.name == name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What docker was asked; it answers for two containers."""
    calls: list[list[str]] = []
    stats = [
        {"Name": "witw-app-1", "CPUPerc": "150.5%", "MemUsage": "128MiB / 2GiB"},
        {"Name": "witw-postgres-1", "CPUPerc": "0.00%", "MemUsage": "1.5GB / 2GiB"},
    ]

    def docker(command: list[str], **_: Any) -> Result:
        calls.append(command)
        return Result(
            0, RETRIES if command[1] == "exec" else "".join(f"{json.dumps(one)}\n" for one in stats), ""
        )

    monkeypatch.setattr(process, "run", docker)
    return calls


def test_cores_and_memory_are_told_by_container(asked: list[list[str]]) -> None:
    stack = Stack(container("app"), container("postgres"), container("migrate", once=True))

    found = source(stack, "containers").read()

    assert found.values == {
        "cpu/app-1": 150.5, "memory/app-1": 128 * 2**20, "cpu/postgres-1": 0, "memory/postgres-1": 1.5e9
    }  # fmt: skip
    assert asked[0][-2:] == ["app1", "postgres1"]  # not what has ended, or will


def test_a_stack_without_a_container_is_a_gap(asked: list[list[str]]) -> None:
    with pytest.raises(StackError, match="no container runs"):
        source(Stack(container("app", running=False)), "containers").read()
    assert asked == []


def test_the_queue_is_asked_of_every_container_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []

    def get(url: str, **options: Any) -> httpx.Response:
        assert options["trust_env"] is False
        urls.append(url)
        return httpx.Response(200, text=QUEUE, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    stack = Stack(container("app", 1), container("app", 2), container("gateway"))

    found = source(stack, "app's metrics").read()

    assert found.values == {"queue.in_flight": 6, "queue.waiting": 4, "queue.threads": 16}
    assert urls == [f"http://10.0.0.{n}:8001/internal/metrics" for n in (1, 2)]


def test_an_app_that_does_not_answer_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(url: str, **_: Any) -> httpx.Response:
        return httpx.Response(503, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)

    with pytest.raises(StackError, match="does not answer"):
        source(Stack(container("app")), "app's metrics").read()


def test_retries_are_asked_of_the_gateway_alone(asked: list[list[str]]) -> None:
    found = source(Stack(container("app"), container("gateway")), "gateway's metrics").read()

    assert found.values["gateway.retries"] == 4
    assert [call[:3] for call in asked] == [["docker", "exec", "gateway1"]]


def test_a_docker_that_fails_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def docker(command: list[str], **_: Any) -> Result:
        raise ProcessError(command, returncode=1, timeout=None, env=None, stdout="", stderr="gone")

    monkeypatch.setattr(process, "run", docker)

    with pytest.raises(StackError, match="`docker stats` failed") as caught:
        source(Stack(container("app")), "containers").read()
    assert caught.value.details == "gone"


@pytest.mark.parametrize("text", ["much", "12 parsecs", "--"])
def test_an_amount_of_memory_that_is_none_is_told(text: str) -> None:
    with pytest.raises(StackError, match=text):
        compose_sources._bytes(text)


def test_a_stack_of_compose_is_asked_besides_the_machine() -> None:
    bare = LoadTarget("x", "http://x.example", "foreign")
    ours = LoadTarget("x", "http://x.example", "compose", compose=Stack())

    assert len(run.sources(ours, print)) == len(run.sources(bare, print)) + 3
