"""Taking away what was created, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from dev import (
    base_image,
    catalogue,
    catalogue_images,
    cluster,
    engine,
    engine_setup,
    images,
    packages,
    process,
    registry,
    state,
)
from dev.compose import Compose
from dev.errors import ImageError, WitwError
from dev.launch import VENV
from dev.load import in_cluster
from dev.settings import Settings


def everything(settings: Settings) -> Iterator[str]:
    """Remove the stack, its data and images, the caches, what was installed. Yields what is gone."""
    if engine_answers():
        yield from clusters(settings)
        yield from stack(settings)
        yield from our_images(settings)
        yield from our_engine()
    elif engine_setup.is_ours():
        # Nobody can say what it holds, but it came with us and does not even answer.
        engine.stop()
        yield from engine_setup.remove()
    if engine_setup.record() and not engine_setup.is_ours():
        # Only plugins for the client of somebody else's engine.
        yield from engine_setup.remove()
    if not engine_setup.is_ours():
        yield from (f"package {name}" for name in packages.remove_ours())
    for folder in (settings.cache_dir, VENV):
        if folder.exists():
            shutil.rmtree(folder)
            yield str(folder)


def clusters(settings: Settings) -> Iterator[str]:
    """The kind clusters of this checkout, the local registry, and the images that were built for them."""
    for name in cluster.names():
        if cluster.delete(name, settings):
            yield f"cluster {name}"
    yield from _registry(settings)
    for name in [*catalogue.load().images, in_cluster.IMAGE.name]:
        bundled = [catalogue_images.bundled_tag(name)] if name in catalogue.load().images else []
        for reference in [*catalogue_images.all_built(name), *bundled]:
            if process.run(["docker", "image", "rm", reference], check=False).ok:
                yield f"image {reference}"


def _registry(settings: Settings) -> Iterator[str]:
    """The registry, unless a cluster of another checkout with the same project fetches from it."""
    try:
        found = registry.find(settings)
    except ImageError as error:
        yield f"nothing of the registry: {error.message}"
        return
    if found and (others := cluster.users(found)):
        yield f"nothing of the registry: the clusters {', '.join(others)} of other checkouts use it"
        return
    yield from registry.remove(settings)


def engine_answers() -> bool:
    """Whether there is an engine that could hold anything of ours."""
    try:
        return engine.find() is not None
    except WitwError:
        return False


def stack(settings: Settings) -> Iterator[str]:
    """Containers, networks and volumes of the stack."""
    compose = Compose(settings)
    found = [str(container["Name"]).lstrip("/") for container in compose.containers()]
    volumes = _labelled("volume", settings.project)
    compose.down("--volumes", "--timeout=10")
    yield from (f"container {name}" for name in found)
    # Of services that compose.yaml no longer has.
    if left := _labelled("volume", settings.project):
        process.run(["docker", "volume", "rm", *left])
    yield from (f"volume {name}" for name in volumes)


def our_images(settings: Settings) -> Iterator[str]:
    """The images that were built and the base that was made here; a pulled one only if we pulled it."""
    compose = Compose(settings, {"COMPOSE_PROFILES": "*"})
    names = [image.name for image in images.declared(compose.config())]
    names += [str(reference) for reference in state.stamp("base").get("brought", [])]
    for name in names:
        if base_image.image_id(name) and process.run(["docker", "image", "rm", name], check=False).ok:
            yield f"image {name}"
    images.remove_superseded()


def our_engine() -> Iterator[str]:
    """The engine, when we installed it and nobody else keeps anything in it."""
    found = engine.find()
    if found is None or not found.ours:
        return
    others = {
        "containers": ["docker", "ps", "--all", "--quiet"],
        "images": ["docker", "image", "ls", "--quiet"],
        "volumes": ["docker", "volume", "ls", "--quiet"],
    }
    kept = [what for what, command in others.items() if process.run(command).stdout.strip()]
    if kept:
        yield f"nothing of the engine: it holds {', '.join(kept)} that are not of this stack"
        return
    engine.stop()
    yield from engine_setup.remove()


def _labelled(kind: str, project: str) -> list[str]:
    label = f"label=com.docker.compose.project={project}"
    return process.run(["docker", kind, "ls", "--quiet", "--filter", label]).stdout.split()
