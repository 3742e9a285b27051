"""The engine's images in a bundle: what is carried, what fits this checkout, and how it is taken in.

They travel under names of the bundle's own, so that an image that does not fit replaces nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from dev import base_image, catalogue, catalogue_images, images, process, state
from dev.base_image import Say, image_id
from dev.bundle_file import CHUNK
from dev.compose import Compose
from dev.errors import BundleError, ProcessError
from dev.settings import Settings

REPOSITORY = "witw/bundle"
"""The name under which images travel; the tag says which each is."""

BASE, OURS, CATALOGUE = "base", "ours", "catalogue"


@dataclass(frozen=True)
class Carried:
    """An image in a bundle."""

    tag: str
    kind: str
    name: str
    """What the engine that loads it will know it by."""
    content: str
    """A hash of what one of ours was made from; the names of the others say it."""
    id: str

    @property
    def travels_as(self) -> str:
        return f"{REPOSITORY}:{self.tag}"


@dataclass(frozen=True)
class Selection:
    """The images of a bundle, and the base image that ours were built on."""

    carried: list[Carried]
    base: str
    base_id: str

    def facts(self) -> dict[str, Any]:
        """For the list of the bundle."""
        return asdict(self)


def from_facts(facts: dict[str, Any]) -> Selection:
    """What the list of a bundle says about its images."""
    return Selection([Carried(**item) for item in facts["carried"]], facts["base"], facts["base_id"])


def select(chosen: Settings, say: Say, *, kind: bool) -> Selection:
    """See to it that the engine has all images that a bundle should carry; what is missing is made first.

    Raises:
        ImageError: One could be neither pulled nor built.
    """
    base, _ = base_image.ensure(chosen, say)
    base_id = image_id(base) or base
    compose = compose_of(chosen, base)
    images.build(compose, base, say)
    kept = base if base == base_image.own_tag() else base_image.bundled_tag(chosen)
    carried = [Carried("base", BASE, kept, "", base_id)]
    carried += [
        Carried(_tag(image.name), OURS, image.name, image.content(base_id), image_id(image.name) or "")
        for image in images.declared(compose.config())
    ]
    for name in catalogue.load().images if kind else ():
        found = catalogue_images.ensure(name, chosen, say)
        built = found.origin == catalogue_images.BUILT
        kept = found.reference if built else catalogue_images.bundled_tag(name)
        carried.append(Carried(name, CATALOGUE, kept, "", image_id(found.reference) or ""))
    return Selection(carried, base, base_id)


def compose_of(chosen: Settings, base: str) -> Compose:
    """All services, those of every profile too: the tests use them."""
    return Compose(chosen, images.build_environment(chosen, base) | {"COMPOSE_PROFILES": "*"})


def sizes(selection: Selection) -> int:
    """Bytes of all images as the engine counts them; layers that they share are counted for each."""
    form = "--format={{.Size}}"
    ids = [image.id for image in selection.carried]
    return sum(map(int, process.run(["docker", "image", "inspect", form, *ids]).stdout.split()))


def save(selection: Selection) -> Iterator[bytes]:
    """All images as one stream, in the engine's own format; layers that they share are in it once."""
    try:
        for image in selection.carried:
            process.run(["docker", "tag", image.id, image.travels_as])
        with process.piped(["docker", "save", *(image.travels_as for image in selection.carried)]) as stream:
            yield from iter(functools.partial(stream.read, CHUNK), b"")
    finally:
        _forget_names(selection)


def fits(image: Carried, selection: Selection, chosen: Settings) -> bool:
    """Whether an image is what this checkout would make or pull itself."""
    if image.kind == BASE:
        return image.name in (base_image.own_tag(), base_image.bundled_tag(chosen))
    if image.kind == CATALOGUE:
        if image.tag not in catalogue.load().images:
            return False
        built = catalogue_images.references(image.tag, chosen)[1]
        return image.name in (built, catalogue_images.bundled_tag(image.tag))
    return image.content == _contents(selection, chosen).get(image.name)


def is_here(image: Carried) -> bool:
    """Whether the engine has an image of the bundle already, under its name."""
    return image_id(image.name) == image.id


def load(selection: Selection, fitting: list[Carried], stream: Iterable[bytes]) -> None:
    """Give the engine the images, and those that fit their names.

    Raises:
        BundleError: The engine does not take them.
    """
    try:
        with process.piped(["docker", "load", "--quiet"], into=True) as pipe:
            for data in stream:
                pipe.write(data)
        for image in fitting:
            process.run(["docker", "tag", image.travels_as, image.name])
    except ProcessError as error:
        raise BundleError(
            "the engine does not take the images of the bundle",
            details=error.tail(),
            remedy="see the line above; most often its disk is full (`docker system df`). The file is whole",
        ) from error
    finally:
        _forget_names(selection)


def stamp(selection: Selection, fitting: list[Carried], chosen: Settings) -> None:
    """Let later runs know that these images are made from what is here."""
    if base := next((image for image in fitting if image.kind == BASE), None):
        base_image.remember(base.name)
    here = base_image.present(chosen)
    if here is None:
        return
    here_id = image_id(here) or here
    names = {image.name for image in fitting if image.kind == OURS}
    for image in images.declared(compose_of(chosen, here).config()):
        if image.name in names:
            state.set_stamp(image.stamp, content=image.content(here_id), id=image_id(image.name))


def _contents(selection: Selection, chosen: Settings) -> dict[str, str]:
    """What each of our images would be made from in this checkout on the bundle's base image."""
    compose = compose_of(chosen, selection.base)
    return {image.name: image.content(selection.base_id) for image in images.declared(compose.config())}


def _forget_names(selection: Selection) -> None:
    process.run(["docker", "image", "rm", *(image.travels_as for image in selection.carried)], check=False)


def _tag(name: str) -> str:
    return "ours-" + name.replace("/", "-").replace(":", "-")
