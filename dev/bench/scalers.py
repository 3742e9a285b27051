"""What scales the app while `./witw bench scale` looks: our ScaledObject, or what others start with.

Every trial has an autoscaler with a name that none had before. The controller keeps what it recommended by
name for five minutes, and one without a `behavior`, as stock ones are, takes the highest of that also
upwards (`stabilizeRecommendation` in pkg/controller/podautoscaler). It forgets a name only when that name's
turn comes while there is no such autoscaler, so one that was deleted and made again may still remember.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dev.bench import stock
from dev.console import Stage
from dev.target import Target
from dev.vacation_plan import APP, NAMESPACE, PAUSED

OURS, STOCK_KEDA, STOCK_HPA, NO_LOAD = "ours", "stock KEDA", "stock HPA", "no load"
WAYS = (OURS, STOCK_KEDA, STOCK_HPA, NO_LOAD)

STOCK_NAME, KEDA_NAME = "witw-stock", "witw-bench"
"""What names begin with: of the autoscalers that the bench makes, and of those that KEDA makes for it."""

LABEL = "app.kubernetes.io/part-of=witw-bench"
"""Of the autoscalers that the bench makes."""

WHERE = f"--namespace={NAMESPACE}"


@dataclass(frozen=True)
class Scaler:
    """One way of scaling.

    Args:
        period: Seconds between two looks of the controllers.
        reset: Lets nothing scale: there is no autoscaler, and the pods become the fewest.
        begin: Lets it scale from now on. Returns the name of its HorizontalPodAutoscaler, a new one.
        add: Has one pod more by a word instead of a load; nothing decides then.
    """

    period: float
    reset: Callable[[], None]
    begin: Callable[[], str]
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
    least = int(found["spec"].get("minReplicaCount") or 1)
    # Each is put back even where another one could not be.
    with contextlib.ExitStack() as back:
        back.callback(_restore, to, found)
        back.callback(_remove_stock, to)
        _remove_stock(to)
        if way == OURS:
            yield _keda(to, found, least)
        elif way == NO_LOAD:
            keda = _keda(to, found, least)
            yield replace(keda, begin=lambda: "", add=lambda: _pause(to, found, least + 1))
        else:
            back.enter_context(stock.controllers(to, stage))
            _pause(to, found, least)
            if way == STOCK_KEDA:
                # Our triggers, with the times of KEDA's own.
                _patch(to, found, {"spec": {"pollingInterval": None, "advanced": None}})
                yield _keda(to, found, least)
            else:
                yield _stock_hpa(to, found, least)


def _keda(to: Target, found: dict[str, Any], least: int) -> Scaler:
    """What KEDA makes of the ScaledObject as it is by now."""

    def begin() -> str:
        name = f"{KEDA_NAME}-{secrets.token_hex(3)}"
        spec = {"advanced": {"horizontalPodAutoscalerConfig": {"name": name}}}
        _patch(to, found, {"metadata": {"annotations": {PAUSED: None}}, "spec": spec})
        return name

    return Scaler(stock.seconds(stock.sync_period(to)), lambda: _pause(to, found, least), begin)


def _stock_hpa(to: Target, found: dict[str, Any], least: int) -> Scaler:
    """An autoscaler by CPU alone, at our threshold, with everything else as Kubernetes has it."""
    cpu = next(one for one in found["spec"]["triggers"] if one["type"] == "cpu")
    if cpu["metricType"] == "Utilization":
        aim = {"type": "Utilization", "averageUtilization": int(cpu["metadata"]["value"])}
    else:
        aim = {"type": "AverageValue", "averageValue": cpu["metadata"]["value"]}
    spec = {
        "scaleTargetRef": found["spec"]["scaleTargetRef"],
        "minReplicas": least,
        "maxReplicas": found["spec"]["maxReplicaCount"],
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": aim}}],
    }

    def reset() -> None:
        _remove_stock(to)
        to.run_kubectl("scale", f"deployment/{APP}", f"--replicas={least}", WHERE)

    def begin() -> str:
        name = f"{STOCK_NAME}-{secrets.token_hex(3)}"
        key, _, value = LABEL.partition("=")
        manifest = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {key: value}},
            "spec": spec,
        }
        to.run_kubectl("create", "--filename=-", stdin=json.dumps(manifest))
        return name

    return Scaler(stock.seconds(stock.sync_period(to)), reset, begin)


def _remove_stock(to: Target) -> None:
    """Remove the autoscalers that the bench has made, those of a run that was killed included."""
    to.run_kubectl("delete", "horizontalpodautoscalers", f"--selector={LABEL}", WHERE, "--ignore-not-found")


def _pause(to: Target, found: dict[str, Any], pods: int) -> None:
    """Let KEDA remove its autoscaler and have so many pods."""
    words = ["--overwrite", f"{PAUSED}={pods}"]
    to.run_kubectl("annotate", f"scaledobjects.keda.sh/{found['metadata']['name']}", WHERE, *words)


def _restore(to: Target, found: dict[str, Any]) -> None:
    """Have the ScaledObject as it was found; a name that a killed run has left is none of it."""
    advanced = found["spec"].get("advanced")
    if advanced is not None:
        ours = advanced.get("horizontalPodAutoscalerConfig") or {}
        name = ours.get("name")
        kept = None if name is None or name.startswith(KEDA_NAME) else name
        advanced = {**advanced, "horizontalPodAutoscalerConfig": {**ours, "name": kept}}
    spec = {"pollingInterval": found["spec"].get("pollingInterval"), "advanced": advanced}
    _patch(to, found, {"metadata": {"annotations": {PAUSED: None}}, "spec": spec})


def _patch(to: Target, found: dict[str, Any], change: dict[str, Any]) -> None:
    words = ["--type=merge", f"--patch={json.dumps(change)}"]
    to.run_kubectl("patch", f"scaledobjects.keda.sh/{found['metadata']['name']}", WHERE, *words)
