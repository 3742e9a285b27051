"""The app in a cluster that scales it: what decides about its pods, and what came of a load."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from dev.errors import ClusterError
from dev.load.run import Run
from dev.load.shapes import Shape
from dev.target import Target
from tests.e2e.stack import Stack, is_ready, until

SCALED_OBJECT, SCALER = "scaledobjects.keda.sh", "horizontalpodautoscalers.v2.autoscaling"

LAYER, KEDA = "autoscaling", "app=keda-operator"

REMEDY = "./witw up --kind --with autoscaling --name {}"

SPIKE = Shape("spike", "users", ((0, 4), (6, 4), (6, 200), (36, 200), (36, 4), (42, 4)))
"""As `spike:small`, but too much for the fewest pods of a quick machine, and shorter before and after."""

REST_SECONDS = 150.0
"""For everything to be as before a load: the time that pods are kept, and their going one after the other."""


@dataclass(frozen=True)
class Stages:
    """From the moment of a load step on, in seconds; each step's first time."""

    decision: float
    created: float
    ready: float
    two_ready: float

    def __str__(self) -> str:
        return (
            f"decision {self.decision:.1f} s, pod created {self.created:.1f} s, "
            f"one more Ready {self.ready:.1f} s, two more Ready {self.two_ready:.1f} s after the load step"
        )


@dataclass(frozen=True)
class Scaled:
    """The app's Deployment, and the ScaledObject and the autoscaler that decide about it.

    Args:
        to: The cluster.
        stack: The app in it.
        usual: How quickly pods come and go outside of the tests.
    """

    to: Target
    stack: Stack
    usual: dict[str, Any] = field(default_factory=dict, compare=False)

    def check(self) -> None:
        """See to it that there is something to test.

        Raises:
            ClusterError: Nothing scales the app here.
        """
        name = self.to.ours.name
        try:
            found = self.to.kube.list(SCALED_OBJECT, self.stack.namespace)
        except ClusterError:
            found = []
        if not found:
            raise ClusterError(
                f"nothing scales the app in the cluster {name}: it has no layer {LAYER}",
                remedy=REMEDY.format(name),
            )

    @property
    def spec(self) -> dict[str, Any]:
        """Of the ScaledObject."""
        (found,) = self.to.kube.list(SCALED_OBJECT, self.stack.namespace)
        return dict(found["spec"])

    @property
    def conditions(self) -> dict[str, bool]:
        """Of the ScaledObject: Ready, Active, Fallback, Paused."""
        (found,) = self.to.kube.list(SCALED_OBJECT, self.stack.namespace)
        listed = found.get("status", {}).get("conditions", [])
        return {one["type"]: one["status"] == "True" for one in listed}

    @property
    def scaler(self) -> dict[str, Any]:
        """The spec of the autoscaler that KEDA has made."""
        found = self.to.kube.list(SCALER, self.stack.namespace)
        return dict(found[0]["spec"]) if found else {}

    @property
    def least(self) -> int:
        """Fewest pods."""
        return int(self.spec["minReplicaCount"])

    @property
    def most(self) -> int:
        """Most pods."""
        return int(self.spec["maxReplicaCount"])

    @property
    def fallback(self) -> int:
        """Pods without metrics."""
        return int(self.spec["fallback"]["replicas"])

    @property
    def wanted(self) -> int:
        """Pods that the Deployment is told to have."""
        return int(self.stack.deployment()["spec"].get("replicas", 1))

    def kept_for(self, seconds: int) -> dict[str, Any]:
        """`advanced` of the spec, with pods that go quickly once they were kept for so long after a load."""
        config = self.spec["advanced"]["horizontalPodAutoscalerConfig"]
        down = {
            **config["behavior"]["scaleDown"],
            "stabilizationWindowSeconds": seconds,
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 5}],
        }
        return {"horizontalPodAutoscalerConfig": {"behavior": {**config["behavior"], "scaleDown": down}}}

    @contextlib.contextmanager
    def changed(self, **changes: Any) -> Iterator[None]:
        """Exchange fields of the ScaledObject's spec, and put them back."""
        before = {name: self.spec.get(name) for name in changes}
        try:
            self._patch(changes)
            yield
        finally:
            self._patch(before)

    @contextlib.contextmanager
    def only(self, *kinds: str, **changes: Any) -> Iterator[None]:
        """Let nothing be measured but triggers of some kinds."""
        triggers = [one for one in self.spec["triggers"] if one["type"] in kinds]
        assert len(triggers) == len(kinds), f"there is no trigger {kinds}"
        with self.changed(triggers=triggers, **changes):
            yield

    def rest(self) -> float:
        """Wait until there are as few pods as there may be, all ready and none going."""
        least = self.least

        def at_rest() -> bool:
            pods = self.stack.list("Pod", "app.kubernetes.io/component=web")
            return self.wanted == least == len(pods) and all(map(is_ready, pods))

        return until(f"{least} pods and no more", at_rest, REST_SECONDS)

    def _patch(self, changes: dict[str, Any]) -> None:
        """Change the spec, and wait until the autoscaler is told."""
        text = json.dumps({"spec": changes})
        self.stack.kubectl("patch", SCALED_OBJECT, "witw", "--type=merge", f"--patch={text}")
        spec = self.spec
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]

        def told() -> bool:
            scaler = self.scaler
            given = scaler.get("behavior", {}).get("scaleDown", {})
            return (
                len(scaler.get("metrics", [])) == len(spec["triggers"])
                and scaler["minReplicas"] == spec["minReplicaCount"]
                and given.get("stabilizationWindowSeconds") == behavior["stabilizationWindowSeconds"]
            )

        until("the autoscaler being told", told, 30)


@contextlib.contextmanager
def meanwhile(action: Any, *given: Any, after: float = 0.0) -> Iterator[Future[Any]]:
    """Do something beside a load; what it raises is raised at the end."""

    def do() -> Any:
        time.sleep(after)
        return action(*given)

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(do)
        yield future
    future.result()


def step_up(run: Run) -> float:
    """When most of the users had come, in seconds of the run."""
    return next(at for at, second in run.seconds.items() if sum(second.users.values()) > run.shape.peak / 2)


def step_down(run: Run) -> float:
    """When most of them had gone again."""
    return 1.0 + max(
        at for at, second in run.seconds.items() if sum(second.users.values()) > run.shape.peak / 2
    )


def stages(run: Run) -> Stages:
    """How long each step took, from the load step to pods that are Ready.

    Raises:
        AssertionError: There were never two more pods.
    """
    begin = step_up(run)

    def first(name: str, more: int) -> float:
        points = [(at, value) for at, value in run.samples.series[name] if value is not None]
        before = [value for at, value in points if at < begin]
        start = before[-1] if before else points[0][1]
        return next((at - begin for at, value in points if at >= begin and value >= start + more), math.inf)

    return Stages(
        first("replicas.desired", 1),
        first("replicas.current", 1),
        first("replicas.ready", 1),
        first("replicas.ready", 2),
    )


def at_least_again(run: Run, least: int) -> float:
    """When no more pods were wanted than there must be, for good; never: infinity."""
    points = [(at, value) for at, value in run.samples.series["replicas.desired"] if value is not None]
    more = [at for at, value in points if value > least]
    return next((at for at, _ in points if at > max(more, default=0.0)), math.inf)


def most_cpu(run: Run) -> float:
    """Of one pod, in percent of a core."""
    found = run.samples.family("cpu").values()
    return max((value for points in found for _, value in points if value is not None), default=0.0)
