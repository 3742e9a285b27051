"""The layers that stand around the app in a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dev import suggest
from dev.errors import WitwError


@dataclass(frozen=True)
class Layer:
    """One piece of the platform.

    Its releases stand in dev/platform/helmfile.yaml, with its name as their label `layer`.

    Args:
        about: What it is, for `--help`.
        namespace: Where it runs.
        images: What it runs, by the names of compose.yaml's images or of the catalogue.
        charts: Charts of others that it is installed by, see dev/charts.py.
        needs: Layers that it cannot do without.
        always: Whether the app cannot do without it.
        security: The Pod Security Standard that its namespace enforces.
        page: Path of its page at the internal gateway, if it has one.
    """

    about: str
    namespace: str
    images: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    always: bool = False
    security: str = "restricted"
    page: str = ""


LAYERS = {
    "gateway": Layer(
        "the way in: Envoy Gateway with our Envoy, public and internal",
        "gateway",
        images=("gateway", "envoy-gateway"),
        charts=("gateway-helm",),
        always=True,
    ),
    "cdn": Layer("a cache before the app's static files", "cdn", images=("cdn",), needs=("gateway",)),
    "postgres": Layer(
        "PostgreSQL with its pooler and their metrics",
        "postgres",
        images=("postgres", "pgpool", "postgres-exporter", "pgpool-exporter"),
        always=True,
    ),
    "metrics": Layer(
        "what the cluster and the app measure: the metrics API, Prometheus with alerts",
        "metrics",
        images=("metrics-server", "kube-state-metrics", "prometheus"),
        page="/prometheus/",
    ),
    "autoscaling": Layer(
        "as many pods of the app as its load asks for: KEDA",
        "autoscaling",
        images=("keda", "keda-adapter", "keda-webhooks"),
        charts=("keda",),
        needs=("metrics",),
    ),
}
"""A new layer: an entry here, a release with its label in helmfile.yaml, a file in dev/platform/values."""

APP = Layer("the app itself", "witw", images=("app",))


def choose(wanted: Iterable[str] = ()) -> list[str]:
    """The layers to install: those that are wanted, what they need, and what the app needs.

    Raises:
        WitwError: One is unknown; the one that was meant is named.
    """
    names = list(wanted)
    if problems := [suggest.unknown("layer", name, LAYERS) for name in names if name not in LAYERS]:
        raise WitwError(
            "; ".join(problems),
            remedy="the layers are: " + ", ".join(f"{n} ({x.about})" for n, x in LAYERS.items()),
        )
    todo = [*(name for name, layer in LAYERS.items() if layer.always), *names]
    chosen: set[str] = set()
    while todo:
        if (name := todo.pop()) not in chosen:
            chosen.add(name)
            todo += LAYERS[name].needs
    return [name for name in LAYERS if name in chosen]


def split(text: str) -> list[str]:
    """The names in an option such as `metrics,cdn`."""
    return [name.strip() for name in text.split(",") if name.strip()]


def get(name: str) -> Layer:
    """A layer, or the app, by the label of its releases."""
    return APP if name == "app" else LAYERS[name]
