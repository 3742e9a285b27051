"""Pulling by way of a registry of the house: Debian's docker-registry, in a container."""

import time
from collections.abc import Iterator

import httpx
import pytest

from dev import base_image, host, process, settings
from dev.base_image import image_id
from dev.errors import ImageError
from dev.programs import silent

pytestmark = pytest.mark.slow

BUILD = """ARG BASE
FROM ${BASE}
RUN apt-get update -qq && apt-get install -qqy --no-install-recommends docker-registry
# Debian's own configuration wants a password.
RUN echo '{version: 0.1, storage: {filesystem: {rootdirectory: /data}}, http: {addr: ":5000"}}' > /config.yml
CMD ["docker-registry", "serve", "/config.yml"]
"""


@pytest.fixture(scope="module")
def mirror(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that holds the base image under the name of Debian's own."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "Dockerfile").write_text(BUILD)
    image = "witw-test/registry"
    process.run(["docker", "build", "--tag", image, f"--build-arg=BASE={base}", str(folder)], timeout=300)
    address = f"127.0.0.1:{host.free_port('127.0.0.1', 25000)}"
    name = process.run(
        ["docker", "run", "--detach", "--rm", f"--publish={address}:5000", image]
    ).stdout.strip()
    try:
        deadline = time.monotonic() + 30
        while not base_image.registry_answers(settings.load(mirror=address)):
            assert time.monotonic() < deadline, "the registry does not answer"
        process.run(["docker", "tag", base, f"{address}/library/debian:of-the-house"])
        process.run(["docker", "push", f"{address}/library/debian:of-the-house"], timeout=120)
        process.run(["docker", "image", "rm", f"{address}/library/debian:of-the-house"])
        yield address
    finally:
        process.run(["docker", "rm", "--force", name], check=False)


@pytest.mark.parametrize("pull", ["auto", "always"])
def test_the_base_image_comes_from_the_mirror(mirror: str, base: str, pull: str) -> None:
    chosen = settings.load(mirror=mirror, pull=pull, base_image="debian:of-the-house")
    reference = f"{mirror}/library/debian:of-the-house"
    try:
        assert base_image.ensure(chosen, silent) == (reference, f"pulled {reference}")
        assert image_id(reference) == image_id(base)
    finally:
        process.run(["docker", "image", "rm", reference], check=False)


def test_what_the_mirror_does_not_have_is_no_reason_to_go_elsewhere(mirror: str) -> None:
    chosen = settings.load(mirror=mirror, base_image="debian:not-there")
    with pytest.raises(ImageError, match=f"{mirror}/library/debian:not-there could not be pulled"):
        base_image.ensure(chosen, silent)
    assert httpx.get(f"http://{mirror}/v2/_catalog", trust_env=False).json() == {
        "repositories": ["library/debian"]
    }
