"""A cluster that sleeps for longer than its leases and the patience of its programs, and wakes as it was."""

import json
import time

import httpx
import pytest

from dev import cluster, park, process, settings
from tests.e2e.stack import Stack

ASLEEP = 75
"""Seconds: more than a node may be silent (50), a lease lasts (40) and gunicorn's workers may be (60)."""

AFTER = 30
"""Seconds in which nothing may fail that was overdue."""


def programs(stack: Stack) -> dict[tuple[str, str], int]:
    """How often each container has been started again, by pod."""
    return {
        (pod["metadata"]["uid"], one["name"]): one["restartCount"]
        for pod in stack.to.kube.list("Pod")
        for one in pod["status"].get("containerStatuses", [])
    }


def workers(stack: Stack) -> int:
    """How many of gunicorn's workers have been killed for their silence."""
    pods = stack.to.kube.list("Pod", "witw", label_selector="app.kubernetes.io/component=web")
    said = [line for pod in pods for line in stack.to.kube.logs(pod["metadata"]["name"], "witw", "app")]
    return sum("WORKER TIMEOUT" in line for line in said)


def usage(node: park.Container) -> tuple[str, str]:
    """What the engine says of a node's CPU, over a second, and of its memory."""
    said = process.run(["docker", "stats", "--no-stream", "--format={{json .}}", node.id]).stdout
    told = json.loads(said)
    return told["CPUPerc"], told["MemUsage"].partition(" / ")[0]


def test_a_cluster_that_was_frozen_goes_on_as_if_nothing_had_been(stack: Stack) -> None:
    (ann,) = stack.people(ann=None)
    assert ann.patch("/api/users/me", json={"first_name": "Annabel"}).status_code == 200
    before, killed = programs(stack), workers(stack)
    (frozen,) = park.choose(settings.load(), stack.to.ours.name)
    assert park.park(frozen)
    with pytest.raises(httpx.TimeoutException):
        httpx.get(frozen.url, timeout=2, trust_env=False)
    assert [usage(node)[0] for node in frozen.containers()] == ["0.00%"] * len(frozen.containers())
    time.sleep(ASLEEP)

    assert park.resume(frozen) is not None

    answers = set()
    until = time.monotonic() + AFTER
    while time.monotonic() < until:
        answers.add(ann.get("/api/users/me").status_code)
        time.sleep(0.1)
    assert answers == {200}
    assert ann.get("/api/users/me").json()["first_name"] == "Annabel"
    assert programs(stack) == before, "no pod and no container is another one"
    assert workers(stack) == killed
    assert all(node.awake for node in cluster.nodes(stack.to.ours.name))


def test_a_cluster_that_was_stopped_frees_its_memory_and_wakes_with_all_data(stack: Stack) -> None:
    (ben,) = stack.people(ben=None)
    assert ben.patch("/api/users/me", json={"first_name": "Benjamin"}).status_code == 200
    (stopped,) = park.choose(settings.load(), stack.to.ours.name)
    assert park.park(stopped, deep=True)
    assert {usage(node)[1] for node in stopped.containers()} == {"0B"}

    assert park.resume(stopped) is not None

    assert ben.get("/api/users/me").json()["first_name"] == "Benjamin"
    said = "\n".join(stack.to.kube.logs("postgres-0", stack.database, "postgres"))
    assert "database system was shut down" in said
    assert "not properly shut down" not in said
    assert all(node.awake for node in cluster.nodes(stack.to.ours.name))
