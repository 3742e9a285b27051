"""A release of the chart: tested, parked, interrupted, taken away."""

import subprocess

import httpx
import pytest

from dev import release
from tests.e2e.own import CHART, ENDLESS, Own, merged
from tests.e2e.stack import until

pytestmark = pytest.mark.long


def test_helm_test_finds_the_app_reachable(own: Own) -> None:
    assert "Succeeded" in own.helm("test", "witw", "--logs")


def test_a_parked_app_wakes_with_all_that_it_knew(own: Own) -> None:
    (ann,) = own.people(ann=None)
    own.upgrade(parked=True)
    assert own.pods() == {}
    # Pods that are told to go still serve until the gateway has let go of them.
    until("no answer", lambda: ann.get("/api/users/me").status_code == httpx.codes.SERVICE_UNAVAILABLE)
    own.upgrade()
    until("an answer", lambda: ann.get("/api/users/me").status_code == httpx.codes.OK)
    assert ann.get("/api/users/me").json()["email"] == ann.email


def test_an_upgrade_that_was_killed_is_healed(own: Own) -> None:
    """The release is pending then, and Helm itself refuses to touch it."""
    file = own.write("endless", merged(own.base, ENDLESS))
    command = [
        str(own.to.helm), "upgrade", "witw", str(CHART), f"--namespace={own.namespace}", f"--values={file}",
        f"--kubeconfig={own.to.kubeconfig}", f"--kube-context={own.to.context}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        until("the upgrade", lambda: own.newest().status == "pending-upgrade", 60)
        killed.kill()
    assert own.browser().get("/login").status_code == httpx.codes.OK
    ours = release.Release("witw", own.namespace, CHART, "app", ())
    (done,) = release.heal(own.to, [ours], release.states(own.to))
    assert "rolled back" in done
    own.upgrade()
    assert own.newest().status == "deployed"


def test_uninstalling_leaves_nothing_but_the_database(own: Own) -> None:
    (ann,) = own.people(ann=None)
    own.helm("uninstall", "witw")
    kinds = "deployments,replicasets,services,configmaps,serviceaccounts,poddisruptionbudgets,httproutes,jobs"
    until("the pods being gone", lambda: own.list("Pod") == [], 120)
    left = set(own.kubectl("get", kinds, "--output=name").split())
    assert left == {"configmap/kube-root-ca.crt", "serviceaccount/default"}
    assert own.sql(f"SELECT count(*) FROM people_user WHERE email = '{ann.email}'") == "1"  # noqa: S608
    own.upgrade()
    until("an answer", lambda: ann.get("/api/users/me").status_code == httpx.codes.OK)
