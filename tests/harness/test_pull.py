"""The way with a registry: what was built here is pushed to one, forgotten, and pulled from it."""

import functools
import http.server
import threading

import pytest

from dev import (
    base_image,
    catalogue,
    catalogue_images,
    charts,
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
from tests.cluster_kit import free_name

pytestmark = pytest.mark.slow

NAME = "witw-pull"

NEEDED = ("node", "registry")
"""What a cluster without layers is made of."""


@pytest.fixture(scope="module")
def mirror():
    """A registry that takes the part of the public ones."""
    chosen = settings.load(project=f"{NAME}-mirror")
    found, _ = registry.ensure(chosen, silent)
    yield found
    registry.remove(chosen)


@pytest.fixture(scope="module")
def published(mirror):
    """All that can be pulled is in the mirror and nowhere else, with the catalogue's digests being theirs.

    Only what a container uses stays with the engine. In the end it has again what was built.
    """
    builder = settings.load(pull="never")
    with pytest.MonkeyPatch.context() as patch:
        pushed = {}
        for name, image in list(catalogue.load().images.items()):
            if not image.reference:
                continue
            built = catalogue_images.ensure(name, builder, silent).reference
            wanted = catalogue.mirrored(image.reference, mirror.name).partition("@")[0]
            repository, _, tag = wanted.rpartition(":")
            process.run(["docker", "tag", built, wanted])
            process.run(["docker", "push", wanted], timeout=300)
            digest = registry.known(mirror, f"{repository}:{tag}")
            pushed[built] = f"{wanted}@{digest}"
            patch.setitem(
                catalogue.load().images,
                name,
                image.model_copy(update={"reference": f"{image.reference.partition('@')[0]}@{digest}"}),
            )
            process.run(["docker", "image", "rm", wanted])
            process.run(["docker", "image", "rm", built], check=False)
        try:
            yield settings.load(
                project=free_name(NAME), pull="always", mirror=mirror.name, port=18490, internal_port=18491
            )
        finally:
            for built, reference in pushed.items():
                if base_image.image_id(built) is None:
                    process.run(["docker", "pull", "--quiet", reference], timeout=300)
                    process.run(["docker", "tag", reference, built])
                process.run(["docker", "image", "rm", reference], check=False)


@pytest.fixture
def no_builds(monkeypatch):
    """Whoever builds an image fails."""
    monkeypatch.setattr(catalogue_images, "build", lambda *_: pytest.fail("built"))


def test_every_image_is_what_the_mirror_has(published, mirror, no_builds):
    for name in [name for name, image in catalogue.load().images.items() if image.reference]:
        reference = catalogue_images.references(name, published)[0]
        assert base_image.image_id(reference) is None, f"the engine has {name} before it is pulled"
        found = catalogue_images.ensure(name, published, silent)
        assert (found.origin, found.reference) == (catalogue_images.PULLED, reference)
        assert reference.startswith(f"{mirror.name}/")
        assert catalogue_images.problem(found) == ""
        process.run(["docker", "image", "rm", reference])


def test_a_cluster_comes_up_from_a_mirror_alone(published, mirror, no_builds, monkeypatch):
    # Programs for this machine are another matter.
    tools = settings.load()
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: toolchain.get(name, tools).path)
    references = [catalogue_images.references(name, published)[0] for name in NEEDED]
    assert not any(map(base_image.image_id, references))
    try:
        found, done = cluster.ensure(published.project, published, silent)
        assert done == "created"
        waits.until_ready(kube.of(found), timeout=180, stage=Stage("ready"))
        assert cluster.recorded(published.project)["node_image"].startswith(f"{mirror.name}/kindest/node:")
        node = catalogue_images.find("node", published)
        assert (node.origin, catalogue_images.problem(node)) == (catalogue_images.PULLED, "")
    finally:
        cluster.delete(published.project, published)
        registry.remove(published)
        for reference in references:
            process.run(["docker", "image", "rm", reference], check=False)
    assert not any(map(base_image.image_id, references))


@pytest.fixture
def nonsense():
    """A mirror that answers everything with a page for people, as the network of a hotel does."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>welcome to the hotel</html>")

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    "ensure",
    [
        base_image.ensure,
        functools.partial(catalogue_images.ensure, "registry"),
        functools.partial(charts.ensure, "gateway-helm"),
    ],
    ids=["base image", "image", "chart"],
)
def test_a_mirror_that_answers_nonsense_is_named(nonsense, ensure, monkeypatch, tmp_path):
    tools = settings.load()
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: toolchain.get(name, tools).path)
    monkeypatch.setattr(charts, "FOLDER", tmp_path)
    # The engine asks nobody for a digest whose content it knows, and by now it knows the pinned one.
    image = catalogue.load().images["registry"]
    absent = f"{image.reference.partition('@')[0]}@sha256:{'0' * 64}"
    monkeypatch.setitem(catalogue.load().images, "registry", image.model_copy(update={"reference": absent}))
    with pytest.raises(ImageError, match=f"{nonsense}.* could not be pulled") as caught:
        ensure(settings.load(mirror=nonsense, pull="always"), silent)
    assert caught.value.details
    assert "--mirror" in caught.value.remedy
    assert not any(tmp_path.iterdir())
