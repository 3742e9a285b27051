"""What a run was done with: versions, limits, image digests. Two runs are compared by them."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from typing import Any

import psutil

from dev import process, vacation_plan
from dev.compose import service_of
from dev.errors import WitwError
from dev.kube import Object
from dev.load import environment
from dev.load.targets import NAMESPACE, RELEASE, LoadTarget
from dev.settings import ROOT, Settings
from dev.waits import Lister

SIZES = ("WEB_WORKERS", "WEB_THREADS")

AROUND = {
    ("gateway", "public", "envoy"): "gateway",
    ("postgres", "pgpool", "pgpool"): "pgpool",
    ("postgres", "postgres", "postgres"): "postgres",
    ("autoscaling", "keda-operator", "keda-operator"): "keda",
    ("autoscaling", "keda-metrics-apiserver", "keda-metrics-apiserver"): "keda's metrics",
}
"""What a cluster has around the app, by namespace, workload and container."""


def of(target: LoadTarget, settings: Settings) -> dict[str, Any]:
    """All of it, flat, by name; what cannot be found out is left out."""
    found: dict[str, Any] = {
        "commit": _commit(),
        "cores": psutil.cpu_count(),
        "memory GiB": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python of the harness": platform.python_version(),
        "locust": _locked("locust"),
        "kr8s": importlib.metadata.version("kr8s"),
        "target": target.name,
    }
    try:
        found |= _compose(target) if target.compose else _cluster(target) if target.to else {}
    except WitwError as error:
        found["stack"] = f"unknown: {error.message}"
    return found


def _commit() -> str:
    said = process.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, check=False)
    return said.stdout.strip() or "unknown"


def _locked(name: str) -> str:
    found = re.search(rf"^{name}==(\S+)", environment.LOCK.read_text(), re.MULTILINE)
    return found[1] if found else "unknown"


def _compose(target: LoadTarget) -> dict[str, Any]:
    assert target.compose is not None  # noqa: S101 - the caller looked
    found: dict[str, Any] = {}
    for container in target.compose.containers():
        service = service_of(container)
        if not container["State"]["Running"]:
            continue
        found[f"image of {service}"] = container["Image"]
        limit = container["HostConfig"]["Memory"]
        found[f"memory limit of {service}"] = f"{limit / 2**20:.0f} MiB" if limit else "none"
        found[f"containers of {service}"] = found.get(f"containers of {service}", 0) + 1
        if service == "app":
            found |= dict(one.split("=", 1) for one in container["Config"]["Env"] if one.startswith(SIZES))
    version = process.run(["docker", "version", "--format={{.Server.Version}}"], check=False).stdout.strip()
    return found | {"engine": version}


def _cluster(target: LoadTarget) -> dict[str, Any]:
    assert target.to is not None  # noqa: S101 - the caller looked
    kube = target.to.kube
    deployments = kube.list("Deployment")
    found: dict[str, Any] = {}
    for one in deployments:
        if (one["metadata"]["namespace"], one["metadata"]["name"]) != (NAMESPACE, RELEASE):
            continue
        for container in one["spec"]["template"]["spec"]["containers"]:
            found[f"image of {container['name']}"] = container["image"]
            found[f"resources of {container['name']}"] = json.dumps(container.get("resources", {}))
            given = _environment(kube, container)
            found |= {name: given[name] for name in SIZES if name in given}
        found["replicas at the beginning"] = one["spec"].get("replicas")
    found |= _images([*deployments, *kube.list("StatefulSet")]) | _scaling(kube)
    nodes = kube.list("Node")
    found["nodes"] = len(nodes)
    found["kubernetes"] = nodes[0]["status"]["nodeInfo"]["kubeletVersion"] if nodes else "unknown"
    return found


def _environment(kube: Lister, container: Object) -> dict[str, str]:
    """What a container gets from ConfigMaps and in plain words; Secrets are left alone."""
    named = [one["configMapRef"]["name"] for one in container.get("envFrom", []) if "configMapRef" in one]
    maps = {one["metadata"]["name"]: one.get("data", {}) for one in kube.list("configmaps", NAMESPACE)}
    given: dict[str, str] = {}
    for name in named:
        given |= maps.get(name, {})
    return given | {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}


def _images(workloads: list[Object]) -> dict[str, str]:
    """What else a request or a decision goes through."""
    found: dict[str, str] = {}
    for one in workloads:
        for container in one["spec"]["template"]["spec"]["containers"]:
            place = (one["metadata"]["namespace"], one["metadata"]["name"], container["name"])
            if place in AROUND:
                found[f"image of {AROUND[place]}"] = container["image"]
    return found


def _scaling(kube: Lister) -> dict[str, Any]:
    """What the ScaledObject says, each trigger by its name; nothing where there is none."""
    one = vacation_plan.scaled_object(kube)
    if one is None:
        return {}
    spec = {
        **one["spec"],
        **{f"trigger {each.get('name', each['type'])}": each for each in one["spec"]["triggers"]},
    }
    del spec["triggers"]
    return {
        f"ScaledObject, {name}": json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
        for name, value in spec.items()
    }
