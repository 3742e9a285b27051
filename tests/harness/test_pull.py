"""The way with a registry: what was built here is pushed to one, forgotten, and pulled from it."""

import http.server
import threading

import pytest

from dev import (
    base_image,
    catalogue,
    catalogue_images,
    cluster,
    kube,
    process,
    registry,
    settings,
    toolchain,
    waits,
)
from dev.console import Stage
from dev.errors import ImageError
from dev.programs import silent

pytestmark = pytest.mark.slow

NAME = "witw-pull"

NEEDED = ("node", "registry")
"""What a cluster without layers is made of."""


@pytest.fixture
def mirror():
    """A registry that takes the part of the public ones."""
    chosen = settings.load(project=f"{NAME}-mirror")
    found, _ = registry.ensure(chosen, silent)
    yield found
    registry.remove(chosen)


@pytest.fixture
def published(mirror, monkeypatch):
    """Our node and registry images, in the mirror only, with the catalogue's digests being theirs."""
    builder = settings.load(pull="never")
    for name in NEEDED:
        image = catalogue.load().images[name]
        built = catalogue_images.ensure(name, builder, silent).reference
        wanted = catalogue.mirrored(image.reference, mirror.name).partition("@")[0]
        repository, _, tag = wanted.rpartition(":")
        process.run(["docker", "tag", built, wanted])
        process.run(["docker", "push", wanted], timeout=300)
        process.run(["docker", "image", "rm", wanted])
        digest = registry.known(mirror, f"{repository}:{tag}")
        reference = f"{image.reference.partition('@')[0]}@{digest}"
        monkeypatch.setitem(catalogue.load().images, name, image.model_copy(update={"reference": reference}))
    return settings.load(project=NAME, pull="always", mirror=mirror.name, port=18490, internal_port=18491)


def test_a_cluster_comes_up_from_a_mirror_alone(published, mirror, monkeypatch):
    # Nothing may be built on the way; programs for this machine are another matter.
    monkeypatch.setattr(catalogue_images, "build", lambda *_: pytest.fail("built"))
    tools = settings.load()
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: toolchain.get(name, tools).path)
    references = [catalogue_images.references(name, published)[0] for name in NEEDED]
    assert not any(map(base_image.image_id, references))
    try:
        found, done = cluster.ensure(NAME, published, silent)
        assert done == "created"
        waits.until_ready(kube.of(found), timeout=180, stage=Stage("ready"))
        assert cluster.recorded(NAME)["node_image"].startswith(f"{mirror.name}/kindest/node:")
        node = catalogue_images.find("node", published)
        assert (node.origin, catalogue_images.problem(node)) == (catalogue_images.PULLED, "")
    finally:
        cluster.delete(NAME, published)
        registry.remove(published)
        for reference in references:
            process.run(["docker", "image", "rm", reference], check=False)
    assert not any(map(base_image.image_id, references))


def test_a_mirror_that_answers_nonsense_is_named():
    class Nonsense(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>welcome to the hotel</html>")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        chosen = settings.load(mirror=place, pull="always")
        with pytest.raises(ImageError, match=place):
            catalogue_images.ensure("registry", chosen, silent)
        server.shutdown()
