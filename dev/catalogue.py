"""Reads dev/catalogue.toml: the pinned third-party images and how they are made without a registry."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from pydantic import BaseModel

FILE = Path(__file__).with_suffix(".toml")


class Bootstrap(BaseModel, extra="forbid"):
    """How the base image is made from the Debian archive."""

    suite: str
    include: list[str]
    exclude: list[str]
    keep: list[str]


class Base(BaseModel, extra="forbid"):
    """The base image."""

    reference: str
    bootstrap: Bootstrap


class Engine(BaseModel, extra="forbid"):
    """The engine for a machine that has none."""

    suite: str
    packages: list[str]


class Build(BaseModel, extra="forbid"):
    """How the programs of one go.mod are built."""

    tags: list[str]
    stamps: list[str]


class Tool(BaseModel, extra="forbid"):
    """A program that runs on this machine, and the three ways to it."""

    package: str
    module: str
    ask: list[str]
    least: str
    below: str
    url: str
    checksum: str
    member: str = ""


class Image(BaseModel, extra="forbid"):
    """A third-party image, and how it is built where it cannot be pulled.

    Without a reference there is none to pull: it is ours, built here `on` another one of the catalogue or on
    the base image.
    """

    reference: str = ""
    version: str
    programs: list[str] = []
    sources: dict[str, str] = {}
    on: str = ""


class Chart(BaseModel, extra="forbid"):
    """A chart of others, and how it is made from the source of a Go module where it cannot be pulled.

    The source is a chart whose values have a `template`, or manifests under an `overlay` of ours, a folder of
    the checkout. Without a reference there is none to pull.
    """

    reference: str = ""
    version: str
    module: str
    folder: str
    template: str = ""
    overlay: str = ""
    placeholders: dict[str, str] = {}


class Catalogue(BaseModel, extra="forbid"):
    """The whole file."""

    base: Base
    engine: Engine
    go: dict[str, Build]
    tools: dict[str, Tool]
    images: dict[str, Image]
    charts: dict[str, Chart]


@functools.cache
def load() -> Catalogue:
    """Read the catalogue once."""
    return Catalogue.model_validate(tomllib.loads(FILE.read_text()))


def mirrored(reference: str, mirror: str) -> str:
    """The same image by way of a registry mirror.

    Images without a registry of their own are Docker Hub's; mirrors know the official ones as `library/...`.

    >>> mirrored("debian:trixie-slim", "127.0.0.1:5000")
    '127.0.0.1:5000/library/debian:trixie-slim'
    """
    if not mirror:
        return reference
    first, slash, rest = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        path = rest
    else:
        path = reference if slash else f"library/{reference}"
    return f"{mirror}/{path}"
