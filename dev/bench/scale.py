"""From a load step to an extra ready pod: how long each stage takes, with our settings and stock ones."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dev import conditions, vacation_plan
from dev.bench import pressure, scalers, stock
from dev.bench.scalers import Scaler
from dev.bench.trials import Trials
from dev.console import Report, Stage
from dev.errors import ClusterError, WitwError
from dev.kube import NoAnswerError, Object
from dev.load.cluster_sources import cores, get
from dev.target import Target
from dev.vacation_plan import APP, NAMESPACE

DECISION, CREATED, READY, WHOLE = (
    "load step to decision", "decision to pod", "pod to ready", "load step to ready pod"
)  # fmt: skip

TO_REACH = {WHOLE: {scalers.OURS: 15.0}, READY: {scalers.NO_LOAD: 4.0}}
"""Seconds."""

SELECTOR = f"app.kubernetes.io/instance={APP},app.kubernetes.io/component=web"

HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"

LOOK = 0.2
"""Seconds between two looks at autoscaler and pods."""

TRIAL_TIMEOUT, CALM_TIMEOUT = 150.0, 180.0
"""Seconds for a pod to be ready; for everything to be calm again."""

CONTENT_TIMEOUT = 90.0
"""Seconds for a new autoscaler to have looked: the controllers may have begun anew just before."""

SCRAPED = 16.0
"""Seconds after a load until Prometheus has asked everybody anew, and KEDA asks it about the gateway."""

ATTEMPTS = 3
"""How often a trial may begin: the autoscaler may decide by itself while the load is still held."""


class NoTrialError(ClusterError):
    """A trial could not begin: it never was calm."""


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

    def measure(
        self, ways: Iterable[str], trials: int, made: Trials, report: Report, keep: Callable[[], object]
    ) -> None:
        """Try every way so many times; `keep` is called after every trial."""
        ended: dt.datetime | None = None
        for way in ways:
            with (
                report.stage(way) as stage,
                scalers.of(way, self.to, self.found, stage) as scaler,
            ):
                for number in range(trials):
                    ended = self._enter(way, scaler, made, ended, _Telling(stage, number, trials))
                    keep()
                stage.unchanged(f"{trials} trials")

    def _enter(
        self, way: str, scaler: Scaler, made: Trials, ended: dt.datetime | None, telling: _Telling
    ) -> dt.datetime | None:
        """Try once and enter what was seen. Returns when there was load at last, if there ever was."""
        try:
            seen = self._try(way, scaler, made, ended, telling)
        except TooSlowError as error:
            made.miss(way, error.message, READY if scaler.add else WHOLE, TRIAL_TIMEOUT)
        except WitwError as error:
            # One bad moment of the cluster is one trial, and not the end of all.
            made.miss(way, error.message)
        else:
            for name, seconds in seen.stages().items():
                if scaler.add is None or name == READY:
                    made.add(name, way, seconds)
        return ended if scaler.add else dt.datetime.now(dt.UTC)

    def _try(
        self, way: str, scaler: Scaler, made: Trials, ended: dt.datetime | None, telling: _Telling
    ) -> Seen:
        """A step that finds the fewest pods and an autoscaler that is content with them."""
        for _ in range(ATTEMPTS):
            telling.say("until it is calm")
            hpa = self._settle(scaler, ended)
            with self._held(scaler) as step:
                # A step may come at any moment between two looks of the controllers.
                time.sleep(random.uniform(0, scaler.period))  # noqa: S311
                before = {pod["metadata"]["uid"] for pod in self._pods()}
                if len(before) == self.least and (scaler.add or self._is_content(hpa)):
                    telling.say("under load")
                    return self._watch(hpa, before, step())
            made.discard(way)
        raise NoTrialError(f"the autoscaler decided before the load began, {ATTEMPTS} times")

    def _settle(self, scaler: Scaler, ended: dt.datetime | None) -> str:
        """Begin from the fewest idle pods, nothing of the last load in any measure. Returns what decides."""
        deadline = time.monotonic() + CALM_TIMEOUT
        scaler.reset()
        _until("the end of the last autoscaler", lambda: not self._hpas(), deadline)
        _until("the fewest pods", lambda: len(self._pods()) == self._ready() == self.least, deadline)
        _until("idle pods", lambda: self._is_idle(ended), deadline)
        hpa = scaler.begin()
        if scaler.add is None:
            deadline = time.monotonic() + CONTENT_TIMEOUT
            _until(f"a content autoscaler {hpa}", lambda: self._is_content(hpa), deadline)
        return hpa

    def _watch(self, hpa: str, before: set[str], began: float) -> Seen:
        seen = Seen(began)
        while READY not in seen.at:
            if time.monotonic() - began > TRIAL_TIMEOUT:
                raise TooSlowError(
                    f"no extra pod was ready {TRIAL_TIMEOUT:.0f} s after the load step; seen so far: "
                    f"{', '.join(seen.at) or 'nothing'}"
                )
            try:
                new = [pod for pod in self._pods() if pod["metadata"]["uid"] not in before]
            except NoAnswerError:
                # A busy API server is part of what is measured.
                time.sleep(LOOK)
                continue
            if (self._desired(hpa) or 0) > self.least or new:
                seen.note(DECISION)
            if new:
                seen.note(CREATED)
            if any(conditions.hold(pod, "Ready") for pod in new):
                seen.note(READY)
            time.sleep(LOOK)
        return seen

    @contextlib.contextmanager
    def _held(self, scaler: Scaler) -> Iterator[Callable[[], float]]:
        """What makes another pod necessary, from a word until the end of the block."""
        if add := scaler.add:

            def step() -> float:
                began = time.monotonic()
                add()
                return began

            yield step
            return
        seconds = int(TRIAL_TIMEOUT)
        with pressure.held(self.image, self.url, connections=self.connections, most_seconds=seconds) as step:
            yield step

    def _pods(self) -> list[Object]:
        return self.to.kube.list("Pod", NAMESPACE, label_selector=SELECTOR)

    def _ready(self) -> int:
        return sum(conditions.hold(pod, "Ready") for pod in self._pods())

    def _is_idle(self, ended: dt.datetime | None) -> bool:
        """Whether the pods use so little that nothing would scale: half of what our CPU trigger allows.

        Args:
            ended: When there was load at last; what was measured before tells nothing.
        """
        if ended and dt.datetime.now(dt.UTC) - ended < dt.timedelta(seconds=SCRAPED):
            return False
        found = _usage(self.to)
        used = [one["containers"][0]["usage"]["cpu"] for one in found]
        return (
            len(found) == self.least
            and all(ended is None or measured_since(one) >= ended for one in found)
            and max(map(cores, used)) < self._allowed() / 2
        )

    def _allowed(self) -> float:
        """Cores of one pod at which the CPU trigger asks for more."""
        cpu = next((one for one in self.found["spec"]["triggers"] if one["type"] == "cpu"), None)
        if cpu is None:
            return 1.0
        if cpu["metricType"] != "Utilization":
            return cores(cpu["metadata"]["value"])
        container = self._pods()[0]["spec"]["containers"][0]
        return cores(container["resources"]["requests"]["cpu"]) * int(cpu["metadata"]["value"]) / 100

    def _hpas(self) -> list[Object]:
        """Whatever scales the app at the moment."""
        found = json.loads(get(self.to.kube, HPAS))["items"]
        return [one for one in found if one["spec"]["scaleTargetRef"]["name"] == APP]

    def _hpa(self, name: str) -> Object:
        # By its path: asked for by its name alone, it comes in version 1, which has no conditions.
        try:
            return dict(json.loads(get(self.to.kube, f"{HPAS}/{name}"))) if name else {}
        except ClusterError:
            return {}

    def _desired(self, hpa: str) -> int | None:
        desired = self._hpa(hpa).get("status", {}).get("desiredReplicas")
        return None if desired is None else int(desired)

    def _is_content(self, hpa: str) -> bool:
        """Whether the autoscaler wants the fewest pods, and has looked: a new one has no measures before."""
        found = self._hpa(hpa)
        desired = found.get("status", {}).get("desiredReplicas")
        return conditions.hold(found, "ScalingActive") and desired == self.least


@dataclass(frozen=True)
class _Telling:
    """Where the progress of one trial is shown."""

    stage: Stage
    number: int
    trials: int

    def say(self, what: str) -> None:
        self.stage.say(f"trial {self.number + 1} of {self.trials}: {what}")


def of(bench: Bench) -> Trials:
    """Where the trials of a cluster are entered."""
    title = f"Load step in the {bench.to.name}, {bench.connections} requests open at a time"
    return Trials(title, {stage: dict(ways) for stage, ways in TO_REACH.items()})


def prepare(to: Target, image: str, connections: int) -> Bench:
    """What a bench of a cluster needs.

    Raises:
        ClusterError: Nothing scales the app there, or it is on vacation.
    """
    if until := vacation_plan.find(to).until:
        raise ClusterError(
            f"the app is on vacation until {until.astimezone():%Y-%m-%d %H:%M}: nothing scales it till then",
            remedy="end that: ./witw vacation --cancel",
        )
    found = vacation_plan.scaled_object(to.kube)
    if found is None:
        raise TypeError("it was there a moment ago")
    url = f"http://127.0.0.1:{to.ours.ports.public}/login"
    return Bench(to, found, image, url, connections)


def _usage(to: Target) -> list[Object]:
    """What the metrics API says of the app's pods; nothing while it says nothing."""
    selector = SELECTOR.replace("=", "%3D").replace(",", "%2C")
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods?labelSelector={selector}"
    try:
        return list(json.loads(get(to.kube, path))["items"])
    except ClusterError:
        return []


def measured_since(found: Object) -> dt.datetime:
    """When the time began that the metrics API's word on a pod is of."""
    until = dt.datetime.fromisoformat(found["timestamp"])
    return until - dt.timedelta(seconds=stock.seconds(found["window"]))


def _until(what: str, is_so: Callable[[], bool], deadline: float) -> None:
    while not is_so():
        if time.monotonic() > deadline:
            raise NoTrialError(
                f"{what} did not come about in time",
                remedy="let nothing else load the app meanwhile; ./witw kubectl describe hpa -n witw",
            )
        time.sleep(0.5)
