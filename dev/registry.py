"""The local registry: one container for all clusters, with one name for this machine and for nodes."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import base_image, catalogue_images, containers, host, process, pushed_layers
from dev.base_image import Say
from dev.errors import ImageError, ProcessError
from dev.settings import Settings

FIRST_PORT = 5001
INSIDE = 5000
"""The port that the registry listens on in its container."""

NETWORK = "kind"
"""The Docker network that kind puts its nodes on."""

START_TIMEOUT, PUSH_TIMEOUT = 20.0, 600.0

LABEL = "witw.registry"

CONFIGURATION = "/etc/distribution/config.yml"
"""In the registry's image, pulled or built."""


@dataclass(frozen=True)
class Registry:
    """A registry that runs."""

    container: str
    port: int
    cache: Path | None = None
    """Keeps what was compressed for a push, if anything should."""

    @property
    def name(self) -> str:
        """How this machine and the nodes call it."""
        return f"localhost:{self.port}"


def container_name(settings: Settings) -> str:
    """The container, and the volume with what was pushed."""
    return f"{settings.project}-registry"


def find(settings: Settings) -> Registry | None:
    """The registry, if its container is there, running or not.

    Raises:
        ImageError: A container of that name is somebody else's.
    """
    container = container_name(settings)
    if not (facts := _facts(container)):
        return None
    if not _is_ours(facts):
        raise ImageError(
            f"there is a container {container}, but it is not the local registry",
            remedy=f"call it otherwise (docker rename {container} OTHER), or choose another WITW_PROJECT",
        )
    bindings = facts["HostConfig"]["PortBindings"]
    return Registry(container, int(bindings[f"{INSIDE}/tcp"][0]["HostPort"]), settings.cache_dir)


def ensure(settings: Settings, say: Say) -> tuple[Registry, str]:
    """See to it that the registry runs and answers.

    Returns:
        The registry and what was done, empty when nothing was.

    Raises:
        ImageError: It does not answer, or a container of its name is somebody else's.
        HostError: It was stopped, and somebody else has its port by now.
    """
    container, done = container_name(settings), ""
    image = catalogue_images.ensure("registry", settings, say)
    found = find(settings)
    if found is None:
        port = host.free_port("127.0.0.1", FIRST_PORT - 1)
        process.run(
            ["docker", "run", "--detach", "--name", container, "--restart=unless-stopped", f"--label={LABEL}",
             f"--volume={container}:/var/lib/registry", f"--publish=127.0.0.1:{port}:{INSIDE}",
             "--memory=512m", "--env=OTEL_TRACES_EXPORTER=none", image.reference]
        )  # fmt: skip
        found, done = Registry(container, port, settings.cache_dir), f"started at localhost:{port}"
    elif not _runs(container):
        again = f"docker rm {container}, and it is made anew at another port with all that it holds"
        containers.start([container], remedy=again)
        done = f"started again at {found.name}"
    deadline = time.monotonic() + START_TIMEOUT
    while not answers(found):
        if time.monotonic() > deadline:
            logs = process.run(["docker", "logs", "--tail=20", container], check=False)
            raise ImageError(
                f"the local registry at {found.name} does not answer",
                details=logs.stdout + logs.stderr,
                remedy=f"see `docker logs {container}`; `docker rm -f {container}` and run this again",
            )
        time.sleep(0.1)
    return found, done


def answers(registry: Registry) -> bool:
    """Whether a registry speaks the registry protocol at that port."""
    try:
        with urllib.request.urlopen(f"http://{registry.name}/v2/", timeout=2) as answer:
            return "Docker-Distribution-Api-Version" in answer.headers
    except (urllib.error.URLError, OSError):
        return False


def join(registry: Registry) -> bool:
    """Put the registry on the nodes' network. Returns whether it had to be."""
    form = "{{json .NetworkSettings.Networks}}"
    networks = process.run(["docker", "container", "inspect", "--format", form, registry.container])
    if NETWORK in json.loads(networks.stdout):
        return False
    process.run(["docker", "network", "connect", NETWORK, registry.container])
    return True


def hosts_folder(registry: Registry) -> str:
    """Where a node's containerd looks up how the registry is reached."""
    return f"/etc/containerd/certs.d/{registry.name}"


def hosts_toml(registry: Registry) -> str:
    """Tells a node's containerd that the registry's name means its container."""
    return f'[host."http://{registry.container}:{INSIDE}"]\n'


def announcement(registry: Registry) -> str:
    """The ConfigMap of KEP-1755 that tells tools of the registry."""
    hosting = f'host: "{registry.name}"\nhelp: "https://kind.sigs.k8s.io/docs/user/local-registry/"\n'
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "local-registry-hosting", "namespace": "kube-public"},
        "data": {"localRegistryHosting.v1": hosting},
    }
    return json.dumps(config)


def push(registry: Registry, image: str, path: str) -> str:
    """Push an image of the engine; layers that the registry has are not sent.

    Args:
        registry: Where to.
        image: The name that the engine knows it by.
        path: Its name in the registry, e.g. `witw/app`.

    Returns:
        The reference by digest.

    Raises:
        ImageError: The engine could not push it.
    """
    name = target(registry, image, path)
    digest = known(registry, name) or _send_to(registry, image, name)
    return f"{registry.name}/{path}@{digest}"


def _send_to(registry: Registry, image: str, name: str) -> str:
    """Push an image; layers that were compressed for an earlier registry are not compressed again.

    Returns:
        Its digest.
    """
    remedy = f"see the line above and `docker logs {registry.container}`"
    if registry.cache is None:
        return send(image, name, remedy=remedy)
    layers, repository = pushed_layers.of(image), name.rpartition(":")[0]
    pushed_layers.give(registry.cache, repository, layers)
    digest = send(image, name, remedy=remedy)
    pushed_layers.keep(registry.cache, repository, digest, layers)
    return digest


def send(image: str, name: str, *, remedy: str) -> str:
    """Push an image of the engine under a name, which the engine does not keep.

    Credentials are those of `docker login`, from Docker's own store.

    Returns:
        Its digest.

    Raises:
        ImageError: The engine could not push it.
    """
    process.run(["docker", "tag", image, name])
    try:
        said = process.run(["docker", "push", name], timeout=PUSH_TIMEOUT).stdout
    except ProcessError as error:
        where = name.rpartition(":")[0]
        raise ImageError(
            f"{image} could not be pushed to {where}", details=error.tail(), remedy=remedy
        ) from error
    finally:
        process.run(["docker", "image", "rm", name], check=False)
    match = re.search(r"digest: (sha256:[0-9a-f]{64})", said)
    if match is None:
        raise ImageError(f"the push of {image} did not say a digest", details=said, remedy="run this again")
    return match[1]


def target(registry: Registry, image: str, path: str) -> str:
    """The name by which an image is pushed: its tag follows its content."""
    return f"{registry.name}/{path}:{content_tag(image)}"


def content_tag(image: str) -> str:
    """A tag that follows an image's content."""
    image_id = process.run(["docker", "image", "inspect", "--format", "{{.Id}}", image]).stdout.strip()
    return image_id.removeprefix("sha256:")[:12]


def known(registry: Registry, reference: str) -> str:
    """The digest of an image that the registry has by tag; empty when it has none."""
    path, _, tag = reference.removeprefix(f"{registry.name}/").rpartition(":")
    kinds = (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    )
    request = urllib.request.Request(
        f"http://{registry.name}/v2/{path}/manifests/{tag}",
        method="HEAD",
        headers={"Accept": ", ".join(kinds)},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(answer.headers["Docker-Content-Digest"])
    except urllib.error.HTTPError:
        return ""


def forget(settings: Settings, cluster: str) -> bool:
    """Give back the room of what was pushed for a cluster that is gone. Returns whether there was any.

    Nobody may push meanwhile; the lock of this checkout sees to that (dev/state.py).
    """
    found = find(settings)
    if found is None or not _runs(found.container):
        return False
    # There is no shell in the registry's image.
    base, _ = base_image.ensure(settings, lambda _: None)
    room = f"--volume={found.container}:/registry"
    folder = f"/registry/docker/registry/v2/repositories/{cluster}"
    script = 'test -d "$1" && rm -rf "$1"'
    if not process.run(
        ["docker", "run", "--rm", room, base, "sh", "-c", script, "sh", folder], check=False
    ).ok:
        return False
    collect = ["registry", "garbage-collect", "--delete-untagged", CONFIGURATION]
    process.run(["docker", "exec", found.container, *collect], timeout=PUSH_TIMEOUT)
    # It remembers layers that are gone by now.
    process.run(["docker", "restart", "--time=2", found.container])
    return True


def remove(settings: Settings) -> list[str]:
    """Remove the registry with all that was pushed. Returns what is gone; what is not ours stays."""
    container = container_name(settings)
    gone = []
    if (
        _is_ours(_facts(container))
        and process.run(["docker", "rm", "--force", container], check=False).stdout.strip()
    ):
        gone.append(f"container {container}")
    if process.run(["docker", "volume", "rm", container], check=False).ok:
        gone.append(f"volume {container}")
    return gone


def _facts(container: str) -> dict[str, Any]:
    """What Docker tells of a container; nothing when there is none."""
    answer = process.run(["docker", "container", "inspect", container], check=False)
    return dict(json.loads(answer.stdout)[0]) if answer.ok else {}


def _is_ours(facts: dict[str, Any]) -> bool:
    return bool(facts) and LABEL in (facts["Config"]["Labels"] or {})


def _runs(container: str) -> bool:
    state = process.run(["docker", "container", "inspect", "--format", "{{.State.Running}}", container])
    return state.stdout.strip() == "true"
