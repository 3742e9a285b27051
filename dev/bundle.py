"""A bundle: one file that brings everything to a machine without network.

`bundle_file` knows the format, `bundle_images` the engine's part, `bundle_contents` programs and charts,
`wheels` the Python packages. This module puts them together, in both directions.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from dev import (
    base_image,
    bundle_contents,
    bundle_file,
    bundle_images,
    catalogue,
    catalogue_images,
    console,
    engine,
    host,
    images,
    npm_packages,
    process,
    wheels,
)
from dev.bundle_file import Bundle, Member, Writer
from dev.bundle_images import Carried
from dev.errors import BundleError, HostError, ProcessError
from dev.settings import ROOT, Settings

LEVEL = 3
"""Of compression: 6 would take three times as long for 5 % less."""

IMAGES_MEMBER = "images.tar.zst"
MIB = 1024 * 1024

DISK_SPARE = 512 * MIB


@dataclass(frozen=True)
class Loaded:
    """What came of a bundle."""

    fitting: list[Carried]
    others: list[Carried]
    missing: list[str]
    wheels: bool


def save(path: Path, chosen: Settings, report: console.Report, *, kind: bool) -> Bundle:
    """Write a bundle of everything that this checkout needs; what is missing is made first.

    Raises:
        HostError: There is no room for it.
        ImageError: Something could be neither fetched nor built.
    """
    with report.stage("engine") as stage:
        found, done = engine.ensure(chosen)
        said = f"Docker {found.version} at {found.endpoint}"
        stage.say(f"{done}: {said}") if done else stage.unchanged(said)
    with report.stage("wheels") as stage:
        packages = wheels.collect(chosen.cache_dir, stage.say)
        stage.say(f"{len(packages)} Python packages for {bundle_file.this_python()}")
    with report.stage("npm packages") as stage:
        node_packages = npm_packages.collect(chosen.cache_dir, packages, stage.say)
        stage.say(f"{len(node_packages)} packages of the front end")
    with report.stage("programs") as stage:
        files = bundle_contents.select(chosen, stage.say, kind=kind)
        stage.say(f"{len(files)} files of programs and charts")
    with report.stage("images") as stage:
        selection = bundle_images.select(chosen, stage.say, kind=kind)
        stage.say(", ".join(image.name for image in selection.carried))
    sources = [*packages, *files.values()]
    # Images shrink to less than half, and some of their layers are counted more than once here.
    needed = sum(file.stat().st_size for file in sources) + bundle_images.sizes(selection) // 2
    _require_room(path.parent, needed, "the bundle")
    with report.stage("write") as stage, Writer(path) as writer:
        progress = _Progress(stage, "")
        writer.tell(
            checkout=_commit(),
            machine=platform.machine(),
            python=bundle_file.this_python(),
            requirements=wheels.checksums(),
            images=selection.facts(),
            kind=kind,
        )
        for file in packages:
            progress.name = file.name
            writer.add(f"{bundle_file.WHEELS}/{file.name}", bundle_file.WHEEL, _read(file), on_bytes=progress)
        for name, file in files.items():
            progress.name, mode = file.name, file.stat().st_mode & 0o777
            writer.add(name, bundle_file.FILE, _read(file), pack=compress, mode=mode, on_bytes=progress)
        progress.name = "images"
        source = bundle_images.save(selection)
        writer.add(IMAGES_MEMBER, bundle_file.IMAGES, source, pack=compress, on_bytes=progress)
        stage.say(f"{progress.done // MIB:,} MiB read")
    return bundle_file.open_bundle(path)


def load(path: Path, chosen: Settings, report: console.Report) -> Loaded:
    """Take in a bundle: all of it is read and compared first, and only then is anything put in its place.

    Raises:
        BundleError: It is damaged, cut off, or of another kind of machine.
        HostError: There is no room for it.
    """
    bundle = bundle_file.open_bundle(path)
    if bundle.facts["machine"] != platform.machine():
        raise BundleError(
            f"{path} is for {bundle.facts['machine']}, this machine is {platform.machine()}",
            remedy="save one on a machine like this",
        )
    with report.stage("verify") as stage:
        bundle.verify(_Progress(stage, "compared", sum(member.size for member in bundle.members)))
        stage.say(f"{path.stat().st_size // MIB:,} MiB are as they were saved: sha256 {bundle.checksum}")
    with report.stage("engine") as stage:
        found, done = engine.ensure(chosen)
        said = f"Docker {found.version} at {found.endpoint}"
        stage.say(f"{done}: {said}") if done else stage.unchanged(said)
    fit_python = bundle.facts["python"] == bundle_file.this_python()
    with report.stage("wheels") as stage:
        if not fit_python:
            stage.unchanged(f"left out: they are for {bundle.facts['python']}")
        elif wheels.loaded().get("checksum") == bundle.checksum:
            stage.unchanged("all here")
        else:
            stage.say(f"{bundle_file.take_wheels(bundle, wheels.folder())} Python packages")
    with report.stage("programs") as stage:
        count = _place_files(bundle, chosen, _Progress(stage, "unpacked"))
        stage.say(f"{count} files of programs and charts") if count else stage.unchanged("all here")
    fitting, others = _load_images(bundle, chosen, report)
    return Loaded(fitting, others, _missing(bundle, chosen), fit_python)


def compress(source: Iterable[bytes]) -> Iterator[bytes]:
    """Pack a stream, on all cores."""
    packer = zstandard.ZstdCompressor(level=LEVEL, threads=-1).compressobj()
    for data in source:
        if packed := packer.compress(data):
            yield packed
    yield packer.flush()


def decompress(source: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack a stream.

    Raises:
        BundleError: It is no such stream.
    """
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    try:
        for data in source:
            yield unpacker.decompress(data)
    except zstandard.ZstdError as error:
        raise BundleError(
            f"a part of the bundle cannot be unpacked: {error}",
            remedy="save it again: ./witw bundle save FILE",
        ) from error


def _place_files(bundle: Bundle, chosen: Settings, on_bytes: Callable[[int], None]) -> int:
    """Put programs and charts where they belong, each aside first. Returns how many were not there."""
    members = bundle.of_kind(bundle_file.FILE)
    _require_room(chosen.cache_dir, sum(member.unpacked for member in members), "the programs")
    count = 0
    for member in members:
        target = bundle_contents.place(member.name, chosen)
        count += _place(target, member, decompress(bundle.read(member)), on_bytes)
    return count


def _place(target: Path, member: Member, source: Iterable[bytes], on_bytes: Callable[[int], None]) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    number, aside = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(number, "wb") as file:
            for data in source:
                file.write(data)
                on_bytes(len(data))
        if target.exists() and _same(Path(aside), target):
            return False
        Path(aside).chmod(member.mode)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)
    return True


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


def _load_images(
    bundle: Bundle, chosen: Settings, report: console.Report
) -> tuple[list[Carried], list[Carried]]:
    """Returns the images that fit this checkout, and the others."""
    with report.stage("images") as stage:
        selection = bundle_images.from_facts(bundle.facts["images"])
        fitting = [image for image in selection.carried if bundle_images.fits(image, selection, chosen)]
        others = [image for image in selection.carried if image not in fitting]
        [member] = bundle.of_kind(bundle_file.IMAGES)
        if all(bundle_images.is_here(image) for image in fitting):
            stage.unchanged("all here")
        else:
            if engine.is_local():
                # The engine unpacks what it is given into its own folder before it makes layers of it.
                _require_room(Path("/var/lib/docker"), 2 * member.unpacked, "the images")
            progress = _Progress(stage, "given to the engine", member.unpacked)
            bundle_images.load(selection, fitting, progress.over(decompress(bundle.read(member))))
            stage.say(", ".join(image.name for image in fitting))
        bundle_images.stamp(selection, fitting, chosen)
    return fitting, others


def _missing(bundle: Bundle, chosen: Settings) -> list[str]:
    """What `up`, the tests, and `up --kind` if the bundle is for it, would still have to fetch or build."""
    base = base_image.present(chosen)
    if base is None:
        return ["the base image and all that is made from it"]
    compose = bundle_images.compose_of(chosen, base)
    found = [image.name for image in images.stale(images.declared(compose.config()), base)]
    if bundle.facts["kind"]:
        found += [name for name in catalogue.load().images if catalogue_images.find(name, chosen) is None]
        found += bundle_contents.missing(chosen)
    return found


def _read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while data := stream.read(bundle_file.CHUNK):
            yield data


def _require_room(folder: Path, needed: int, what: str) -> None:
    if (free := host.disk_free(folder)) < needed + DISK_SPARE:
        raise HostError(
            f"{what} may take {needed / 2**30:.1f} GiB in {folder}, {free / 2**30:.1f} GiB are free",
            remedy="free some room there (`docker system df` says what Docker holds)",
        )


def _commit() -> str:
    """The commit of the checkout, with a + when files differ from it; empty where git does not know."""
    try:
        return process.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"], cwd=ROOT
        ).stdout.strip()
    except ProcessError:
        return ""


class _Progress:
    """Says now and then how far a stream has come."""

    def __init__(self, stage: console.Stage, name: str, total: int = 0) -> None:
        self.name = name
        self.done = 0
        self._stage, self._total, self._said = stage, total, 0

    def __call__(self, size: int) -> None:
        self.done += size
        if self.done - self._said >= 8 * MIB:
            self._said = self.done
            of = f" of {self._total // MIB:,}" if self._total else ""
            self._stage.say(f"{self.done // MIB:,}{of} MiB {self.name}")

    def over(self, source: Iterable[bytes]) -> Iterator[bytes]:
        """Count a stream while it passes."""
        for data in source:
            self(len(data))
            yield data
