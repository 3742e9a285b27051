"""What a run was done with: versions, limits, image digests. Two runs are compared by them."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from typing import Any

import psutil

from dev import process
from dev.compose import service_of
from dev.errors import WitwError
from dev.load import environment
from dev.load.targets import NAMESPACE, RELEASE, LoadTarget
from dev.settings import ROOT, Settings


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
            wanted = ("WEB_WORKERS", "WEB_THREADS")
            found |= dict(one.split("=", 1) for one in container["Config"]["Env"] if one.startswith(wanted))
    version = process.run(["docker", "version", "--format={{.Server.Version}}"], check=False).stdout.strip()
    return found | {"engine": version}


def _cluster(target: LoadTarget) -> dict[str, Any]:
    assert target.to is not None  # noqa: S101 - the caller looked
    kube = target.to.kube
    found: dict[str, Any] = {}
    for one in kube.list("Deployment", NAMESPACE):
        if one["metadata"]["name"] != RELEASE:
            continue
        for container in one["spec"]["template"]["spec"]["containers"]:
            found[f"image of {container['name']}"] = container["image"]
            found[f"resources of {container['name']}"] = json.dumps(container.get("resources", {}))
            wanted = {"WEB_WORKERS", "WEB_THREADS"}
            found |= {e["name"]: e.get("value") for e in container.get("env", []) if e["name"] in wanted}
        found["replicas at the beginning"] = one["spec"].get("replicas")
    nodes = kube.list("Node")
    found["nodes"] = len(nodes)
    found["kubernetes"] = nodes[0]["status"]["nodeInfo"]["kubeletVersion"] if nodes else "unknown"
    return found
