"""Where a deployment goes: one context of one kubeconfig, ours or one that was named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dev import kubeconfig as kubeconfig_of
from dev import process, toolchain
from dev.cluster import Cluster
from dev.errors import WitwError
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
    """A cluster of this checkout, which was found to be the one that its kubeconfig leads to."""
    context = f"kind-{cluster.name}"
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
    known = sorted(str(item["name"]) for item in kubeconfig_of.read(file).get("contexts") or [])
    if context not in known:
        raise WitwError(
            f"{file} has no context {context}",
            remedy="its contexts are: " + (", ".join(known) or "none"),
        )
    kubectl, helm = (toolchain.ensure(name, settings) for name in ("kubectl", "helm"))
    return Target(file.absolute(), context, kubectl, helm)
