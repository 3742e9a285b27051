"""What scales the app while `./witw bench scale` looks: our ScaledObject, or what others start with."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dev import process
from dev.console import Stage
from dev.errors import ClusterError
from dev.kube import NoAnswerError
from dev.target import Target
from dev.vacation_plan import APP, NAMESPACE, PAUSED

OURS, STOCK_KEDA, STOCK_HPA, NO_LOAD = "ours", "stock KEDA", "stock HPA", "no load"
WAYS = (OURS, STOCK_KEDA, STOCK_HPA, NO_LOAD)

STOCK_SYNC, STOCK_RESOLUTION = "15s", "15s"
"""How often controllers and metrics-server look where nobody has told them otherwise."""

SYNC, RESOLUTION = "--horizontal-pod-autoscaler-sync-period", "--metric-resolution"
MANIFEST = "/etc/kubernetes/manifests/kube-controller-manager.yaml"

STOCK_NAME = "witw-stock"
WHERE = f"--namespace={NAMESPACE}"

CONTROLLERS_TIMEOUT = 120.0
"""Seconds for the controllers to be there with other arguments."""


@dataclass(frozen=True)
class Scaler:
    """One way of scaling.

    Args:
        hpa: The HorizontalPodAutoscaler that decides.
        reset: Lets nothing scale: the pods are the fewest, and what was decided before is forgotten.
        begin: Lets it scale from now on.
        add: Has one pod more by a word instead of a load.
    """

    hpa: str
    reset: Callable[[], None]
    begin: Callable[[], None]
    add: Callable[[], None] | None = None


@contextlib.contextmanager
def of(way: str, to: Target, found: dict[str, Any], stage: Stage) -> Iterator[Scaler]:
    """A way of scaling, for as long as the block lasts; afterwards all is as it was.

    Args:
        way: One of WAYS.
        to: A cluster of ours.
        found: The app's ScaledObject.
        stage: Where the progress is shown.

    Yields:
        What decides, and how it is set back.
    """
    name = found["metadata"]["name"]
    least = str(found["spec"].get("minReplicaCount") or 1)
    keda = Scaler(
        found.get("status", {}).get("hpaName") or f"keda-hpa-{name}",
        lambda: _annotate(to, name, f"{PAUSED}={least}"),
        lambda: _annotate(to, name, f"{PAUSED}-"),
    )
    try:
        if way == OURS:
            yield keda
            return
        if way == NO_LOAD:
            more = f"{PAUSED}={int(least) + 1}"
            yield replace(keda, begin=lambda: None, add=lambda: _annotate(to, name, more))
            return
        with _stock_controllers(to, stage):
            if way == STOCK_KEDA:
                with _stock_triggers(to, found):
                    yield keda
            else:
                _annotate(to, name, f"{PAUSED}={least}")
                yield _stock_hpa(to, found, int(least))
    finally:
        to.run_kubectl("delete", f"horizontalpodautoscaler/{STOCK_NAME}", WHERE, "--ignore-not-found")
        _annotate(to, name, f"{PAUSED}-")


def _stock_hpa(to: Target, found: dict[str, Any], least: int) -> Scaler:
    """An autoscaler by CPU alone, at our threshold, with everything else as Kubernetes has it."""
    cpu = next(one for one in found["spec"]["triggers"] if one["type"] == "cpu")
    if cpu["metricType"] == "Utilization":
        aim = {"type": "Utilization", "averageUtilization": int(cpu["metadata"]["value"])}
    else:
        aim = {"type": "AverageValue", "averageValue": cpu["metadata"]["value"]}
    manifest = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": STOCK_NAME, "namespace": NAMESPACE},
        "spec": {
            "scaleTargetRef": found["spec"]["scaleTargetRef"],
            "minReplicas": least,
            "maxReplicas": found["spec"]["maxReplicaCount"],
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": aim}}],
        },
    }

    def reset() -> None:
        to.run_kubectl("delete", f"horizontalpodautoscaler/{STOCK_NAME}", WHERE, "--ignore-not-found")
        to.run_kubectl("scale", f"deployment/{APP}", f"--replicas={least}", WHERE)

    def begin() -> None:
        to.run_kubectl("apply", "--filename=-", stdin=json.dumps(manifest))

    return Scaler(STOCK_NAME, reset, begin)


@contextlib.contextmanager
def _stock_triggers(to: Target, found: dict[str, Any]) -> Iterator[None]:
    """Our triggers, with the times of KEDA's own."""
    ours = {key: found["spec"].get(key) for key in ("pollingInterval", "advanced")}
    _patch(to, found["metadata"]["name"], dict.fromkeys(ours))
    try:
        yield
    finally:
        _patch(to, found["metadata"]["name"], ours)


@contextlib.contextmanager
def _stock_controllers(to: Target, stage: Stage) -> Iterator[None]:
    """Controllers and metrics-server that look as often as they do by themselves."""
    stage.say("controllers and metrics-server as they are by themselves")
    before = _sync_period(to)
    server = _metrics_server(to)
    _set_sync_period(to, STOCK_SYNC)
    resolution = _resolution(server)
    _set_resolution(to, server, STOCK_RESOLUTION)
    try:
        yield
    finally:
        _set_resolution(to, server, resolution)
        _set_sync_period(to, before)


def _sync_period(to: Target) -> str:
    """The argument of the controllers that run; the default where there is none."""
    for pod in to.kube.list("Pod", "kube-system", label_selector="component=kube-controller-manager"):
        for word in pod["spec"]["containers"][0]["command"]:
            if word.startswith(f"{SYNC}="):
                return str(word).partition("=")[2]
    return STOCK_SYNC


def _set_sync_period(to: Target, period: str) -> None:
    """Change the argument in the node, and wait until the controllers run with it."""
    if _sync_period(to) == period:
        return
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
    except NoAnswerError:
        return False
    ready = [
        one
        for pod in pods
        for one in pod["status"].get("conditions", [])
        if one["type"] == "Ready" and one["status"] == "True"
    ]
    return bool(ready) and _sync_period(to) == period


def _metrics_server(to: Target) -> dict[str, Any]:
    found = [one for one in to.kube.list("Deployment") if one["metadata"]["name"] == "metrics-server"]
    if not found:
        raise ClusterError("there is no metrics-server", remedy="add it: ./witw up --kind --with autoscaling")
    return found[0]


def _resolution(server: dict[str, Any]) -> str:
    words = server["spec"]["template"]["spec"]["containers"][0].get("args", [])
    found = [word.partition("=")[2] for word in words if word.startswith(f"{RESOLUTION}=")]
    return found[0] if found else STOCK_RESOLUTION


def _set_resolution(to: Target, server: dict[str, Any], resolution: str) -> None:
    container = server["spec"]["template"]["spec"]["containers"][0]
    words = [word for word in container.get("args", []) if not word.startswith(f"{RESOLUTION}=")]
    changed = {"name": container["name"], "args": [*words, f"{RESOLUTION}={resolution}"]}
    patch = {"spec": {"template": {"spec": {"containers": [changed]}}}}
    name, where = server["metadata"]["name"], f"--namespace={server['metadata']['namespace']}"
    to.run_kubectl("patch", f"deployment/{name}", where, f"--patch={json.dumps(patch)}")
    to.run_kubectl("rollout", "status", f"deployment/{name}", where, "--timeout=120s", timeout=150)


def _annotate(to: Target, name: str, annotation: str) -> None:
    to.run_kubectl("annotate", f"scaledobjects.keda.sh/{name}", WHERE, "--overwrite", annotation)


def _patch(to: Target, name: str, spec: dict[str, Any]) -> None:
    words = ["--type=merge", f"--patch={json.dumps({'spec': spec})}"]
    to.run_kubectl("patch", f"scaledobjects.keda.sh/{name}", WHERE, *words)
