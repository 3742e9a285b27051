"""Where a deployment goes: one context of one kubeconfig, ours or one that was named."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from dev import process, toolchain
from dev.cluster import Cluster
from dev.errors import ClusterError, WitwError
from dev.kube import Kube
from dev.settings import Settings

DEFAULT_KUBECONFIG = Path("~/.kube/config")


@dataclass(frozen=True)
class Target:
    """A cluster, by kubeconfig and context.

    Args:
        cluster: The cluster of this checkout that it is; None for any other.
    """

    kubeconfig: Path
    context: str
    kubectl: Path
    helm: Path
    cluster: Cluster | None = None

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return f"cluster {self.cluster.name}" if self.cluster else f"context {self.context}"

    @property
    def ours(self) -> Cluster:
        """The cluster of this checkout that it is; for code that deals with no other."""
        if self.cluster is None:
            raise TypeError(f"{self.name} is not ours")
        return self.cluster

    @cached_property
    def kube(self) -> Kube:
        """Its API."""
        return Kube(self.kubeconfig, self.context)

    def run_kubectl(
        self, *arguments: str, stdin: str | None = None, timeout: float = 60, check: bool = True
    ) -> process.Result:
        """Run kubectl on it and nowhere else, whatever the user's own configuration says."""
        options = [f"--kubeconfig={self.kubeconfig}", f"--context={self.context}"]
        return process.run(
            [str(self.kubectl), *options, *arguments], stdin=stdin, timeout=timeout, check=check
        )

    def run_helm(
        self, *arguments: str, stdin: str | None = None, timeout: float = 60, check: bool = True
    ) -> process.Result:
        """Run Helm on it."""
        options = [f"--kubeconfig={self.kubeconfig}", f"--kube-context={self.context}"]
        return process.run([str(self.helm), *arguments, *options], stdin=stdin, timeout=timeout, check=check)


def of_cluster(cluster: Cluster, settings: Settings) -> Target:
    """A cluster of this checkout.

    Raises:
        ClusterError: Its kubeconfig was changed and points elsewhere.
    """
    context = f"kind-{cluster.name}"
    points, listens = _server(cluster.kubeconfig, context), _listens(cluster)
    if points != listens:
        raise ClusterError(
            f"{cluster.kubeconfig} points to {points or 'nothing'}, but the cluster {cluster.name} is at "
            f"{listens}; nothing was done",
            remedy=f"kind export kubeconfig --name {cluster.name} --kubeconfig {cluster.kubeconfig}",
        )
    helm = toolchain.ensure("helm", settings)
    return Target(cluster.kubeconfig, context, cluster.kubectl, helm, cluster)


def of_context(context: str, kubeconfig: Path | None, settings: Settings) -> Target:
    """A cluster that was named, by a context of the user's kubeconfig or of another.

    Raises:
        WitwError: There is no such file or context.
    """
    file = kubeconfig or Path(os.environ.get("KUBECONFIG") or DEFAULT_KUBECONFIG.expanduser())
    if not file.is_file():
        raise WitwError(
            f"there is no kubeconfig {file}", remedy="name it: --kubeconfig FILE (one file, not a list)"
        )
    known = sorted(str(item["name"]) for item in _read(file).get("contexts") or [])
    if context not in known:
        raise WitwError(
            f"{file} has no context {context}",
            remedy="its contexts are: " + (", ".join(known) or "none"),
        )
    kubectl, helm = (toolchain.ensure(name, settings) for name in ("kubectl", "helm"))
    return Target(file.absolute(), context, kubectl, helm)


def _read(file: Path) -> dict[str, list[dict[str, object]]]:
    try:
        loaded = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise WitwError(
            f"{file} cannot be read: {error}", remedy="name another: --kubeconfig FILE"
        ) from error
    return loaded if isinstance(loaded, dict) else {}


def _server(file: Path, context: str) -> str:
    """The address of the API server that a context points to; empty when there is none."""
    config = _read(file)

    def find(kind: str, name: object) -> dict[str, str]:
        found = next((item for item in config.get(f"{kind}s") or [] if item["name"] == name), {})
        inner = found.get(kind)
        return inner if isinstance(inner, dict) else {}

    return find("cluster", find("context", context).get("cluster")).get("server", "")


def _listens(cluster: Cluster) -> str:
    """Where the API server of a kind cluster is reached on this machine."""
    form = "{{json .HostConfig.PortBindings}}"
    said = process.run(
        ["docker", "container", "inspect", "--format", form, cluster.control_plane], check=False
    )
    if not said.ok:
        raise ClusterError(
            f"the cluster {cluster.name} has lost its node {cluster.control_plane}",
            remedy=f"./witw up --kind --name {cluster.name} makes it anew",
        )
    binding = json.loads(said.stdout)["6443/tcp"][0]
    return f"https://{binding['HostIp']}:{binding['HostPort']}"
