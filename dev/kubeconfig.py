"""Kubeconfigs: where a context leads, and whether that is the cluster that is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from dev import process
from dev.errors import ClusterError, WitwError


def read(file: Path) -> dict[str, Any]:
    """What a kubeconfig holds.

    Raises:
        WitwError: There is no such file, or it is no YAML.
    """
    try:
        loaded = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise WitwError(
            f"{file} cannot be read: {error}", remedy="name another: --kubeconfig FILE"
        ) from error
    return loaded if isinstance(loaded, dict) else {}


def require_ours(name: str, file: Path) -> None:
    """See to it that the kubeconfig of a kind cluster leads to that cluster. No network is needed.

    Args:
        name: The cluster's.
        file: Its kubeconfig, which somebody may have changed.

    Raises:
        ClusterError: It leads elsewhere or nowhere, or the cluster has lost its node.
    """
    listens = _listens(name)
    try:
        points = _server(file, f"kind-{name}")
    except WitwError:
        points = ""
    if points != listens:
        raise ClusterError(
            f"{file} points to {points or 'nothing'}, but the cluster {name} is at {listens}; "
            "nothing was done",
            remedy=f"$(./witw toolchain kind --path) export kubeconfig --name {name} --kubeconfig {file}",
        )


def _server(file: Path, context: str) -> str:
    """The address of the API server that a context points to; empty when there is none."""
    config = read(file)

    def find(kind: str, name: object) -> dict[str, str]:
        entries = config.get(f"{kind}s") or []
        named = [item for item in entries if isinstance(item, dict) and item.get("name") == name]
        found: dict[str, object] = named[0] if named else {}
        inner = found.get(kind)
        return inner if isinstance(inner, dict) else {}

    return find("cluster", find("context", context).get("cluster")).get("server", "")


def _listens(name: str) -> str:
    """Where the API server of a kind cluster is reached on this machine, whether its node runs or not."""
    node = f"{name}-control-plane"
    form = "{{json .HostConfig.PortBindings}}"
    said = process.run(["docker", "container", "inspect", "--format", form, node], check=False)
    if not said.ok:
        raise ClusterError(
            f"the cluster {name} has lost its node {node}",
            details=said.stderr.strip(),
            remedy=f"./witw down --kind --purge --name {name}, then ./witw up --kind --name {name}",
        )
    binding = json.loads(said.stdout)["6443/tcp"][0]
    return f"https://{binding['HostIp']}:{binding['HostPort']}"
