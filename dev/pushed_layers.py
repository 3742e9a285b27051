"""Layers as they were compressed for a push, kept for registries that have none yet.

Docker keeps layers unpacked and compresses them for every push anew, which is most of what a push to an
empty registry takes. But it remembers by which digests registries know its larger layers, and asks for them
first (moby's `distribution/push_v2.go`): what a registry was given by then is neither compressed nor sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx

from dev import process, programs

FOLDER = "pushed"
"""In the user's cache: a file for each layer, called by its two digests, unpacked and compressed."""

SMALLEST = 4_000_000
"""Bytes of a compressed layer that is worth keeping. Docker asks for none with less than 10 MiB unpacked."""

UNUSED_DAYS = 30
"""A layer that no registry was given for so long is removed."""

TIMEOUT = 60.0

CHUNK = 1 << 20

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def of(image: str) -> list[str]:
    """The digests of an image's layers, unpacked, as the engine has them; the lowest comes first."""
    form = "{{json .RootFS.Layers}}"
    layers = process.run(["docker", "image", "inspect", "--format", form, image]).stdout
    return [layer.removeprefix("sha256:") for layer in json.loads(layers)]


def give(cache: Path, repository: str, layers: Iterable[str]) -> None:
    """Give a repository those of some layers that are kept and that it has not.

    That spares work and no more: whatever goes wrong is left to the push, which says so.

    Args:
        cache: The user's cache.
        repository: `localhost:5001/witw/app`.
        layers: Their digests, as of `of`.
    """
    with contextlib.suppress(httpx.HTTPError, OSError), _client(repository) as client:
        for layer in layers:
            for file in _files(cache, layer):
                _give(client, file)


def keep(cache: Path, repository: str, digest: str, layers: list[str]) -> None:
    """Keep the larger layers of an image that was pushed, for the next registry.

    What cannot be kept is compressed again, as it would have been.

    Args:
        cache: The user's cache.
        repository: `localhost:5001/witw/app`.
        digest: Of the image's manifest there.
        layers: As of `of`, those of the same image.
    """
    with contextlib.suppress(httpx.HTTPError, OSError), _client(repository) as client:
        _forget_unused(cache)
        said = client.get(f"manifests/{digest}", headers={"Accept": MANIFEST}).content
        if f"sha256:{hashlib.sha256(said).hexdigest()}" != digest:
            return  # an error, or nonsense: what Docker has just pushed says something else
        sent = json.loads(said).get("layers", [])
        if len(sent) != len(layers):
            return  # an index of several platforms
        for layer, blob in zip(layers, sent, strict=True):
            if blob["size"] >= SMALLEST:
                _keep(client, cache, layer, blob["digest"].removeprefix("sha256:"))


def _give(client: httpx.Client, file: Path) -> None:
    digest = f"sha256:{file.name.partition('-')[2]}"
    if client.head(f"blobs/{digest}").is_success:
        return
    where = client.post("blobs/uploads/").raise_for_status().headers["Location"]
    url = client.base_url.join(where).copy_merge_params({"digest": digest})
    with file.open("rb") as stream:
        answer = client.put(url, content=stream, headers={"Content-Type": "application/octet-stream"})
    if answer.status_code == httpx.codes.BAD_REQUEST:
        file.unlink(missing_ok=True)  # it is not what its name says
    elif answer.is_success:
        os.utime(file)


def _keep(client: httpx.Client, cache: Path, layer: str, digest: str) -> None:
    target = cache / FOLDER / f"{layer}-{digest}"
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _aside(target) as aside, client.stream("GET", f"blobs/sha256:{digest}") as answer:
        answer.raise_for_status()
        with aside.open("wb") as stream:
            for data in answer.iter_raw(CHUNK):
                stream.write(data)
        if programs.checksum(aside) == digest:
            for other in _files(cache, layer):
                other.unlink(missing_ok=True)  # another release of Docker compresses otherwise
            aside.rename(target)


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A file beside another that is gone after the block, unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _files(cache: Path, layer: str) -> list[Path]:
    return list((cache / FOLDER).glob(f"{layer}-*"))


def _forget_unused(cache: Path) -> None:
    """Also what an interrupted run left."""
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for file in (cache / FOLDER).glob("*"):
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)


def _client(repository: str) -> httpx.Client:
    host, _, path = repository.partition("/")
    # A proxy of this machine has no business between us and our own registry.
    return httpx.Client(base_url=f"http://{host}/v2/{path}/", timeout=TIMEOUT, trust_env=False)
