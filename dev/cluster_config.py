"""The configuration of a kind cluster: what all have in common, what this machine and this cluster add."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev import engine, host
from dev.settings import ROOT

COMMON = ROOT / "dev" / "kind" / "cluster.yaml"

PUBLIC_NODE_PORT, INTERNAL_NODE_PORT = 30080, 30081
"""Ports of the gateways' services on the node; kind maps them to this machine's when the cluster is made."""

ALONE = """- op: add
  path: /controllerManager/extraArgs/-
  value: {name: node-monitor-grace-period, value: 168h}
"""
"""A node that is alone is missed by nobody. One that was frozen (`./witw park`) would be found missing when
it is back, and its pods not ready, until it has said that it lives."""

IN_USER_NAMESPACE = {"featureGates": {"KubeletInUserNamespace": True}}
"""kubelet takes what it may not do there (limits of the kernel, OOM scores, /dev/kmsg) for no error."""

NO_OOM_SCORES = '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'

ENCRYPTION_FOLDER = "/etc/kubernetes/encryption"


@dataclass(frozen=True)
class Ports:
    """Where a cluster is reached on this machine."""

    public: int
    internal: int
    registry: int


@dataclass(frozen=True)
class Cause:
    """A property of this machine that a node does not run with as it is, and what makes it run."""

    found: str
    kubelet: dict[str, Any]
    containerd: str = ""


def causes() -> list[Cause]:
    """What of this machine asks for other settings; nothing on an ordinary one."""
    found = []
    if host.cgroup_version() == 1:
        found.append(Cause("cgroup version 1", {"failCgroupV1": False}))
    # Without that capability nothing may lower an OOM score, as in a user namespace: its settings serve.
    for there, what in (
        ("cap_sys_resource" in host.missing_capabilities(), "no CAP_SYS_RESOURCE"),
        (engine.is_rootless(engine.facts()), "rootless engine"),
    ):
        if there:
            found.append(Cause(what, IN_USER_NAMESPACE, NO_OOM_SCORES))
    return found


def render(name: str, ports: Ports, *, bind: str, workers: int, keys: Path, because: list[Cause]) -> str:
    """The configuration that `kind create cluster` takes.

    Args:
        name: The cluster's name.
        ports: Where its gateways are reached.
        bind: The address on which the public port is opened.
        workers: Nodes beside the control plane.
        keys: The folder on this machine that holds the encryption configuration.
        because: What `causes` found.
    """
    config: dict[str, Any] = yaml.safe_load(COMMON.read_text())
    config["name"] = name
    control_plane = {
        "role": "control-plane",
        "extraMounts": [{"hostPath": str(keys), "containerPath": ENCRYPTION_FOLDER, "readOnly": True}],
        "extraPortMappings": [
            {"containerPort": PUBLIC_NODE_PORT, "hostPort": ports.public, "listenAddress": bind},
            {"containerPort": INTERNAL_NODE_PORT, "hostPort": ports.internal, "listenAddress": "127.0.0.1"},
        ],
    }
    config["nodes"] = [control_plane, *({"role": "worker"} for _ in range(workers))]
    if not workers:
        config["kubeadmConfigPatchesJSON6902"][0]["patch"] += ALONE
    _add(config, because)
    return yaml.safe_dump(config, sort_keys=False)


def bare(because: list[Cause]) -> str:
    """The configuration of a cluster as kind makes it by itself, with what this machine cannot do without."""
    config: dict[str, Any] = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4"}
    _add(config, because)
    return yaml.safe_dump(config, sort_keys=False)


def _add(config: dict[str, Any], because: list[Cause]) -> None:
    """Put what this machine needs into a configuration."""
    patches = config.setdefault("containerdConfigPatches", [])
    patches += dict.fromkeys(cause.containerd for cause in because if cause.containerd)
    kubelet = {name: value for cause in because for name, value in cause.kubelet.items()}
    if kubelet:
        patch = {"kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", **kubelet}
        config.setdefault("kubeadmConfigPatches", []).append(yaml.safe_dump(patch, sort_keys=False))
