"""What will have to be compiled, begun ahead of its need, beside whatever else is being made.

Whoever needs a program asks `programs.ensure` as ever and waits there for the build that is under way.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from dev import base_image, catalogue, catalogue_images, console, programs, toolchain
from dev.settings import Settings

CLUSTER_IMAGES = ("registry", "node")

CLUSTER_TOOLS = ("kind", "kubectl", "helm", "helmfile", "helm-diff")


def prefetch(
    settings: Settings,
    report: console.Report,
    images: Iterable[str] = CLUSTER_IMAGES,
    tools: Iterable[str] = CLUSTER_TOOLS,
) -> None:
    """Build the programs that images and tools of the catalogue need, one go.mod after the other.

    No engine is needed. Where everything is here, or will be pulled, this does and shows nothing.

    Args:
        settings: Say what is pulled and what is built.
        report: Gets a stage for each go.mod.
        images: In the order of their need; those that are not in the catalogue are left out.
        tools: Programs that run on this machine.

    Raises:
        ImageError: A build failed.
        HostError: There is no room for it, or no Go.
    """
    for module in modules(settings, images, tools):
        with report.stage(f"go {module}") as stage:
            found = programs.ensure(module, cache=settings.cache_dir, system="linux", say=stage.say)
            stage.say(f"built {', '.join(sorted(found))}")


def modules(settings: Settings, images: Iterable[str], tools: Iterable[str]) -> list[str]:
    """The go.mods whose programs have to be built here, in the order of their need."""
    wanted = [*_of_images(settings, images), *_of_tools(settings, tools)]
    return [module for module in dict.fromkeys(wanted) if not _is_built(module, settings)]


def _of_images(settings: Settings, names: Iterable[str]) -> Iterator[str]:
    known = catalogue.load().images
    for image in (known[name] for name in names if name in known):
        source = known[image.on] if image.on else image
        here = all(_is_built(module, settings) for module in source.programs)
        if not here and _has_to_be_built(source, settings):
            yield from source.programs


def _has_to_be_built(image: catalogue.Image, settings: Settings) -> bool:
    if settings.pull == "always" or settings.mirror:
        return False
    name = next(name for name, other in catalogue.load().images.items() if other is image)
    # A machine that has no engine yet has no image either.
    if shutil.which("docker") and catalogue_images.find(name, settings) is not None:
        return False
    return settings.pull == "never" or not _answers(base_image.registry_of(image.reference))


def _of_tools(settings: Settings, names: Iterable[str]) -> Iterator[str]:
    known = catalogue.load().tools
    for name in names:
        if settings.pull == "always" or toolchain.find(name, settings) is not None:
            continue
        if settings.pull == "never" or not _answers(str(urlsplit(known[name].url).hostname)):
            yield known[name].module


def _is_built(module: str, settings: Settings) -> bool:
    return all(program.exists for program in programs.find(module, settings.cache_dir, "linux"))


@functools.cache
def _answers(host: str) -> bool:
    return base_image.answers(host)
