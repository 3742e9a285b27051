"""The number of the app's pods, handed from its chart to the layer that decides about it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable

from dev import layers
from dev.target import Target

LAYER, MANAGER = "autoscaling", "witw-autoscaling"

NAME = "witw"


def before(to: Target, wanted: Iterable[str]) -> Callable[[], None] | None:
    """What is to be done before the releases are touched; None where nothing scales the app."""
    return functools.partial(keep_replicas, to) if LAYER in wanted else None


def keep_replicas(to: Target) -> None:
    """Let the app's Deployment keep its number of pods when its chart ceases to say one.

    Helm takes away what it alone has set, and without a number Kubernetes goes back to one pod until the
    autoscaler looks. So another manager sets the same number beside Helm.
    """
    for found in to.kube.list("Deployment", layers.APP.namespace):
        metadata, replicas = found["metadata"], found["spec"].get("replicas")
        if metadata["name"] == NAME and _helm_owns_it(metadata):
            mine = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": NAME, "namespace": metadata["namespace"]},
                "spec": {"replicas": replicas},
            }
            options = ("--server-side", f"--field-manager={MANAGER}", "--force-conflicts", "--filename=-")
            to.run_kubectl("apply", *options, stdin=json.dumps(mine))


def _helm_owns_it(metadata: dict[str, object]) -> bool:
    """Whether it was Helm that has said how many."""
    entries = metadata.get("managedFields")
    return isinstance(entries, list) and any(
        entry.get("manager") == "helm" and "f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {})
        for entry in entries
    )
