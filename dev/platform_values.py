"""What helmfile is told of a cluster of ours: layers, images by digest, ports and the app's size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dev import cluster, cluster_config, layers, state
from dev.cluster import Cluster
from dev.settings import Settings

SPARE = 8
"""Sessions besides the app's, as dev/images/shared/pool-size has it."""


def file(name: str) -> Path:
    """The file, which helmfile's environment `local` reads."""
    return cluster.folder_of(name) / "platform.yaml"


def known(name: str) -> dict[str, Any]:
    """What was written last; nothing when there is none."""
    try:
        loaded = yaml.safe_load(file(name).read_text())
    except (OSError, yaml.YAMLError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def chosen_layers(name: str, wanted: Iterable[str] = ()) -> list[str]:
    """The layers of a cluster: those that were installed before stay."""
    before = [layer for layer, there in known(name).get("layers", {}).items() if there]
    return layers.choose([*(layer for layer in before if layer in layers.LAYERS), *wanted])


def write(
    found: Cluster, settings: Settings, chosen: Iterable[str], images: Mapping[str, str]
) -> dict[str, Any]:
    """Write what helmfile needs to know; returns it."""
    enabled = set(chosen)
    values = {
        "layers": {name: name in enabled for name in layers.LAYERS},
        "images": dict(sorted(images.items())),
        "public_url": public_url(found, settings),
        "node_ports": {
            "public": cluster_config.PUBLIC_NODE_PORT,
            "internal": cluster_config.INTERNAL_NODE_PORT,
        },
        "size": size(settings, scaled="autoscaling" in enabled),
    }
    text = yaml.safe_dump(values, sort_keys=False)
    if not file(found.name).exists() or file(found.name).read_text() != text:
        state.write(file(found.name), text)
    return values


def public_url(found: Cluster, settings: Settings) -> str:
    """Where people reach the app."""
    return settings.model_copy(update={"port": found.ports.public}).url


def internal_url(found: Cluster) -> str:
    """Where health, metrics and the admin are."""
    return f"http://localhost:{found.ports.internal}"


def pages(found: Cluster) -> dict[str, str]:
    """Where the layers of a cluster show something, by their names."""
    installed = {name: layers.LAYERS[name].page for name in chosen_layers(found.name)}
    return {name: internal_url(found) + page for name, page in installed.items() if page}


def size(settings: Settings, *, scaled: bool = False) -> dict[str, int]:
    """How big the app is, and the sessions that it may take of the pooler.

    All pods may be replaced at once, so in an update there are as many new ones as `surge` besides the old
    ones, and as many that drain.

    Args:
        settings: Of this checkout.
        scaled: Whether something decides how many pods there are; there may be `most` then.
    """
    replicas, workers, threads = settings.app_replicas, settings.web_workers, settings.web_threads
    most = max(replicas, settings.app_most_replicas) if scaled else replicas
    return {
        "replicas": replicas,
        "most": most,
        "surge": replicas,
        "workers": workers,
        "threads": threads,
        "sessions": (most + 2 * replicas) * workers * (threads + 1) + SPARE,
    }
