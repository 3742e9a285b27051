"""Controllers and metrics-server that look as often as they do where nobody has told them otherwise."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

from dev import conditions, process
from dev.console import Stage
from dev.errors import ClusterError
from dev.kube import NoAnswerError
from dev.target import Target

SYNC_PERIOD, METRIC_RESOLUTION = "15s", "15s"
"""The defaults of Kubernetes and of metrics-server."""

SYNC, RESOLUTION = "--horizontal-pod-autoscaler-sync-period", "--metric-resolution"
MANIFEST = "/etc/kubernetes/manifests/kube-controller-manager.yaml"

CONTROLLERS_TIMEOUT = 120.0
"""Seconds for the controllers to be there with other arguments."""


@contextlib.contextmanager
def controllers(to: Target, stage: Stage) -> Iterator[None]:
    """Have both look as often as they do by themselves, until the end of the block."""
    stage.say("controllers and metrics-server as they are by themselves")
    before, server = sync_period(to), _metrics_server(to)
    # What is to be put back is known before anything is changed: an interruption may come at any moment.
    with contextlib.ExitStack() as back:
        back.callback(_set_sync_period, to, before)
        _set_sync_period(to, SYNC_PERIOD)
        back.callback(_set_resolution, to, server, _resolution(server))
        _set_resolution(to, server, METRIC_RESOLUTION)
        yield


def sync_period(to: Target) -> str:
    """The argument of the controllers that run; the default where there is none."""
    for pod in to.kube.list("Pod", "kube-system", label_selector="component=kube-controller-manager"):
        for word in pod["spec"]["containers"][0]["command"]:
            if word.startswith(f"{SYNC}="):
                return str(word).partition("=")[2]
    return SYNC_PERIOD


def seconds(duration: str) -> float:
    """Seconds of a duration as Go writes it.

    >>> seconds("1m2.5s")
    62.5
    """
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-zµ]+)", duration))


def _set_sync_period(to: Target, period: str) -> None:
    """Change the argument in the node, and wait until the controllers run with it."""
    # Whatever runs at the moment: after an interruption it may not be what the file says.
    script = f"sed -i 's/{SYNC}=.*/{SYNC}={period}/' {MANIFEST}"
    process.run(["docker", "exec", to.ours.control_plane, "sh", "-c", script])
    deadline = time.monotonic() + CONTROLLERS_TIMEOUT
    while not _controllers_run(to, period):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"the controllers are not there again with {SYNC}={period}",
                remedy=f"see {MANIFEST} in {to.ours.control_plane}",
            )
        time.sleep(1)


def _controllers_run(to: Target, period: str) -> bool:
    try:
        pods = to.kube.list("Pod", "kube-system", label_selector="component=kube-controller-manager")
        return any(conditions.hold(pod, "Ready") for pod in pods) and sync_period(to) == period
    except NoAnswerError:
        return False


def _metrics_server(to: Target) -> dict[str, Any]:
    found = [one for one in to.kube.list("Deployment") if one["metadata"]["name"] == "metrics-server"]
    if not found:
        raise ClusterError("there is no metrics-server", remedy="add it: ./witw up --kind --with autoscaling")
    return found[0]


def _resolution(server: dict[str, Any]) -> str:
    words = server["spec"]["template"]["spec"]["containers"][0].get("args", [])
    found = [word.partition("=")[2] for word in words if word.startswith(f"{RESOLUTION}=")]
    return found[0] if found else METRIC_RESOLUTION


def _set_resolution(to: Target, server: dict[str, Any], resolution: str) -> None:
    container = server["spec"]["template"]["spec"]["containers"][0]
    words = [word for word in container.get("args", []) if not word.startswith(f"{RESOLUTION}=")]
    changed = {"name": container["name"], "args": [*words, f"{RESOLUTION}={resolution}"]}
    patch = {"spec": {"template": {"spec": {"containers": [changed]}}}}
    name, where = server["metadata"]["name"], f"--namespace={server['metadata']['namespace']}"
    to.run_kubectl("patch", f"deployment/{name}", where, f"--patch={json.dumps(patch)}")
    to.run_kubectl("rollout", "status", f"deployment/{name}", where, "--timeout=120s", timeout=150)
