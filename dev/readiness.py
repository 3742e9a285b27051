"""What of a cluster is not ready, and why: what Kubernetes' objects and their last events say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dev import conditions
from dev.kube import Object

SAME = {"ImagePullBackOff": "ErrImagePull"}
"""States that a container changes between while nothing gets better."""


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

    @property
    def place(self) -> str:
        """Kind, namespace and name."""
        return f"{self.kind} " + "/".join(part for part in (self.namespace, self.name) if part)

    def __str__(self) -> str:
        where = self.place + (f"/{self.container}" if self.container else "")
        return f"{where}: {self.reason}" + (f" ({self.message})" if self.message else "")


def judge(item: Object, event: Object | None = None) -> list[NotReady]:
    """Why an object is not ready; nothing when it is.

    Args:
        item: The object.
        event: The last event about it, which tells what its status does not: a volume that cannot be mounted,
            a probe that fails.
    """
    found = {
        "Node": _node,
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "Job": _job,
        "Pod": _pod,
    }[item["kind"]](item)
    return [_explained(problem, event) for problem in found] if event else found


def newest(events: Iterable[Object]) -> dict[str, Object]:
    """The last event of each object, by the object's uid."""
    last: dict[str, Object] = {}
    for event in sorted(events, key=happened):
        last[event["involvedObject"].get("uid", "")] = event
    return last


def happened(event: Object) -> str:
    """When an event was last seen, as text that sorts."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next((at for at in times if at), event["metadata"].get("creationTimestamp", "")))


def _explained(problem: NotReady, event: Object) -> NotReady:
    """The problem with what its last event says, where that is a warning and the status says nothing."""
    if event.get("type") != "Warning":
        return problem
    message = _first_line(event.get("message", ""))
    if problem.reason == "not ready":
        # The reason stays: a probe that fails is what a program that starts looks like.
        return replace(problem, message=problem.message or message)
    if problem.reason in ("starting", "pending") or event.get("reason") == "FailedCreate":
        return replace(problem, reason=event.get("reason", problem.reason), message=message)
    return problem


def _node(item: Object) -> list[NotReady]:
    if conditions.hold(item, "Ready"):
        return []
    return [_problem(item, "not ready", conditions.find(item, "Ready").get("message", ""))]


def _deployment(item: Object) -> list[NotReady]:
    wanted, status = item["spec"].get("replicas", 1), _status(item)
    if conditions.find(item, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return [_problem(item, "no progress", conditions.find(item, "Progressing").get("message", ""))]
    if conditions.hold(item, "ReplicaFailure"):
        failure = conditions.find(item, "ReplicaFailure")
        return [_problem(item, failure.get("reason", "FailedCreate"), failure.get("message", ""))]
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
    if conditions.hold(item, "Failed"):
        return [_problem(item, "JobFailed", conditions.find(item, "Failed").get("message", ""))]
    done = conditions.hold(item, "Complete") or item["spec"].get("suspend")
    return [] if done else [_problem(item, "running")]


def _pod(item: Object) -> list[NotReady]:
    status = _status(item)
    over = status.get("phase") in ("Succeeded", "Failed") and _owner(item) in ("Job", "")
    if over or "deletionTimestamp" in item["metadata"] or conditions.hold(item, "Ready"):
        return []
    scheduled = conditions.find(item, "PodScheduled")
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
    return NotReady(
        item["kind"],
        metadata["name"],
        container,
        reason,
        _first_line(message),
        metadata.get("namespace", ""),
    )


def _count(item: Object, ready: int, wanted: int) -> NotReady:
    return _problem(item, f"{ready} of {wanted} ready")


def _is_seen(item: Object) -> bool:
    """Whether the controller has taken notice of the last change."""
    return bool(_status(item).get("observedGeneration", 0) >= item["metadata"].get("generation", 0))


def _status(item: Object) -> Object:
    status: Object = item.get("status", {})
    return status


def _owner(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences", [])
    return str(owners[0]["kind"]) if owners else ""


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
