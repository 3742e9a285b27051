"""Waits until what runs in a cluster is ready; says what is not and why, gives up early on the hopeless."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from dev.console import Stage
from dev.errors import ClusterError
from dev.kube import Lines, NoAnswerError, Object, Objects
from dev.readiness import NotReady, judge, newest

PAUSE = 0.5
"""Seconds between two looks. One at everything costs us and the API server some hundredths of a second."""

WHOLE = 3.0
"""Seconds in which only pods and what was not ready are looked at, unless all of that is."""

EVENTS_LAST = 3.0
"""Seconds after which events are read anew. The API server has none in memory: they are most of a look."""

SHARE = 4
"""A pause is this many looks long at least, so that where all is slow it is not the looks that make it so."""

FEW = 2
"""Namespaces that are each asked for by themselves: where there are several stacks most pods are others'."""

PATIENCE = {
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 5.0,
    "ErrImagePull": 15.0,
    "CreateContainerConfigError": 15.0,
    "CreateContainerError": 15.0,
    "RunContainerError": 15.0,
    "CrashLoopBackOff": 20.0,
    "FailedCreate": 20.0,
    "FailedMount": 30.0,
    "Unschedulable": 30.0,
    "JobFailed": 0.0,
}
"""How long a state may last, in seconds, before waiting for it to mend itself is given up.

A pod may crash until its database is there, be unschedulable until an older one has gone, and wait for a
Secret that is just being made.
"""

LOG_LINES = 8
WORDS_LAST = 5.0
"""Seconds after which the last line of a log is read anew."""

KINDS = ("Node", "Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")
HEADINGS = ("not ready", "container", "reason", "it says")


class Lister(Protocol):
    """What is asked of a cluster; `dev.kube.Kube` is one."""

    def list(self, kind: str, namespace: str = "", *, label_selector: str = "") -> Objects: ...

    def logs(
        self, pod: str, namespace: str, container: str, *, lines: int | None = None, previous: bool = False
    ) -> Lines: ...


def until_ready(
    kube: Lister,
    *,
    namespaces: Iterable[str] | None = None,
    timeout: float,
    stage: Stage,
    forgive: Iterable[str] = (),
) -> float:
    """Wait until all nodes and all that runs in some namespaces is ready.

    Args:
        kube: The cluster.
        namespaces: Where to look; everywhere by default.
        timeout: Seconds after which it is given up whatever the reasons.
        stage: Shows what is not ready while it is not.
        forgive: Reasons that mend themselves here, however long they last.

    Returns:
        The seconds that it took.

    Raises:
        ClusterError: Something is hopeless or the time is over; the details hold each thing that is not ready
            with its reason and its last log lines.
    """
    watch = Watch(kube, set(namespaces) if namespaces is not None else None, forgive=frozenset(forgive))
    while watch.look():
        watch.show(stage)
        if watch.lost or watch.seconds > timeout:
            stage.rows(HEADINGS, [])
            raise watch.failure(timeout)
        time.sleep(watch.pause)
    stage.rows(HEADINGS, [])
    return watch.seconds


@dataclass
class Watch:
    """What is not ready, and since when; one look after the other."""

    kube: Lister
    namespaces: set[str] | None
    left: list[NotReady] = field(default_factory=list)
    forgive: frozenset[str] = frozenset()
    pause: float = PAUSE
    _began: float = field(
        default_factory=lambda: time.monotonic()  # noqa: PLW0108 - the tests exchange the clock
    )
    _whole: float = -math.inf
    _events: dict[str, tuple[float, dict[str, Object]]] = field(default_factory=dict)
    _since: dict[tuple[str, ...], float] = field(default_factory=dict)
    _words: dict[tuple[str, ...], tuple[float, str]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Time since the first look."""
        return time.monotonic() - self._began

    @property
    def lost(self) -> list[NotReady]:
        """What has been in a state for longer than that state deserves patience."""
        now = time.monotonic()
        left = [item for item in self.left if item.reason not in self.forgive]
        return [item for item in left if now - self._since[item.key] >= PATIENCE.get(item.reason, math.inf)]

    def look(self) -> list[NotReady]:
        """What is not ready now; `pause` says when to look again."""
        began = time.monotonic()
        self._look()
        if self.lost and any(read < began for read, _ in self._events.values()):
            # It may have mended itself since the events were read.
            self._events.clear()
            self._look()
        self.pause = max(PAUSE, SHARE * (time.monotonic() - began))
        return self.left

    def _look(self) -> None:
        now = time.monotonic()
        kinds = {item.kind for item in self.left} & {*KINDS}
        quick = kinds and now - self._whole < WHOLE
        self.left = look(self.kube, self.namespaces, kinds | {"Pod"}, self._newest) if quick else []
        if not self.left:
            self.left, self._whole = look(self.kube, self.namespaces, KINDS, self._newest), now
        self._since = {item.key: self._since.get(item.key, now) for item in self.left}
        if any(item.kind == "Node" for item in self.left):
            # Nothing can be scheduled before; that is not the pods' fault.
            self._since = {key: now if key[-1] == "Unschedulable" else at for key, at in self._since.items()}

    def _newest(self, namespace: str) -> dict[str, Object]:
        now = time.monotonic()
        at, found = self._events.get(namespace, (-math.inf, {}))
        if now - at >= EVENTS_LAST:
            found = newest(self.kube.list("Event", namespace))
            self._events[namespace] = now, found
        return found

    def show(self, stage: Stage) -> None:
        """What is not ready, as a table."""
        stage.say(f"waiting for {len(self.left)}: {self.left[0]}")
        rows = [(item.place, item.container, item.reason, self._says(item)) for item in self.left]
        stage.rows(HEADINGS, rows)

    def failure(self, timeout: float) -> ClusterError:
        """The end of waiting: what it failed on, with the last log lines."""
        blamed = self.lost or self.left
        why = f"{blamed[0].reason} does not mend itself" if self.lost else f"not ready within {timeout:g} s"
        return ClusterError(
            f"the cluster is not ready: {blamed[0].name}: {why}",
            details="\n".join(describe(self.kube, blamed)),
            remedy="mend what is named above, then run the same command again",
        )

    def _says(self, item: NotReady) -> str:
        """The reason in its own words, else the last line of its log."""
        if item.message or not item.container or item.reason == "starting":
            return item.message
        at, words = self._words.get(item.key, (-math.inf, ""))
        if time.monotonic() - at > WORDS_LAST:
            words = (last_words(self.kube, item, lines=1) or [""])[-1]
            self._words[item.key] = time.monotonic(), words
        return words


def look(
    kube: Lister,
    namespaces: set[str] | None = None,
    kinds: Iterable[str] = KINDS,
    events: Callable[[str], dict[str, Object]] | None = None,
) -> list[NotReady]:
    """What is not ready now, the causes before what merely waits for them.

    Args:
        kube: The cluster.
        namespaces: Where to look; everywhere by default.
        kinds: What to look at.
        events: Gives the last event of each object in a namespace (everywhere: ""); by default asks for it.
    """
    some = sorted(namespaces or ()) if len(namespaces or ()) <= FEW else []
    try:
        items = [
            item
            for kind in KINDS
            if kind in kinds
            for space in (some if some and kind != "Node" else [""])
            for item in kube.list(kind, space)
        ]
        seen = None if namespaces is None else namespaces | {""}
        held = [item for item in items if seen is None or item["metadata"].get("namespace", "") in seen]
        blamed = [item for item in held if judge(item)]
        if not blamed:
            return []
        # By far the most objects of a cluster are events, and most of those are about others.
        spaces = {item["metadata"].get("namespace", "") for item in blamed}
        space = spaces.pop() if len(spaces) == 1 else ""
        last = events(space) if events else newest(kube.list("Event", space))
    except NoAnswerError as error:
        return [NotReady("cluster", "API server", "", "no answer", error.message)]
    found = [problem for item in blamed for problem in judge(item, last.get(item["metadata"].get("uid"), {}))]
    return sorted(found, key=lambda item: (item.reason not in PATIENCE, item.kind != "Pod"))


def describe(kube: Lister, items: list[NotReady]) -> list[str]:
    """A line for each, and the last log lines of containers that ran."""
    lines = []
    for item in items:
        lines.append(str(item))
        lines += [f"    {line}" for line in last_words(kube, item)]
    return lines


def last_words(kube: Lister, item: NotReady, *, lines: int = LOG_LINES) -> list[str]:
    """The last lines of a container's log: of the run that ended, if one has. Those of its pods for a Job."""
    if item.kind == "Job":
        selector = f"batch.kubernetes.io/job-name={item.name}"
        pods = kube.list("Pod", item.namespace, label_selector=selector)
        if not pods:
            return []
        pod = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        container = pod["spec"]["containers"][0]["name"]
        return kube.logs(pod["metadata"]["name"], item.namespace, container, lines=lines)
    if item.kind != "Pod" or not item.container:
        return []
    for previous in (True, False):
        if said := kube.logs(item.name, item.namespace, item.container, lines=lines, previous=previous):
            return said
    return []
