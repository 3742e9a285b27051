"""From a load step to an extra ready pod: how long each stage takes, with our settings and stock ones."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dev import vacation_plan
from dev.bench import pressure, scalers
from dev.bench.scalers import Scaler
from dev.bench.trials import Trials
from dev.console import Report
from dev.errors import ClusterError
from dev.kube import Object
from dev.load.cluster_sources import cores, get
from dev.target import Target
from dev.vacation_plan import APP, NAMESPACE

DECISION, CREATED, READY, WHOLE = (
    "load step to decision", "decision to pod", "pod to ready", "load step to ready pod"
)  # fmt: skip

TO_REACH = {WHOLE: {scalers.OURS: 15.0}, READY: {scalers.NO_LOAD: 4.0}}
"""Seconds."""

SELECTOR = f"app.kubernetes.io/instance={APP},app.kubernetes.io/component=web"

LOOK = 0.2
"""Seconds between two looks at autoscaler and pods."""

TRIAL_TIMEOUT, CALM_TIMEOUT = 150.0, 240.0
"""Seconds for a pod to be ready; for everything to be calm again."""

CONTENT_TIMEOUT = 30.0
"""Seconds for an autoscaler to be content with the fewest pods.

One that began with what was measured of the step before keeps the pods that it wanted: stock ones for 300 s.
So it begins anew.
"""

CALM = 5.0
"""Seconds for which the autoscaler has to be content before the next step."""


class TooSlowError(ClusterError):
    """No extra pod was ready within the time of a trial."""


@dataclass
class Seen:
    """When what was seen for the first time, by `time.monotonic`."""

    began: float
    at: dict[str, float] = field(default_factory=dict)

    def note(self, what: str) -> None:
        """It is there; what was seen before keeps its time."""
        self.at.setdefault(what, time.monotonic())

    def stages(self) -> dict[str, float]:
        """Seconds of each stage."""
        decided, made, ready = (self.at[what] for what in (DECISION, CREATED, READY))
        return {
            DECISION: decided - self.began,
            CREATED: max(made - decided, 0.0),
            READY: ready - made,
            WHOLE: ready - self.began,
        }


@dataclass(frozen=True)
class Bench:
    """What takes part.

    Args:
        to: The cluster.
        found: The app's ScaledObject.
        image: wrk's.
        url: What is asked for.
        connections: How many requests are open at any time of the load.
    """

    to: Target
    found: dict[str, Any]
    image: str
    url: str
    connections: int

    @property
    def least(self) -> int:
        """The fewest pods."""
        return int(self.found["spec"].get("minReplicaCount") or 1)

    def measure(self, ways: Iterable[str], trials: int, made: Trials, report: Report) -> None:
        """Try every way so many times."""
        for way in ways:
            with (
                report.stage(way) as stage,
                scalers.of(way, self.to, self.found, stage) as scaler,
            ):
                for number in range(trials):
                    stage.say(f"trial {number + 1} of {trials}: until it is calm")
                    self._settle(scaler)
                    stage.say(f"trial {number + 1} of {trials}: under load")
                    try:
                        seen = self._trial(scaler)
                    except TooSlowError as error:
                        made.miss(way, error.message)
                        continue
                    for name, seconds in seen.stages().items():
                        if scaler.add is None or name == READY:
                            made.add(name, way, seconds)
                stage.unchanged(f"{trials} trials")

    def _settle(self, scaler: Scaler) -> None:
        """The fewest pods, their processors idle, and an autoscaler that has seen that."""
        deadline = time.monotonic() + CALM_TIMEOUT
        while not self._begins_content(scaler, deadline):
            if time.monotonic() > deadline:
                raise _no_calm("a content autoscaler")
        # A step may come at any moment between two looks of the controllers.
        time.sleep(random.uniform(0, 15))  # noqa: S311

    def _begins_content(self, scaler: Scaler, deadline: float) -> bool:
        """Begin from the fewest idle pods. Returns whether the autoscaler then saw and left that."""
        scaler.reset()
        _until("the fewest pods", lambda: len(self._pods()) == self._ready() == self.least, deadline)
        _until("idle pods", self._is_idle, deadline)
        scaler.begin()
        if scaler.add:
            # Nothing decides, so nothing has to be content.
            return True
        began = since = time.monotonic()
        while time.monotonic() - since < CALM:
            if time.monotonic() - began > CONTENT_TIMEOUT:
                return False
            time.sleep(LOOK)
            if self._desired(scaler) != self.least or not self._sees(scaler):
                since = time.monotonic()
        return True

    def _trial(self, scaler: Scaler) -> Seen:
        before = {pod["metadata"]["uid"] for pod in self._pods()}
        with self._step(scaler) as began:
            seen = Seen(began)
            while READY not in seen.at:
                if time.monotonic() - began > TRIAL_TIMEOUT:
                    raise TooSlowError(
                        f"no extra pod was ready {TRIAL_TIMEOUT:.0f} s after the load step; seen so far: "
                        f"{', '.join(seen.at) or 'nothing'}"
                    )
                new = [pod for pod in self._pods() if pod["metadata"]["uid"] not in before]
                if (self._desired(scaler) or 0) > self.least or new:
                    seen.note(DECISION)
                if new:
                    seen.note(CREATED)
                if any(is_ready(pod) for pod in new):
                    seen.note(READY)
                time.sleep(LOOK)
        return seen

    @contextlib.contextmanager
    def _step(self, scaler: Scaler) -> Iterator[float]:
        """What makes another pod necessary, until the end of the block."""
        if scaler.add:
            began = time.monotonic()
            scaler.add()
            yield began
            return
        seconds = int(TRIAL_TIMEOUT)
        with pressure.step(self.image, self.url, connections=self.connections, most_seconds=seconds) as began:
            yield began

    def _pods(self) -> list[Object]:
        return self.to.kube.list("Pod", NAMESPACE, label_selector=SELECTOR)

    def _ready(self) -> int:
        return sum(is_ready(pod) for pod in self._pods())

    def _is_idle(self) -> bool:
        """Whether the pods use so little that nothing would scale: half of what our CPU trigger allows."""
        used = [pod["containers"][0]["usage"]["cpu"] for pod in _usage(self.to)]
        return len(used) == self.least and max(map(cores, used)) < self._allowed() / 2

    def _allowed(self) -> float:
        """Cores of one pod at which the CPU trigger asks for more."""
        cpu = next((one for one in self.found["spec"]["triggers"] if one["type"] == "cpu"), None)
        if cpu is None:
            return 1.0
        if cpu["metricType"] != "Utilization":
            return cores(cpu["metadata"]["value"])
        container = self._pods()[0]["spec"]["containers"][0]
        return cores(container["resources"]["requests"]["cpu"]) * int(cpu["metadata"]["value"]) / 100

    def _hpa(self, scaler: Scaler) -> Object:
        # By its path: asked for by its name alone, it comes in version 1, which has no conditions.
        path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers/{scaler.hpa}"
        try:
            return dict(json.loads(get(self.to.kube, path)))
        except ClusterError:
            return {}

    def _desired(self, scaler: Scaler) -> int | None:
        desired = self._hpa(scaler).get("status", {}).get("desiredReplicas")
        return None if desired is None else int(desired)

    def _sees(self, scaler: Scaler) -> bool:
        """Whether the autoscaler has its measures."""
        conditions = self._hpa(scaler).get("status", {}).get("conditions", [])
        return any(one["type"] == "ScalingActive" and one["status"] == "True" for one in conditions)


def of(bench: Bench) -> Trials:
    """Where the trials of a cluster are entered."""
    title = f"Load step in the {bench.to.name}, {bench.connections} requests open at a time"
    return Trials(title, {stage: dict(ways) for stage, ways in TO_REACH.items()})


def prepare(to: Target, image: str, connections: int) -> Bench:
    """What a bench of a cluster needs.

    Raises:
        ClusterError: Nothing scales the app there.
    """
    vacation_plan.find(to)
    found = vacation_plan.scaled_object(to.kube)
    if found is None:
        raise TypeError("it was there a moment ago")
    url = f"http://127.0.0.1:{to.ours.ports.public}/login"
    return Bench(to, found, image, url, connections)


def is_ready(pod: Object) -> bool:
    """Whether a pod takes requests."""
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _usage(to: Target) -> list[Object]:
    """What the metrics API says of the app's pods; nothing while it says nothing."""
    selector = SELECTOR.replace("=", "%3D").replace(",", "%2C")
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods?labelSelector={selector}"
    try:
        return list(json.loads(get(to.kube, path))["items"])
    except ClusterError:
        return []


def _until(what: str, is_so: Callable[[], bool], deadline: float) -> None:
    while not is_so():
        if time.monotonic() > deadline:
            raise _no_calm(what)
        time.sleep(0.5)


def _no_calm(what: str) -> ClusterError:
    return ClusterError(
        f"{what} did not come about within {CALM_TIMEOUT:.0f} s",
        remedy="let nothing else load the app meanwhile; ./witw kubectl describe hpa -n witw",
    )
