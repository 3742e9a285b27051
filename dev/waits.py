"""Waits until what runs in a cluster is ready; says what is not and why, gives up early on the hopeless."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dev.base_image import Say
from dev.errors import ClusterError
from dev.process import Result

Kubectl = Callable[..., Result]
"""Runs kubectl on a cluster: its arguments, and `check` as `process.run` has it."""

PAUSE = 1.0
"""Seconds between two looks."""

PATIENCE = {
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 5.0,
    "ErrImagePull": 15.0,
    "CreateContainerConfigError": 15.0,
    "CreateContainerError": 15.0,
    "RunContainerError": 15.0,
    "CrashLoopBackOff": 20.0,
    "Unschedulable": 30.0,
    "JobFailed": 0.0,
}
"""How long a state may last, in seconds, before waiting for it to mend itself is given up.

A pod may crash until its database is there, and be unschedulable until an older one has gone.
"""

SAME = {"ImagePullBackOff": "ErrImagePull"}
"""States that a container changes between while nothing gets better."""

LOG_LINES = 8
KINDS = "nodes,deployments.apps,statefulsets.apps,daemonsets.apps,jobs.batch,pods"

Object = dict[str, Any]


@dataclass(frozen=True)
class NotReady:
    """One thing that is waited for, and why it is not ready."""

    kind: str
    name: str
    container: str
    reason: str
    message: str = ""
    namespace: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Stays the same while the state lasts."""
        return self.kind, self.namespace, self.name, self.container, self.reason

    def __str__(self) -> str:
        where = "/".join(part for part in (self.namespace, self.name, self.container) if part)
        return f"{self.kind} {where}: {self.reason}" + (f" ({self.message})" if self.message else "")


def until_ready(
    kubectl: Kubectl,
    *,
    namespaces: Iterable[str] | None = None,
    timeout: float,
    say: Say,
) -> float:
    """Wait until all nodes and all that runs in some namespaces is ready.

    Args:
        kubectl: Runs kubectl on the cluster.
        namespaces: Where to look; everywhere by default.
        timeout: Seconds after which it is given up whatever the reasons.
        say: Is told what is not ready.

    Returns:
        The seconds that it took.

    Raises:
        ClusterError: Something is hopeless or the time is over; the details hold each thing that is not ready
            with its reason and its last log lines.
    """
    began, first_seen = time.monotonic(), dict[tuple[str, ...], float]()
    wanted = set(namespaces) if namespaces is not None else None
    while True:
        left = look(kubectl, wanted)
        now = time.monotonic()
        if not left:
            return now - began
        first_seen = {item.key: first_seen.get(item.key, now) for item in left}
        say(f"waiting for {len(left)}: {left[0]}")
        if any(item.kind == "Node" for item in left):
            # Nothing can be scheduled before; that is not the pods' fault.
            first_seen = {key: now if key[-1] == "Unschedulable" else at for key, at in first_seen.items()}
        lost = [item for item in left if now - first_seen[item.key] >= PATIENCE.get(item.reason, math.inf)]
        if lost or now - began > timeout:
            why = f"{lost[0].reason} does not mend itself" if lost else f"not ready within {timeout:g} s"
            raise ClusterError(
                f"the cluster is not ready: {(lost or left)[0].name}: {why}",
                details="\n".join(describe(kubectl, lost or left)),
                remedy="mend what is named above, then run the same command again",
            )
        time.sleep(PAUSE)


def look(kubectl: Kubectl, namespaces: set[str] | None = None) -> list[NotReady]:
    """What is not ready now, the causes before what merely waits for them."""
    answer = kubectl("get", KINDS, "--all-namespaces", "--output=json", check=False)
    if not answer.ok:
        said = answer.stderr.strip().splitlines()
        return [NotReady("cluster", "API server", "", "no answer", said[-1] if said else "")]
    items = json.loads(answer.stdout)["items"]
    seen = None if namespaces is None else namespaces | {""}
    held = [item for item in items if seen is None or item["metadata"].get("namespace", "") in seen]
    found = [problem for item in held for problem in judge(item)]
    return sorted(found, key=lambda item: (item.reason not in PATIENCE, item.kind != "Pod"))


def judge(item: Object) -> list[NotReady]:
    """Why an object is not ready; nothing when it is."""
    return {
        "Node": _node,
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "Job": _job,
        "Pod": _pod,
    }[item["kind"]](item)


def describe(kubectl: Kubectl, items: list[NotReady]) -> list[str]:
    """A line for each, and the last log lines of containers that ran."""
    lines = []
    for item in items:
        lines.append(str(item))
        if item.kind == "Pod" and item.container:
            options = [
                f"--namespace={item.namespace}",
                f"--container={item.container}",
                f"--tail={LOG_LINES}",
            ]
            for previous in (["--previous"], []):
                said = kubectl("logs", item.name, *options, *previous, check=False)
                if said.ok and said.stdout.strip():
                    lines += [f"    {line}" for line in said.stdout.splitlines()]
                    break
    return lines


def _node(item: Object) -> list[NotReady]:
    condition = _condition(item, "Ready")
    if condition.get("status") == "True":
        return []
    return [_problem(item, "not ready", condition.get("message", ""))]


def _deployment(item: Object) -> list[NotReady]:
    wanted, status = item["spec"].get("replicas", 1), _status(item)
    if _condition(item, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return [_problem(item, "no progress", _condition(item, "Progressing").get("message", ""))]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return [] if counts == [wanted] * 3 and _is_seen(item) else [_count(item, counts[2], wanted)]


def _stateful_set(item: Object) -> list[NotReady]:
    wanted, status = item["spec"].get("replicas", 1), _status(item)
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    on_delete = item["spec"].get("updateStrategy", {}).get("type") == "OnDelete"
    is_done = ready == wanted and (on_delete or wanted in (0, updated))
    return [] if is_done and _is_seen(item) else [_count(item, ready, wanted)]


def _daemon_set(item: Object) -> list[NotReady]:
    status = _status(item)
    wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    is_done = ready == wanted == status.get("updatedNumberScheduled", 0)
    return [] if is_done and _is_seen(item) else [_count(item, ready, wanted)]


def _job(item: Object) -> list[NotReady]:
    if (failed := _condition(item, "Failed")).get("status") == "True":
        return [_problem(item, "JobFailed", failed.get("message", ""))]
    done = _condition(item, "Complete").get("status") == "True" or item["spec"].get("suspend")
    return [] if done else [_problem(item, "running")]


def _pod(item: Object) -> list[NotReady]:
    status = _status(item)
    over = status.get("phase") in ("Succeeded", "Failed") and _owner(item) in ("Job", "")
    if over or "deletionTimestamp" in item["metadata"] or _condition(item, "Ready").get("status") == "True":
        return []
    scheduled = _condition(item, "PodScheduled")
    if scheduled.get("status") == "False":
        return [_problem(item, scheduled.get("reason", "Unschedulable"), scheduled.get("message", ""))]
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return [found for container in containers if (found := _container(item, container))] or [
        _problem(item, status.get("reason", "pending"), status.get("message", ""))
    ]


def _container(pod: Object, container: Object) -> NotReady | None:
    state = container.get("state", {})
    if waiting := state.get("waiting"):
        reason = waiting.get("reason", "waiting")
        if reason in ("PodInitializing", "ContainerCreating") and container.get("restartCount", 0) == 0:
            return _problem(pod, "starting", container=container["name"])
        return _problem(
            pod, SAME.get(reason, reason), waiting.get("message", ""), container=container["name"]
        )
    if ended := state.get("terminated"):
        if ended.get("exitCode") == 0:
            return None
        return _problem(pod, f"ended with {ended.get('exitCode')}", container=container["name"])
    if container.get("ready"):
        return None
    return _problem(pod, "not ready", container=container["name"])


def _problem(item: Object, reason: str, message: str = "", *, container: str = "") -> NotReady:
    metadata = item["metadata"]
    first = message.strip().splitlines()[0] if message.strip() else ""
    return NotReady(item["kind"], metadata["name"], container, reason, first, metadata.get("namespace", ""))


def _count(item: Object, ready: int, wanted: int) -> NotReady:
    return _problem(item, f"{ready} of {wanted} ready")


def _is_seen(item: Object) -> bool:
    """Whether the controller has taken notice of the last change."""
    return bool(_status(item).get("observedGeneration", 0) >= item["metadata"].get("generation", 0))


def _status(item: Object) -> Object:
    status: Object = item.get("status", {})
    return status


def _condition(item: Object, name: str) -> Object:
    found = (each for each in _status(item).get("conditions", []) if each["type"] == name)
    return next(found, {})


def _owner(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences", [])
    return str(owners[0]["kind"]) if owners else ""
