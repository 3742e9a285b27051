"""The catalogue's images: pulled where a registry answers, else built from dev/images/ and the Go modules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import base_image, build_context, catalogue, disk, go_modules, process, programs, state
from dev.base_image import Say
from dev.errors import ImageError, ProcessError
from dev.settings import ROOT, Settings

FOLDER = ROOT / "dev" / "images"

BUILD_TIMEOUT = 1800.0

LABEL = "witw.content"
"""Carries the hash of what an image was built from."""

STAMP = "catalogue-images"
"""Remembers what this checkout built: another may still need its own."""

PULLED, BUILT, BUNDLED = "pulled", "built here", "from a bundle"


@dataclass(frozen=True)
class Found:
    """An image that the engine has."""

    name: str
    reference: str
    origin: str


def references(name: str, settings: Settings) -> tuple[str, str]:
    """Under which names an image is pulled and built; the second follows what it is built from."""
    reference = catalogue.load().images[name].reference
    pulled = catalogue.mirrored(reference, settings.mirror) if reference else ""
    return pulled, f"witw/{name}:{_version(name)}-{content(name)[:12]}"


def bundled_tag(name: str) -> str:
    """The name of the pinned image when it came with a bundle, where digests of registries are lost."""
    return f"witw/{name}:bundle-{state.digest(catalogue.load().images[name].reference)[:12]}"


def content(name: str) -> str:
    """A hash of all that an image is built from, but for the base image: any of them will do."""
    image = catalogue.load().images[name]
    keys = [programs.key(go_modules.load(module)) for module in image.programs]
    # A field that an image has no use for takes no part, so that adding one makes no image anew.
    recipe = image.model_dump_json(exclude=None if image.on else {"on"})
    if image.on:
        keys.append(content(image.on))
    return build_context.content_hash(FOLDER / name, FOLDER / name / "Dockerfile", name, *keys, recipe)


def find(name: str, settings: Settings) -> Found | None:
    """The image, if the engine has it already."""
    pulled, built = references(name, settings)
    if settings.pull != "never" and pulled and base_image.image_id(pulled):
        return Found(name, pulled, PULLED)
    # One of ours cannot be pulled.
    built_serves = settings.pull != "always" or not pulled
    if built_serves and base_image.image_id(bundled := bundled_tag(name)):
        return Found(name, bundled, BUNDLED)
    if built_serves and base_image.image_id(built):
        return Found(name, built, BUILT)
    return None


def ensure(name: str, settings: Settings, say: Say) -> Found:
    """See to it that the engine has an image.

    Raises:
        ImageError: It could be neither pulled nor built.
    """
    if (found := find(name, settings)) is not None:
        return found
    why = "pulling is switched off"
    if not catalogue.load().images[name].reference:
        why = "it is one of ours"
    elif settings.pull != "never":
        if not (why := pull(name, settings, say)):
            return Found(name, references(name, settings)[0], PULLED)
        if settings.pull == "always" or settings.mirror:
            raise ImageError(
                f"{references(name, settings)[0]} could not be pulled",
                details=why,
                remedy="see the line above; choose another registry with --mirror HOST:PORT, or let "
                "`--pull auto` without a mirror build it here",
            )
    say(f"building {name}: {why}")
    return build(name, settings, say)


def pull(name: str, settings: Settings, say: Say) -> str:
    """Pull an image; in `auto` its registry has to answer quickly. Returns why it did not work."""
    reference = references(name, settings)[0]
    say(f"pulling {reference}")
    return base_image.pull(reference, probe=settings.pull == "auto")


def build(name: str, settings: Settings, say: Say) -> Found:
    """Build an image, its programs first.

    Raises:
        ImageError: The build failed; the end of its output comes with the error.
    """
    image = catalogue.load().images[name]
    contexts = {}
    for module in image.programs:
        paths = programs.ensure(module, cache=settings.cache_dir, system="linux", say=say)
        contexts[module] = next(iter(paths.values())).parent
    for context, folder in image.sources.items():
        contexts[context] = _source(folder, image.programs, settings.cache_dir)
    base, _ = base_image.ensure(settings, say)
    arguments = {"BASE_IMAGE": base, "VERSION": _version(name)}
    if image.on:
        arguments["ON_IMAGE"] = ensure(image.on, settings, say).reference
    reference = references(name, settings)[1]
    try:
        process.run(
            ["docker", "buildx", "build", "--progress=plain", "--load", "--tag", reference,
             f"--label={LABEL}={content(name)}",
             *(f"--build-arg={argument}={value}" for argument, value in arguments.items()),
             *(f"--build-context={context}={path}" for context, path in contexts.items()),
             str(FOLDER / name)],
            timeout=BUILD_TIMEOUT,
            on_line=lambda line: say(line.strip()),
        )  # fmt: skip
    except ProcessError as error:
        raise ImageError(
            f"the image {name} could not be built",
            details=error.tail(30),
            remedy=disk.remedy(
                error.details,
                "see the lines above; what was built is kept, so run this again. Packages that "
                "cannot be fetched: `./witw doctor` looks at network, proxy and certificates",
                disk.places(settings.cache_dir),
            ),
        ) from error
    state.add_to_stamp(STAMP, "references", [reference])
    return Found(name, reference, BUILT)


def remove_superseded(settings: Settings) -> list[str]:
    """Remove what this checkout built of earlier contents and no container uses; returns what is gone."""
    current = {references(name, settings)[1] for name in catalogue.load().images}
    gone = [
        one
        for one in _remembered()
        # Without --force Docker keeps what a container uses.
        if one not in current
        and (process.run(["docker", "image", "rm", one], check=False).ok or base_image.image_id(one) is None)
    ]
    if gone:
        state.set_stamp(STAMP, references=[one for one in _remembered() if one not in gone])
    return gone


def _remembered() -> list[str]:
    return list(state.stamp(STAMP).get("references", []))


def all_built(name: str) -> list[str]:
    """Every version of an image that was built here and is still with the engine."""
    form = "--format={{.Repository}}:{{.Tag}}"
    return process.run(
        ["docker", "image", "ls", form, f"--filter=label={LABEL}", f"witw/{name}"]
    ).stdout.split()


def problem(found: Found) -> str:
    """What is wrong with an image that the engine has; empty when it is what the catalogue says."""
    if found.origin == BUNDLED:
        return ""  # its bundle was checked as a whole when it was loaded
    facts = json.loads(process.run(["docker", "image", "inspect", found.reference]).stdout)[0]
    if found.origin == BUILT:
        label = (facts["Config"].get("Labels") or {}).get(LABEL, "")
        expected = content(found.name)
        return (
            "" if label == expected else f"was built from {label or 'something unknown'}, not from {expected}"
        )
    if not (expected := found.reference.partition("@")[2]):
        return ""  # the catalogue says why it has no digest
    digests = [digest.partition("@")[2] for digest in facts.get("RepoDigests") or []]
    return (
        ""
        if expected in digests
        else f"has the digest {', '.join(digests) or 'of no registry'}, not {expected}"
    )


def all_programs(cache: Path) -> Iterator[programs.Program]:
    """Every program that takes part in an image or runs on this machine."""
    for module in go_modules.load_all():
        yield from programs.find(module.name, cache)


def _version(name: str) -> str:
    image = catalogue.load().images[name]
    if "{" not in image.version:
        return image.version
    for module in map(go_modules.load, image.programs):
        try:
            return module.fill(image.version)
        except KeyError:
            continue
    raise KeyError(f"no go.mod of {name} knows {image.version}")


def _source(folder: str, modules: list[str], cache: Path) -> Path:
    for module in modules:
        if any(folder.startswith(f"{path}/") for path in go_modules.load(module).versions):
            return programs.source(folder, module, cache)
    raise KeyError(f"no go.mod among {', '.join(modules)} knows the module of {folder}")
