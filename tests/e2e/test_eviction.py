"""Pods that have to go: evicted one at a time, deleted, replaced."""

import json

import httpx
import pytest

from tests.e2e.own import Own
from tests.e2e.stack import is_ready, until

# They share the second pod.
pytestmark = pytest.mark.xdist_group("eviction")


@pytest.fixture(scope="module")
def pair(_own: Own) -> Own:
    """This worker's release, with two pods."""
    _own.upgrade(replicas=2)
    return _own


def evict(own: Own, pod: str) -> str:
    """Ask for a pod's eviction, as `kubectl drain` does; returns what is answered."""
    wanted = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": own.namespace},
    }
    path = f"/api/v1/namespaces/{own.namespace}/pods/{pod}/eviction"
    return own.kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(wanted), check=False)


def test_pods_are_evicted_one_at_a_time(pair: Own) -> None:
    first, second = sorted(pair.pods())[:2]
    assert "Success" in evict(pair, first)
    assert "disruption budget" in evict(pair, second)
    assert pair.browser().get("/login").status_code == httpx.codes.OK
    until("a successor", lambda: sum(map(is_ready, pair.pods().values())) >= 2, 120)
    until("the second one's turn", lambda: "Success" in evict(pair, second), 60)
    until("its successor", lambda: sum(map(is_ready, pair.pods().values())) >= 2, 120)
    assert not {first, second} & set(pair.pods())


def test_a_pod_that_is_deleted_is_replaced_while_the_other_serves(pair: Own) -> None:
    gone = min(pair.pods())
    pair.kubectl("delete", "pod", gone, "--wait=false")
    assert {pair.browser().get("/login").status_code for _ in range(10)} == {httpx.codes.OK}
    until("a successor", lambda: sum(map(is_ready, pair.pods().values())) >= 2, 120)
    assert gone not in pair.pods()
