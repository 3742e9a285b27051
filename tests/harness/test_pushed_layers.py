"""Layers that were compressed once are given to the next registry: a small one of our own, and a real one."""

import contextlib
import dataclasses
import hashlib
import http.server
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dev import process, pushed_layers, registry, settings
from dev.programs import silent
from tests.cluster_kit import free_name

LARGE, SMALL = b"l" * pushed_layers.SMALLEST, b"s" * (pushed_layers.SMALLEST - 1)

LAYERS = ["1" * 64, "2" * 64]
"""Digests of an image's layers, unpacked: a large one and a small one."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class SmallRegistry(http.server.ThreadingHTTPServer):
    """As much of the protocol as giving and keeping layers takes; like a real one it checks digests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifest = b"{}"
        self.asked: list[str] = []

    @property
    def repository(self) -> str:
        return f"localhost:{self.server_port}/witw/app"

    @property
    def digest(self) -> str:
        """Of the manifest."""
        return f"sha256:{digest(self.manifest)}"

    def hold(self, *layers: bytes) -> None:
        """An image of these layers, with the manifest that tells of them."""
        self.blobs = {digest(layer): layer for layer in layers}
        described = [{"digest": f"sha256:{digest(layer)}", "size": len(layer)} for layer in layers]
        self.manifest = json.dumps({"layers": described}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    server: SmallRegistry

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.server.asked.append(f"{self.command} {status}")
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.answer(200 if self.path.rpartition("sha256:")[2] in self.server.blobs else 404)

    def do_GET(self) -> None:
        if "/manifests/" in self.path:
            self.answer(200, self.server.manifest)
        else:
            self.answer(200, self.server.blobs[self.path.rpartition("sha256:")[2]])

    def do_POST(self) -> None:
        self.answer(202, Location="/v2/witw/app/blobs/uploads/one?_state=kept")

    def do_PUT(self) -> None:
        said = parse_qs(urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if said["_state"] != ["kept"] or said["digest"] != [f"sha256:{digest(body)}"]:
            self.answer(400)
            return
        self.server.blobs[digest(body)] = body
        self.answer(201)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def running() -> Iterator[SmallRegistry]:
    with SmallRegistry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def small() -> Iterator[SmallRegistry]:
    with running() as server:
        yield server


@pytest.fixture
def other() -> Iterator[SmallRegistry]:
    """The registry that comes next."""
    with running() as server:
        yield server


def kept(cache: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (cache / pushed_layers.FOLDER).glob("*")}


def test_the_larger_layers_of_a_push_are_given_to_the_next_registry(
    tmp_path: Path, small: SmallRegistry, other: SmallRegistry
) -> None:
    small.hold(LARGE, SMALL)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert kept(tmp_path) == {f"{LAYERS[0]}-{digest(LARGE)}": LARGE}

    pushed_layers.give(tmp_path, other.repository, LAYERS)
    assert other.blobs == {digest(LARGE): LARGE}
    assert other.asked == ["HEAD 404", "POST 202", "PUT 201"]

    pushed_layers.give(tmp_path, other.repository, LAYERS)
    assert other.asked[3:] == ["HEAD 200"], "what is there is not sent again"


def test_a_layer_of_another_image_is_not_given(tmp_path: Path, small: SmallRegistry) -> None:
    small.hold(LARGE, SMALL)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    small.asked.clear()
    pushed_layers.give(tmp_path, small.repository, ["3" * 64])
    assert small.asked == []


def test_a_damaged_layer_is_refused_and_forgotten(
    tmp_path: Path, small: SmallRegistry, other: SmallRegistry
) -> None:
    small.hold(LARGE, SMALL)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    next((tmp_path / pushed_layers.FOLDER).iterdir()).write_bytes(LARGE[1:] + b"x")
    pushed_layers.give(tmp_path, other.repository, LAYERS)
    assert other.blobs == {}
    assert kept(tmp_path) == {}


def test_what_came_damaged_is_not_kept(tmp_path: Path, small: SmallRegistry) -> None:
    small.hold(LARGE, SMALL)
    small.blobs[digest(LARGE)] = LARGE[1:] + b"x"
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert kept(tmp_path) == {}


def test_the_latest_compression_of_a_layer_replaces_that_of_before(
    tmp_path: Path, small: SmallRegistry
) -> None:
    again = LARGE + b"otherwise"
    for compressed in (LARGE, again):
        small.hold(compressed, SMALL)
        pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert kept(tmp_path) == {f"{LAYERS[0]}-{digest(again)}": again}


def test_an_index_of_several_platforms_keeps_nothing(tmp_path: Path, small: SmallRegistry) -> None:
    small.manifest = b'{"manifests": []}'
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert kept(tmp_path) == {}


def test_nonsense_instead_of_a_manifest_keeps_nothing(tmp_path: Path, small: SmallRegistry) -> None:
    small.hold(LARGE, SMALL)
    pushed = small.digest
    small.manifest = b"<html>"
    pushed_layers.keep(tmp_path, small.repository, pushed, LAYERS)
    assert kept(tmp_path) == {}
    assert small.asked == ["GET 200"]


def test_what_no_registry_was_given_for_a_month_is_removed(tmp_path: Path, small: SmallRegistry) -> None:
    small.hold(LARGE, SMALL)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    file = next((tmp_path / pushed_layers.FOLDER).iterdir())
    long_ago = time.time() - (pushed_layers.UNUSED_DAYS + 1) * 24 * 3600
    os.utime(file, (long_ago, long_ago))
    small.blobs.clear()
    pushed_layers.give(tmp_path, small.repository, LAYERS)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert len(kept(tmp_path)) == 1, "it has just been given to one"
    os.utime(file, (long_ago, long_ago))
    small.manifest = b"{}"
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    assert kept(tmp_path) == {}


def test_a_registry_that_does_not_answer_is_left_to_the_push(tmp_path: Path, small: SmallRegistry) -> None:
    small.hold(LARGE, SMALL)
    pushed_layers.keep(tmp_path, small.repository, small.digest, LAYERS)
    pushed_layers.give(tmp_path, "localhost:1/witw/app", LAYERS)
    pushed_layers.keep(tmp_path, "localhost:1/witw/app", "sha256:any", LAYERS)
    assert len(kept(tmp_path)) == 1


@pytest.mark.slow
def test_docker_compresses_nothing_again_for_a_registry_made_anew(base: str, tmp_path: Path) -> None:
    chosen = settings.load(project=free_name("witw-test"))
    senders, references = [], []
    try:
        for _ in range(2):
            registry.remove(chosen)
            found, _done = registry.ensure(chosen, silent)
            found = dataclasses.replace(found, cache=tmp_path)
            references.append(registry.push(found, base, "x/base").partition("@")[2])
            logs = process.run(["docker", "logs", found.container])
            [file] = kept(tmp_path)
            senders.append(who_sent(file.partition("-")[2], logs.stdout + logs.stderr))
    finally:
        registry.remove(chosen)
    assert references[0] == references[1]
    assert senders == [["docker"], ["python-httpx"]]


def who_sent(blob: str, logs: str) -> list[str]:
    """The programs that ended an upload of a blob, as the registry's log tells."""
    uploads = [line for line in logs.splitlines() if "PUT /v2/x/base/blobs/uploads/" in line and blob in line]
    return [found[1] for line in uploads if (found := re.search(r'"(docker|python-httpx)/', line))]
