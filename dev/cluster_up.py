"""`./witw up --kind`: the cluster with its registry, and our images in it."""

from __future__ import annotations

from rich.table import Table

from dev import cluster, console, images, process, registry, settings
from dev.base_image import image_id
from dev.cluster import Cluster
from dev.compose import Compose
from dev.errors import ImageError


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
    with report.stage("cluster") as stage:
        found, done = cluster.ensure(name, chosen, stage.say, workers=workers, encrypt=encrypt)
        said = f"{name}, {len(cluster.nodes(name))} nodes"
        stage.say(f"{done}: {said}") if done else stage.unchanged(said)
    with report.stage("push") as stage:
        pushed = push(chosen, found, [image.name for image in images.declared(compose.config())], stage)
    return found, pushed


def push(chosen: settings.Settings, found: Cluster, names: list[str], stage: console.Stage) -> dict[str, str]:
    """Push images into the local registry, side by side; those that are there are not sent again."""
    mirror = registry.find(chosen)
    if mirror is None:
        raise ImageError("the local registry is gone", remedy="./witw up --kind starts it")
    references: dict[str, str] = {}
    new = []

    def one(name: str) -> None:
        path = found.path(name.partition("/")[2].partition(":")[0])
        before = registry.known(mirror, registry.target(mirror, name, path))
        references[name] = registry.push(mirror, name, path)
        if not before:
            new.append(name)

    missing = [name for name in names if image_id(name) is None]
    process.side_by_side(*(lambda name=name: one(name) for name in names if name not in missing))
    stage.say(f"pushed {', '.join(sorted(new))}") if new else stage.unchanged(
        f"{len(references)} images there"
    )
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
