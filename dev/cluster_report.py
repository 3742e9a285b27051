"""What a failure in a cluster leaves for the reader: what is not ready, events, objects, logs, releases.

Never the value of a Secret: of those only names and keys.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from dev import readiness, waits
from dev.errors import WitwError
from dev.kube import Kube, Object
from dev.target import Target

LOG_LINES = 20_000
"""Of each container: in the gateway's access log a failed request of a load test must still be found."""

KINDS = (
    "Pod",
    "Deployment",
    "StatefulSet",
    "Job",
    "services",
    "configmaps",
    "persistentvolumeclaims",
    "poddisruptionbudgets.policy",
    "networkpolicies.networking.k8s.io",
    "ingresses.networking.k8s.io",
    "horizontalpodautoscalers.autoscaling",
    "scaledobjects.keda.sh",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
)
"""What is written of each namespace; kinds that the cluster does not know are left out."""

NOISE = "kubectl.kubernetes.io/last-applied-configuration"


def write(folder: Path, target: Target, namespaces: Iterable[str]) -> Path:
    """Write all that is worth knowing about some namespaces into a folder.

    What cannot be had is said in its file; nothing is raised, for something else went wrong before.

    Returns:
        The folder.
    """
    spaces = sorted(set(namespaces))
    folder.mkdir(parents=True, exist_ok=True)
    _keep(folder / "not-ready.txt", lambda: not_ready(target.kube, set(spaces)))
    _keep(folder / "events.txt", lambda: events(target.kube, spaces))
    for space in spaces:
        _keep(folder / f"{space}.yaml", functools.partial(objects, target.kube, space))
        _keep(folder / f"{space}.releases.txt", functools.partial(releases, target, space))
        _keep(folder / f"{space}.secrets.txt", functools.partial(secret_names, target.kube, space))
        _logs(folder / "logs" / space, target.kube, space)
    return folder


def not_ready(kube: Kube, namespaces: set[str]) -> str:
    """What is not ready, why, and its last log lines."""
    return "\n".join(waits.describe(kube, waits.look(kube, namespaces))) or "everything is ready"


def events(kube: Kube, namespaces: Iterable[str]) -> str:
    """All events, in the order in which they were last seen."""
    found = [event for space in namespaces for event in kube.list("Event", space)]
    return "\n".join(_event(event) for event in sorted(found, key=readiness.happened)) or "no events"


def objects(kube: Kube, namespace: str) -> str:
    """All objects of a namespace but Secrets, as YAML."""
    found: list[Object] = []
    for kind in KINDS:
        try:
            found += kube.list(kind, namespace)
        except WitwError:
            continue  # a kind of a layer that is not installed
    return yaml.safe_dump_all(map(_readable, found), sort_keys=False)


def secret_names(kube: Kube, namespace: str) -> str:
    """The Secrets of a namespace: their names and keys."""
    found = kube.list("secrets", namespace)
    return "\n".join(f"{item['metadata']['name']}: {', '.join(item.get('data') or {})}" for item in found)


def releases(target: Target, namespace: str) -> str:
    """Every Helm release of a namespace with its revisions."""
    where = f"--namespace={namespace}"
    names = target.run_helm("list", where, "--short").stdout.split()
    told = [target.run_helm("history", name, where, check=False) for name in names]
    return "\n".join(f"{name}\n{said.stdout or said.stderr}" for name, said in zip(names, told, strict=True))


def _logs(folder: Path, kube: Kube, namespace: str) -> None:
    """A file for each container, and one for the run before, if it was started again."""
    try:
        pods = kube.list("Pod", namespace)
    except WitwError:
        return  # said in the other files
    folder.mkdir(parents=True, exist_ok=True)
    for pod in pods:
        name = pod["metadata"]["name"]
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            for previous in (False, True):
                lines = kube.logs(name, namespace, container["name"], lines=LOG_LINES, previous=previous)
                if lines:
                    file = f"{name}.{container['name']}{'.previous' if previous else ''}.log"
                    (folder / file).write_text("\n".join(lines) + "\n")


def _keep(file: Path, make: Callable[[], str]) -> None:
    try:
        text = make()
    except WitwError as error:
        text = f"could not be had: {error.message}\n{error.details}"
    file.write_text(text.rstrip() + "\n")


def _event(event: Object) -> str:
    about = event["involvedObject"]
    where = f"{about.get('kind', '')} {about.get('namespace', '')}/{about.get('name', '')}"
    times = f" (x{event['count']})" if event.get("count", 1) > 1 else ""
    message = " ".join(event.get("message", "").split())
    when, kind, reason = readiness.happened(event), event.get("type", ""), event.get("reason", "")
    return f"{when} {kind} {where}: {reason}{times} {message}"


def _readable(item: Object) -> dict[str, Any]:
    """An object without what only machines read."""
    metadata = {name: value for name, value in item["metadata"].items() if name != "managedFields"}
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = {name: text for name, text in annotations.items() if name != NOISE}
    return {**item, "metadata": metadata}
