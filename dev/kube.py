"""Kubernetes' API, asked through kr8s: no process per question, and one connection that is kept."""

from __future__ import annotations

import functools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import httpx
import kr8s
from kr8s import _auth as kr8s_auth
from kr8s._async_utils import NamedTemporaryFile, as_sync_func
from kr8s.asyncio.objects import APIObject as AnyAPIObject
from kr8s.objects import (
    APIObject,
    DaemonSet,
    Deployment,
    Event,
    Job,
    Node,
    Pod,
    StatefulSet,
)

from dev.cluster import Cluster
from dev.errors import ClusterError

TIMEOUT = 20.0
"""Seconds for one answer of the API server."""

Object = dict[str, Any]
"""An object as the API gives it."""

Objects = list[Object]
Lines = list[str]

CLASSES = {
    kind.kind: kind for kind in (Node, Deployment, StatefulSet, DaemonSet, Job, Pod, Event)
}  # kr8s finds these without asking the API server for all that it knows


@functools.cache
def _credentials() -> tempfile.TemporaryDirectory[str]:
    """Where kr8s puts the keys and certificates that a kubeconfig holds; it goes with the process."""
    return tempfile.TemporaryDirectory(prefix="witw-")


def _temporary_file(**given: Any) -> Any:
    return NamedTemporaryFile(dir=_credentials().name, **given)


# kr8s leaves these files where everybody's are, for ever.
vars(kr8s_auth)["NamedTemporaryFile"] = _temporary_file


class NoAnswerError(ClusterError):
    """The API server is away, or refuses; it may come back."""


@dataclass(frozen=True)
class Kube:
    """One cluster, by a kubeconfig and a context in it. Nothing is asked before it is needed."""

    kubeconfig: Path
    context: str

    @cached_property
    def api(self) -> kr8s.Api:
        """kr8s's own client.

        Raises:
            ClusterError: There is no such context, or (`NoAnswerError`) the API server does not answer.
        """
        with _named(self.context), warnings.catch_warnings():
            # Newer than kr8s was tried with; only kinds that it has long known are used here.
            warnings.filterwarnings("ignore", message="Kubernetes version .* is not supported")
            api = kr8s.api(kubeconfig=str(self.kubeconfig), context=self.context)
        api.timeout = TIMEOUT
        return api

    def list(
        self, kind: str, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Objects:
        """All objects of a kind.

        Args:
            kind: As kubectl takes it; `Kind` of the ones that are waited for is quickest.
            namespace: Where; everywhere when empty.
            label_selector: Which, by labels.
            field_selector: Which, by fields.

        Raises:
            ClusterError: The API server does not answer, refuses, or knows no such kind.
        """
        known = CLASSES.get(kind)
        with _named(self.context):
            found = as_sync_func(_all)(
                self.api,
                known or kind,
                namespace=namespace or kr8s.ALL,
                label_selector=label_selector or None,
                field_selector=field_selector or None,
            )
            # In a list the objects themselves do not say what they are.
            default = {"kind": known.kind, "apiVersion": known.version} if known else {"kind": kind}
            return [{**default, **item} for item in found]

    def get(self, kind: str, name: str, namespace: str) -> APIObject:
        """One object, to be read, patched, scaled or deleted.

        Raises:
            ClusterError: There is none, or the API server does not answer.
        """
        with _named(self.context):
            found = next(self.api.get(CLASSES.get(kind, kind), name, namespace=namespace), None)
        if found is None:
            raise ClusterError(f"there is no {kind} {name} in namespace {namespace}")
        return cast(APIObject, found)

    def logs(
        self, pod: str, namespace: str, container: str, *, lines: int | None = None, previous: bool = False
    ) -> Lines:
        """The last lines that a container wrote; none when there are none to be had."""
        target = Pod({"metadata": {"name": pod, "namespace": namespace}}, api=self.api)
        try:
            return list(target.logs(container=container, previous=previous, tail_lines=lines))
        except (httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError, kr8s.NotFoundError, OSError):
            return []


def of(cluster: Cluster) -> Kube:
    """The API of a cluster of this checkout."""
    return Kube(cluster.kubeconfig, f"kind-{cluster.name}")


async def _all(api: kr8s.Api, kind: str | type[AnyAPIObject], **chosen: Any) -> Objects:
    """All objects in one go: kr8s's own way hands one after the other from thread to thread.

    Hundreds of events took a tenth of a second of a processor in that way, and a whole one where it was busy.
    """
    return [cast(Object, item) async for item in api.async_get(kind, raw=True, **chosen)]


@contextmanager
def _named(context: str) -> Iterator[None]:
    """Every way in which a question can go wrong, as our own error."""
    try:
        yield
    except (httpx.HTTPError, kr8s.ServerError, kr8s.APITimeoutError, OSError) as error:
        raise NoAnswerError(
            f"the API server of {context} does not answer as it should: {error or type(error).__name__}",
            remedy=f"see whether the cluster runs: kubectl --context {context} get --raw=/readyz",
        ) from error
    except ValueError as error:
        raise ClusterError(
            f"{context} cannot be asked: {error}", remedy="see `kubectl config get-contexts`"
        ) from error
