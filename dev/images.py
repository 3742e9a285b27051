"""Our images: built by `docker compose build`, and only those whose content has changed."""

from __future__ import annotations

import configparser
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import build_context, disk, host, npm, process, state
from dev.base_image import Say, image_id
from dev.compose import Compose
from dev.errors import ImageError, ProcessError
from dev.settings import Settings

BUILD_TIMEOUT = 1800.0

PIP_OPTIONS = ("index-url", "extra-index-url", "no-index", "proxy", "retries", "timeout", "trusted-host")
"""What of the machine's pip configuration holds inside a build too; paths of this machine do not."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


@dataclass(frozen=True)
class Image:
    """An image that compose.yaml builds."""

    name: str
    service: str
    context: Path
    dockerfile: Path
    target: str
    args: dict[str, str]

    def content(self, base: str) -> str:
        """A hash of everything that the image is made from."""
        args = sorted(f"{name}={value}" for name, value in self.args.items())
        return build_context.content_hash(self.context, self.dockerfile, self.name, self.target, base, *args)

    @property
    def stamp(self) -> str:
        """Under what name its stamp is kept."""
        return "image-" + self.name.replace("/", "-").replace(":", "-")


def declared(config: dict[str, Any]) -> list[Image]:
    """The images that compose.yaml builds; services that share one count once."""
    images: dict[str, Image] = {}
    for service, facts in config["services"].items():
        if (build := facts.get("build")) is None:
            continue
        context = Path(build["context"])
        name = facts.get("image", f"{config['name']}-{service}")
        images.setdefault(
            name,
            Image(
                name=name,
                service=service,
                context=context,
                dockerfile=context / build.get("dockerfile", "Dockerfile"),
                target=build.get("target", ""),
                args={key: str(value) for key, value in (build.get("args") or {}).items()},
            ),
        )
    return list(images.values())


def stale(images: list[Image], base: str) -> list[Image]:
    """Those that are missing, or made from something else than what is here now."""
    base_id = image_id(base) or base

    def is_stale(image: Image) -> bool:
        known = state.stamp(image.stamp)
        return not known or known != {"content": image.content(base_id), "id": image_id(image.name)}

    return [image for image in images if is_stale(image)]


def build(
    compose: Compose, base: str, say: Say, *, always: bool = False, only: str | None = None
) -> list[str]:
    """Build what is stale, side by side; `only` the image of one service, if it is named.

    Returns:
        The names of the images that were built.

    Raises:
        ImageError: A build failed; the end of its output comes with the error.
    """
    images = [image for image in declared(compose.config()) if only in (None, image.service)]
    if not (todo := images if always else stale(images, base)):
        return []
    base_id = image_id(base) or base
    contents = {image.name: image.content(base_id) for image in todo}
    say(f"building {', '.join(image.name for image in todo)}")
    proxies = [f"--build-arg={name}" for name in _proxies()]
    try:
        compose.run(
            "--progress=plain",
            "build",
            *proxies,
            *(image.service for image in todo),
            timeout=BUILD_TIMEOUT,
            on_line=lambda line: say(line.strip()),
        )
    except ProcessError as error:
        raise ImageError(
            "the images could not be built",
            details=error.tail(30),
            remedy=disk.remedy(
                error.details,
                "see the lines above; what was built is kept. Packages that cannot be fetched: "
                "`./witw doctor` looks at network, proxy and certificates",
                disk.places(compose.settings.cache_dir),
            ),
        ) from error
    _remember([image_id(image.name) for image in todo])
    for image in todo:
        # A file that changed during the build makes the image stale at the next run, as it should.
        state.set_stamp(image.stamp, content=contents[image.name], id=image_id(image.name))
    return [image.name for image in todo]


def remove_superseded() -> list[str]:
    """Remove what we built earlier and nothing uses or names any more; returns what could go."""
    built: list[str] = state.stamp("built").get("ids", [])
    gone = []
    for one in built:
        # Without --force Docker keeps what a container uses; what has a name is current.
        tags = process.run(["docker", "image", "inspect", "--format", "{{len .RepoTags}}", one], check=False)
        if not tags.ok or (
            tags.stdout.strip() == "0" and process.run(["docker", "image", "rm", one], check=False).ok
        ):
            gone.append(one)
    if gone:
        state.set_stamp("built", ids=[one for one in built if one not in gone])
    return gone


def build_environment(settings: Settings, base: str) -> dict[str, str]:
    """What builds need of this machine: the base image, its certificates, its pip and npm configuration."""
    found = {"WITW_BASE_IMAGE": base}
    bundle = settings.ca_bundle or str(host.private_ca_bundle() or "")
    if bundle:
        found["WITW_CA_BUNDLE"] = bundle
    pip_conf = settings.pip_conf or str(_write_pip_conf() or "")
    if pip_conf:
        found["WITW_PIP_CONF"] = pip_conf
    npmrc = settings.npmrc or str(npm.write_options() or "")
    if npmrc:
        found["WITW_NPMRC"] = npmrc
    return found


def _remember(ids: list[str | None]) -> None:
    state.add_to_stamp("built", "ids", filter(None, ids))


def _proxies() -> list[str]:
    names = [spelling for name in PROXIES for spelling in (name, name.lower())]
    return [name for name in names if os.environ.get(name)]


def _write_pip_conf() -> Path | None:
    """This machine's pip configuration, files and environment together, as one file for builds.

    It may hold passwords: only its owner can read it, and a build sees it as a secret.
    """
    options = {name: value for name, value in host.pip_options().items() if name in PIP_OPTIONS}
    if not options:
        return None
    parser = configparser.RawConfigParser()
    parser["global"] = options
    text = io.StringIO()
    parser.write(text)
    file = state.FOLDER / "build" / "pip.conf"
    state.write(file, text.getvalue(), mode=0o600)
    return file
