"""How the clusters of this checkout are: the pods of each layer, and where the app is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dev import cluster, cluster_up, kube, parked, platform_values, vacation_plan, waits
from dev.cluster import Cluster
from dev.errors import ClusterError
from dev.settings import Settings


@dataclass(frozen=True)
class Line:
    """One namespace of a cluster."""

    cluster: str
    namespace: str
    pods: str
    problem: str


@dataclass(frozen=True)
class Status:
    """One cluster."""

    name: str
    url: str
    lines: list[Line]
    ready: bool
    pages: dict[str, str] = field(default_factory=dict)


def all_of_them(settings: Settings) -> list[Status]:
    """The clusters of this checkout that stand, stopped ones too."""
    return [
        _of(name, settings)
        for name in cluster.names()
        if cluster.recorded(name).get("ready") and cluster.nodes(name)
    ]


def _of(name: str, settings: Settings) -> Status:
    """How a cluster is; one that must not be asked keeps no other from being told."""
    try:
        found = cluster.find(name, settings)
    except ClusterError as error:
        return Status(name, "", [Line(name, "", "", error.message)], ready=False)
    return of(found, settings)


def of(found: Cluster, settings: Settings) -> Status:
    """How a cluster is."""
    url = platform_values.public_url(found, settings)
    if asleep := [node.name for node in cluster.nodes(found.name) if not node.awake]:
        note = parked.read(f"cluster {found.name}")
        said = f"{note}, `./witw resume`" if note else f"{', '.join(asleep)} stopped"
        return Status(found.name, url, [Line(found.name, "", "", said)], ready=False)
    api = kube.of(found)
    spaces = [*cluster_up.OWN, *cluster_up.namespaces(platform_values.chosen_layers(found.name))]
    problems = waits.look(api, set(spaces))
    pods = Counter[str]()
    for pod in api.list("Pod"):
        pods[pod["metadata"]["namespace"]] += pod["status"].get("phase") != "Succeeded"
    lines = []
    for space in spaces:
        mine = [item for item in problems if item.namespace == space]
        waiting = len({item.name for item in mine if item.kind == "Pod"})
        first = str(mine[0]) if mine else ("" if pods[space] else _without_pods(api, space))
        lines.append(Line(found.name, space, f"{pods[space] - waiting} of {pods[space]} ready", first))
    ready = not any(line.problem for line in lines)
    return Status(found.name, url, lines, ready, platform_values.pages(found))


def _without_pods(api: kube.Kube, space: str) -> str:
    """Why a namespace has none."""
    asleep = vacation_plan.told(api) if space == vacation_plan.NAMESPACE else ""
    return f"{asleep}, `./witw vacation`" if asleep else "nothing is deployed here"
