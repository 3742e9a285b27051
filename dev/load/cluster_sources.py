"""What a cluster tells while it is under load: replicas, pods, queue, gateway, autoscaler, nodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import kr8s
from kr8s._async_utils import as_sync_func

from dev import conditions
from dev.errors import ClusterError
from dev.kube import Kube
from dev.load import metrics
from dev.load.samples import Event, Reading, Source

GATEWAY, PUBLIC = "gateway", "gateway.envoyproxy.io/owning-gateway-name=public"
ENVOY_PORT, METRICS_PORT = 19001, 8001

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


class ClusterSources:
    """One release of the app in one cluster.

    Args:
        kube: The cluster's API.
        namespace: Where the release is.
        release: Its name, which is its Deployment's too.
        tell: Called once with each thing that the report should say about the measuring itself.
    """

    def __init__(
        self, kube: Kube, namespace: str, release: str, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self.kube, self.namespace, self.release = kube, namespace, release
        self._tell = tell
        self._metrics_api = True

    def all(self) -> list[Source]:
        """What can be asked, and how often."""
        return [
            Source("replicas", self.replicas, every=1),
            Source("pods", self.pods, every=5),
            Source("app's metrics", self.queue),
            Source("gateway's metrics", self.gateway),
            Source("events", self.events, every=3),
            Source("nodes", self.nodes, every=5),
        ]

    def look_for_a_scaler(self) -> None:
        """Tell when nothing scales the app, and what would."""
        try:
            found = self.kube.list("horizontalpodautoscalers.autoscaling", self.namespace)
        except ClusterError as error:
            self._tell(f"whether anything scales the app is not known: {error.message}")
            return
        targets = [one["spec"]["scaleTargetRef"]["name"] for one in found]
        if self.release not in targets:
            self._tell("nothing scales the app here: ./witw up --kind --with autoscaling adds what does")

    def replicas(self) -> Reading:
        """Of the Deployment."""
        found = [
            one
            for one in self.kube.list("Deployment", self.namespace)
            if one["metadata"]["name"] == self.release
        ]
        if not found:
            raise ClusterError(f"there is no Deployment {self.release} in {self.namespace}")
        status = found[0].get("status", {})
        values = {
            "replicas.desired": float(found[0]["spec"].get("replicas", 1)),
            "replicas.current": float(status.get("replicas", 0)),
            "replicas.ready": float(status.get("readyReplicas", 0)),
        }
        return Reading(values)

    def pods(self) -> Reading:
        """Processor and memory of each pod: from the metrics API, else from the kubelets themselves."""
        if self._metrics_api:
            try:
                return Reading(self._from_metrics_api())
            except ClusterError:
                self._metrics_api = False
                self._tell("no metrics API (./witw up --kind --with metrics): CPU and memory by the kubelets")
        return Reading(self._from_kubelets())

    def queue(self) -> Reading:
        """In flight and queued, from every ready pod of the app, whoever asks for none meanwhile."""
        texts = [
            self._proxied("pods", f"{name}:{METRICS_PORT}", "/internal/metrics", self.namespace)
            for name in self._ready_pods(self.namespace, self._selector())
        ]
        return Reading(metrics.queue(texts))

    def gateway(self) -> Reading:
        """Retries and pending requests of the public gateway's pods."""
        texts = [
            self._proxied("pods", f"{name}:{ENVOY_PORT}", "/stats/prometheus?filter=upstream_rq", GATEWAY)
            for name in self._ready_pods(GATEWAY, PUBLIC)
        ]
        return Reading(metrics.of_gateway(texts))

    def events(self) -> Reading:
        """What the autoscaler and the Deployment tell, and pods that could not be placed or were ended."""
        made = []
        for one in self.kube.list("Event", self.namespace):
            about = one.get("involvedObject") or one.get("regarding") or {}
            kind, reason = str(about.get("kind", "")), str(one.get("reason", ""))
            wanted = kind in (*SCALERS, "Deployment") or reason in (
                "FailedScheduling",
                "Evicted",
                "Unhealthy",
            )
            if wanted:
                name, message = str(about.get("name", "")), str(one.get("message") or one.get("note") or "")
                made.append(Event(_time_of(one), kind, name, reason, message))
        return Reading(events=tuple(made))

    def nodes(self) -> Reading:
        """How many nodes are under which pressure."""
        values = dict.fromkeys((f"nodes.{name}" for name in PRESSURES), 0.0)
        for node in self.kube.list("Node"):
            for name in PRESSURES:
                values[f"nodes.{name}"] += conditions.hold(node, name)
        return Reading(values)

    def _selector(self) -> str:
        return f"app.kubernetes.io/instance={self.release},app.kubernetes.io/component=web"

    def _ready_pods(self, namespace: str, selector: str) -> list[str]:
        found = self.kube.list("Pod", namespace, label_selector=selector)
        return [str(pod["metadata"]["name"]) for pod in found if conditions.hold(pod, "Ready")]

    def _from_metrics_api(self) -> dict[str, float]:
        values = {}
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{self.namespace}/pods"
        for pod in json.loads(self._get(path))["items"]:
            name, used = pod["metadata"]["name"], [one["usage"] for one in pod["containers"]]
            values[f"cpu/{name}"] = sum(cores(one["cpu"]) for one in used) * 100
            values[f"memory/{name}"] = sum(quantity(one["memory"]) for one in used)
        return values

    def _from_kubelets(self) -> dict[str, float]:
        values = {}
        for node in self.kube.list("Node"):
            path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
            for pod in json.loads(self._get(path))["pods"]:
                if pod["podRef"]["namespace"] == self.namespace:
                    name = pod["podRef"]["name"]
                    values[f"cpu/{name}"] = pod.get("cpu", {}).get("usageNanoCores", 0) / 1e9 * 100
                    values[f"memory/{name}"] = float(pod.get("memory", {}).get("workingSetBytes", 0))
        return values

    def _proxied(self, kind: str, name: str, path: str, namespace: str) -> str:
        return self._get(f"/api/v1/namespaces/{namespace}/{kind}/{name}/proxy{path}")

    def _get(self, path: str) -> str:
        return get(self.kube, path)


def get(kube: Kube, path: str) -> str:
    """What the API server answers to a path.

    Raises:
        ClusterError: It does not answer, or with an error.
    """
    try:
        return str(as_sync_func(_text)(kube.api, path))
    except (httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError, kr8s.NotFoundError, OSError) as error:
        raise ClusterError(f"{path}: {error or type(error).__name__}") from error


async def _text(api: kr8s.Api, path: str) -> str:
    # kr8s has this call for asyncio only; its session lives in the loop that `as_sync_func` asks.
    base, _, rest = path.lstrip("/").partition("/")
    async with api.call_api("GET", base=f"/{base}", version="", url=rest) as answer:
        return str(answer.text)


def cores(text: str) -> float:
    """Cores from a quantity of Kubernetes: `250m` is 0.25, `12345678n` is 0.012."""
    small = {"n": 1e-9, "u": 1e-6, "m": 1e-3}
    return float(text[:-1]) * small[text[-1]] if text[-1] in small else float(text)


def quantity(text: str) -> float:
    """Bytes from a quantity of Kubernetes: `128Mi`, `64M`, `1024`."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)


def _time_of(event: dict[str, Any]) -> float:
    """Seconds since 1970 of an event's latest time."""
    series = event.get("series") or {}
    latest = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    latest = latest or event["metadata"]["creationTimestamp"]
    return datetime.fromisoformat(str(latest)).timestamp()
