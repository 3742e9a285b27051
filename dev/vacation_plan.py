"""Vacations in a cluster: what is planned there, planned anew, and ended."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from dev import release
from dev.errors import ClusterError
from dev.kube import NoAnswerError
from dev.release import Release
from dev.settings import ROOT
from dev.target import Target
from dev.vacation import Vacation
from dev.waits import Lister

NAMESPACE, APP = "witw", "witw"

CHART = ROOT / "dev" / "platform" / "vacation"

RELEASE = Release("vacation", NAMESPACE, CHART, "vacation", ())
"""Not one of helmfile.yaml: it comes and goes with the plan."""

SCALED_OBJECTS, ROUTES = "scaledobjects.keda.sh", "httproutes.gateway.networking.k8s.io"

PAUSED, UNTIL = "autoscaling.keda.sh/paused-replicas", "witw/asleep-until"
"""Annotations of the ScaledObject, as files/rest.py of the chart sets them."""


@dataclass(frozen=True)
class Sleeper:
    """The app in a cluster, as far as its sleep is concerned.

    Args:
        scaled_object: The name of its ScaledObject.
        minimum: How many pods it has at least, awake.
        until: When it wakes, if it is asleep by a vacation.
        image: What its pods run.
        pull_secrets: What that is pulled with.
        route: How people reach it, as the chart is told.
    """

    scaled_object: str
    minimum: int
    until: dt.datetime | None
    image: str
    pull_secrets: list[dict[str, str]]
    route: dict[str, Any] = field(default_factory=dict)


def find(to: Target) -> Sleeper:
    """The app and what scales it.

    Raises:
        ClusterError: The app is not there, or nothing that could scale it to zero.
    """
    deployed = [one for one in to.kube.list("Deployment", NAMESPACE) if one["metadata"]["name"] == APP]
    if not deployed:
        raise ClusterError(f"the app is not in the {to.name}", remedy="./witw up --kind --with autoscaling")
    found = scaled_object(to.kube)
    if found is None:
        name = f" --name {to.cluster.name}" if to.cluster else ""
        raise ClusterError(
            f"nothing in the {to.name} can scale the app to zero; nothing was changed",
            remedy=f"add the layer: ./witw up --kind{name} --with autoscaling",
        )
    pod = deployed[0]["spec"]["template"]["spec"]
    (container,) = [one for one in pod["containers"] if one["name"] == "app"]
    return Sleeper(
        found["metadata"]["name"],
        int(found["spec"].get("minReplicaCount") or 1),
        asleep_until(found),
        container["image"],
        pod.get("imagePullSecrets", []),
        _route(to.kube),
    )


def _route(kube: Lister) -> dict[str, Any]:
    """How people reach the app by the Gateway API; nothing where they do not."""
    found = [one["spec"] for one in _listed(kube, ROUTES) if one["metadata"]["name"] == APP]
    if not found:
        return {}
    # The last rule is for all that no other one is for.
    return {
        "gateways": found[0].get("parentRefs", []),
        "hostnames": found[0].get("hostnames", []),
        "backends": found[0]["rules"][-1].get("backendRefs", []),
    }


def scaled_object(kube: Lister) -> dict[str, Any] | None:
    """The app's ScaledObject; None where there is none, or no KEDA."""
    found = _listed(kube, SCALED_OBJECTS)
    return next((one for one in found if one["spec"]["scaleTargetRef"]["name"] == APP), None)


def _listed(kube: Lister, kind: str) -> list[dict[str, Any]]:
    """Objects beside the app; none where the API server knows no such kind."""
    try:
        return kube.list(kind, NAMESPACE)
    except NoAnswerError:
        raise
    except ClusterError:
        return []


def asleep_until(found: dict[str, Any]) -> dt.datetime | None:
    """When the app wakes, by the annotation of its ScaledObject; None when it is awake."""
    text = found["metadata"].get("annotations", {}).get(UNTIL)
    return dt.datetime.fromisoformat(text) if text else None


def told(kube: Lister) -> str:
    """That the app is asleep by a vacation, and until when; nothing when it is awake."""
    found = scaled_object(kube)
    until = asleep_until(found) if found else None
    return f"on vacation until {until.astimezone():%Y-%m-%d %H:%M}" if until else ""


def read(to: Target) -> list[Vacation]:
    """The vacations that are planned, in their order; what is over stays until the next change."""
    said = to.run_helm(
        "get", "values", RELEASE.name, f"--namespace={NAMESPACE}", "--output=json", check=False
    )
    listed = (json.loads(said.stdout) or {}).get("vacations", []) if said.ok else []
    return [
        Vacation(
            dt.datetime.fromisoformat(one["begins"]), dt.datetime.fromisoformat(one["ends"]), one["zone"]
        )
        for one in sorted(listed, key=lambda one: str(one["begins"]))
    ]


def write(to: Target, sleeper: Sleeper, vacations: list[Vacation]) -> None:
    """Let these vacations be what is planned; with none, nothing of it is left in the cluster.

    Raises:
        WitwError: Helm failed.
    """
    release.heal(to, [RELEASE], release.states(to))
    where = f"--namespace={NAMESPACE}"
    if not vacations:
        to.run_helm("uninstall", RELEASE.name, where, "--ignore-not-found", timeout=release.HELM_TIMEOUT)
        return
    to.run_helm(
        *("upgrade", "--install", RELEASE.name, str(CHART), where, "--values=-", "--history-max=2"),
        stdin=json.dumps(values(sleeper, vacations)),
        timeout=release.HELM_TIMEOUT,
    )


def values(sleeper: Sleeper, vacations: list[Vacation]) -> dict[str, Any]:
    """What the chart is told."""
    return {
        "image": sleeper.image,
        "imagePullSecrets": sleeper.pull_secrets,
        "scaledObject": sleeper.scaled_object,
        "deployment": APP,
        **({"route": sleeper.route} if sleeper.route else {}),
        "vacations": [
            {
                "name": one.name,
                "zone": one.zone,
                "begins": one.begins.astimezone(dt.UTC).isoformat(),
                "ends": one.ends.astimezone(dt.UTC).isoformat(),
                "sleep": _cron(one.begins),
                "wake": _cron(one.ends),
            }
            for one in vacations
        ],
    }


def wake(to: Target, sleeper: Sleeper) -> bool:
    """Wake the app if a vacation has put it to sleep. Returns whether it had.

    In the order of files/rest.py: our annotation goes last, so that an interrupted waking is done again.
    """
    if sleeper.until is None:
        return False
    where, name = f"--namespace={NAMESPACE}", sleeper.scaled_object
    annotate = ["annotate", SCALED_OBJECTS, name, where]
    to.run_kubectl(*annotate, f"{PAUSED}-")
    least = f"--replicas={sleeper.minimum}"
    # Only what is at none; it may have been scaled by hand. KEDA would leave it there.
    to.run_kubectl("scale", f"deployment/{APP}", where, "--current-replicas=0", least, check=False)
    to.run_kubectl(*annotate, f"{UNTIL}-")
    return True


def _cron(moment: dt.datetime) -> str:
    """A moment as cron writes it, without its year."""
    utc = moment.astimezone(dt.UTC)
    return f"{utc.minute} {utc.hour} {utc.day} {utc.month} *"
