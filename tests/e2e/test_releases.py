"""The chart as its README has it: tested, installed from the examples, taken away."""

import subprocess

import httpx
import pytest
import yaml

from dev import release
from tests.e2e.own import CHART, Own, Values, merged
from tests.e2e.stack import until

FOREIGN = {"monitored": "kinds of the Prometheus operator", "production": "kinds of the Prometheus operator"}
"""Examples with kinds that only other people's clusters know."""

EXAMPLES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").glob("*-values.yaml"))

INSTALLED = ("minimal", "canary", "autoscaled", "scraped", "parked")


def example(name: str) -> Values:
    values: Values = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text())
    return values


def fitted(own: Own, values: Values) -> Values:
    """An example with the names of this cluster in place of the made-up ones; all else as it stands there."""
    base = own.base
    places = {
        "image": base["image"],
        "config": {**values.get("config", {}), "BASE_URL": own.url, "ENVIRONMENT": "local"},
        "database": {
            "host": base["database"]["host"],
            "primary": base["database"]["primary"],
            "sslmode": "disable",
        },
        "secrets": {name: base["secrets"][name] for name in ("django", "database")},
        "resources": base["resources"],
    }
    if values.get("httpRoute", {}).get("enabled"):
        places["httpRoute"] = {"parentRefs": base["httpRoute"]["parentRefs"], "hostnames": [own.host]}
    if "canary" in values:
        places["canary"] = {"image": {"digest": base["image"]["digest"], "tag": ""}}
    return merged(values, places)


def test_helm_test_finds_the_app_reachable(own: Own) -> None:
    assert "Succeeded" in own.helm("test", "witw", "--logs")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in FOREIGN])
def test_the_api_server_takes_all_objects_of_an_example(own: Own, name: str) -> None:
    file = CHART / "ci" / f"{name}-values.yaml"
    rendered = own.helm("template", "example", str(CHART), f"--values={file}", "--no-hooks")
    said = own.kubectl("apply", "--dry-run=server", "--filename=-", stdin=rendered, check=False)
    assert "configured" in said or "created" in said
    assert not [line for line in said.splitlines() if "rror" in line or "would violate" in line], said


@pytest.mark.parametrize("name", INSTALLED)
def test_an_example_is_installed_and_serves(own: Own, name: str) -> None:
    values = fitted(own, example(name))
    own.apply("witw", own.namespace, CHART, values)
    deployments = {one["metadata"]["name"]: one for one in own.list("Deployment")}
    if values.get("parked"):
        assert deployments["witw"]["spec"]["replicas"] == 0
        return
    assert deployments["witw"]["status"]["readyReplicas"] >= 1
    for pod in own.pods().values():
        (waited,) = pod["status"]["initContainerStatuses"]
        assert waited["name"] == "wait-for-migrations"
        assert waited["state"]["terminated"]["exitCode"] == 0
    assert ("witw-canary" in deployments) == ("canary" in values)
    if values.get("httpRoute", {}).get("enabled"):
        until("an answer", lambda: own.browser().get("/login").status_code == httpx.codes.OK)


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
    endless = {"migrations": {"args": ["shell", "--no-imports", "-c", "import time; time.sleep(600)"]}}
    file = own.write("endless", merged(own.base, endless))
    command = [
        str(own.to.helm), "upgrade", "witw", str(CHART), f"--namespace={own.namespace}", f"--values={file}",
        f"--kubeconfig={own.to.kubeconfig}", f"--kube-context={own.to.context}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        until("the upgrade", lambda: own.revisions()[-1]["status"] == "pending-upgrade", 60)
        killed.kill()
    assert own.browser().get("/login").status_code == httpx.codes.OK
    ours = release.Release("witw", own.namespace, CHART, "app", ())
    (done,) = release.heal(own.to, [ours], release.states(own.to))
    assert "rolled back" in done
    own.kubectl("delete", "job", "--all")
    own.upgrade()
    assert own.revisions()[-1]["status"] == "deployed"


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
