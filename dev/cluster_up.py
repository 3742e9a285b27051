"""`./witw up --kind`: the cluster with its registry, and our images in it."""

from __future__ import annotations

import functools

from rich.table import Table

from dev import cluster, console, images, kube, process, registry, settings, waits
from dev.cluster import Cluster
from dev.compose import Compose
from dev.registry import Registry

OWN = ("kube-system", "local-path-storage")
"""Namespaces of what the cluster itself runs."""

READY_TIMEOUT = 180.0
"""Seconds for what the cluster itself runs; 15 are usual."""


def bring_up(
    chosen: settings.Settings,
    compose: Compose,
    report: console.Report,
    *,
    name: str,
    workers: int,
    encrypt: tuple[str, ...],
) -> tuple[Cluster, dict[str, str]]:
    """Cluster and images, once the engine and our images are there.

    Returns:
        The cluster, and the reference by digest of each of our images.
    """
    with report.stage("registry") as stage:
        mirror, done = registry.ensure(chosen, stage.say)
        stage.say(done) if done else stage.unchanged(mirror.name)
    made: list[Cluster] = []
    references: dict[str, str] = {}

    def make_cluster() -> None:
        with report.stage("cluster") as stage:
            found, done = cluster.ensure(name, chosen, stage.say, workers=workers, encrypt=encrypt)
            said = f"{name}, nodes: {len(cluster.nodes(name))}"
            stage.say(f"{done}: {said}") if done else stage.unchanged(said)
            made.append(found)

    def push_images() -> None:
        with report.stage("push") as stage:
            ours = [image.name for image in images.declared(compose.config())]
            references.update(push(mirror, name, ours, stage))

    process.side_by_side(make_cluster, push_images)
    with report.stage("ready") as stage:
        seconds = waits.until_ready(kube.of(made[0]), namespaces=OWN, timeout=READY_TIMEOUT, stage=stage)
        stage.unchanged(f"nodes and all pods, after {seconds:.0f} s")
    return made[0], references


def push(mirror: Registry, cluster_name: str, names: list[str], stage: console.Stage) -> dict[str, str]:
    """Push images into the local registry, side by side; those that are there are not sent again."""
    references: dict[str, str] = {}
    new: list[str] = []

    def one(name: str) -> None:
        path = f"{cluster_name}/{name.partition('/')[2].partition(':')[0]}"
        if not registry.known(mirror, registry.target(mirror, name, path)):
            new.append(name)
        references[name] = registry.push(mirror, name, path)

    process.side_by_side(*(functools.partial(one, name) for name in names))
    if new:
        stage.say(f"pushed {', '.join(sorted(new))}")
    else:
        stage.unchanged(f"{len(references)} images are there")
    return references


def describe(found: Cluster, references: dict[str, str]) -> Table:
    """What was made and how it is reached."""
    table = Table("what", "where", show_header=False)
    table.add_row("kubectl", f"./witw kubectl{'' if found.name == 'witw' else f' --name {found.name}'}")
    table.add_row("kubeconfig", str(found.kubeconfig))
    table.add_row("public port", str(found.ports.public))
    table.add_row("internal port", str(found.ports.internal))
    table.add_row("registry", f"localhost:{found.ports.registry}")
    for name, reference in sorted(references.items()):
        table.add_row(name, reference)
    return table
