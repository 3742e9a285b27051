"""What a pod of the app is, and what it may not."""

import re
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from dev.target import Target
from tests.e2e.stack import WEB, Stack

PRIVILEGED = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "intruder"},
    "spec": {
        "containers": [{"name": "intruder", "image": "x", "securityContext": {"privileged": True}}],
        "hostNetwork": True,
    },
}
SPACES = ["witw", "postgres", "gateway"]


def statuses(stack: Stack) -> dict[str, str]:
    """What the kernel says of the first process of the app's container."""
    lines = stack.execute("cat", "/proc/1/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("namespace", SPACES)
def test_a_privileged_pod_is_refused(to: Target, namespace: str) -> None:
    said = to.run_kubectl(
        "apply", "--filename=-", f"--namespace={namespace}", "--dry-run=server",
        stdin=yaml.safe_dump(PRIVILEGED), check=False,
    )  # fmt: skip
    assert not said.ok
    assert 'violates PodSecurity "restricted' in said.stderr
    assert "privileged" in said.stderr


@pytest.mark.parametrize("namespace", SPACES)
def test_every_pod_of_ours_satisfies_the_restricted_standard(to: Target, namespace: str) -> None:
    """Also those that were there before the namespace was labelled: all are sent to the API server again."""
    for pod in to.kube.list("Pod", namespace):
        spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
        again = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "again"}, "spec": spec}
        options = f"--namespace={namespace}", "--dry-run=server"
        said = to.run_kubectl("apply", "--filename=-", *options, stdin=yaml.safe_dump(again), check=False)
        assert said.ok, said.stderr
        assert "would violate" not in said.stderr


def test_the_app_is_nobody_special(stack: Stack) -> None:
    status = statuses(stack)
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"10001"}
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2", "a filter is on"


@pytest.mark.parametrize("folder", ["/", "/app", "/etc", "/usr/local/bin", "/run/secrets/app"])
def test_the_file_system_cannot_be_written(stack: Stack, folder: str) -> None:
    said = stack.kubectl(
        "exec", "deployment/witw", "--container=app", "--", "touch",
        str(PurePosixPath(folder) / "intruder"), check=False,
    )  # fmt: skip
    assert re.search("Read-only file system|Permission denied", said), said


def test_the_root_file_system_is_mounted_read_only(stack: Stack) -> None:
    mounts = stack.execute("cat", "/proc/mounts").splitlines()
    (root,) = [line.split() for line in mounts if line.split()[1] == "/"]
    assert "ro" in root[3].split(",")


def test_no_token_of_kubernetes_is_in_the_pod(stack: Stack) -> None:
    found = stack.execute("find", "/run", "/var/run/", "-maxdepth", "3")
    assert "/run/secrets/app" in found
    assert "kubernetes.io" not in found
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in stack.pods().values())


def test_passwords_are_files_and_not_variables(stack: Stack) -> None:
    everything = stack.execute("sh", "-c", "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'")
    passwords = stack.passwords()
    # Numbers only: what an assertion compares is printed when it fails.
    count, seen = len(passwords), sum(password in everything for password in passwords)
    assert count >= 3
    assert seen == 0


def test_pods_are_spread_over_nodes_and_zones(stack: Stack) -> None:
    for pod in stack.pods().values():
        rules = {rule["topologyKey"]: rule for rule in pod["spec"]["topologySpreadConstraints"]}
        assert rules.keys() == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        labels = pod["metadata"]["labels"]
        for rule in rules.values():
            wanted = rule["labelSelector"]["matchLabels"]
            assert wanted.items() <= labels.items(), "a rule that counts other pods spreads nothing"
            assert rule["matchLabelKeys"] == ["pod-template-hash"]


def test_every_container_of_ours_has_limits_and_probes(stack: Stack) -> None:
    for pod in stack.pods().values():
        (app,) = pod["spec"]["containers"]
        assert app["resources"]["limits"].keys() == {"memory"}
        assert app.keys() >= {"startupProbe", "livenessProbe", "readinessProbe"}


def images(pod: dict[str, Any]) -> list[str]:
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return [container["image"] for container in containers]


@pytest.mark.parametrize("namespace", SPACES)
def test_images_run_by_digest_from_the_local_registry(to: Target, namespace: str) -> None:
    registry = rf"localhost:{to.ours.ports.registry}/{to.ours.name}/[a-z-]+@sha256:[0-9a-f]{{64}}"
    pods = to.kube.list("Pod", namespace)
    assert pods
    for pod in pods:
        for image in images(pod):
            assert re.fullmatch(registry, image), f"{pod['metadata']['name']}: {image}"
        for status in pod["status"]["containerStatuses"]:
            assert status["imageID"].partition("@")[2] in "".join(images(pod)), "another one runs"


def test_every_pod_of_the_app_is_reached(stack: Stack) -> None:
    assert len(stack.to.kube.list("Pod", stack.namespace, label_selector=WEB)) >= 2
