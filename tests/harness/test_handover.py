"""Handing the number of the app's pods over to the layer that scales it."""

import pytest

from dev import handover
from tests.harness.fake_target import FakeTarget


def deployment(manager, *, name="witw", replicas=3, fields=None):
    entry = {"manager": manager, "fieldsV1": {"f:spec": fields if fields is not None else {"f:replicas": {}}}}
    metadata = {"name": name, "namespace": "witw", "managedFields": [entry]}
    return {"metadata": metadata, "spec": {"replicas": replicas}}


@pytest.fixture
def to(monkeypatch):
    target = FakeTarget()
    target.deployments = []
    monkeypatch.setattr(target, "list", lambda *_, **__: target.deployments)
    return target


def test_the_number_that_helm_has_set_is_set_beside_it(to):
    to.deployments = [deployment("helm", name="other"), deployment("helm")]
    handover.before(to, ["gateway", "autoscaling"])()
    (applied,) = to.applied
    assert applied["metadata"] == {"name": "witw", "namespace": "witw"}
    # Nothing else is claimed: Helm has to remain free to change it.
    assert applied["spec"] == {"replicas": 3}
    assert "--server-side" in to.kubectl[0]


@pytest.mark.parametrize(
    "found", [[], [deployment("kube-controller-manager")], [deployment("helm", fields={"f:strategy": {}})]]
)
def test_nothing_is_done_where_helm_says_no_number(to, found):
    to.deployments = found
    handover.before(to, ["autoscaling"])()
    assert to.kubectl == []


def test_nothing_is_done_where_nothing_scales_the_app():
    assert handover.before(FakeTarget(), ["gateway", "postgres"]) is None
