"""Other releases of the app: this checkout with a change, as an image that the stack can run."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from dev import base_image, images, settings
from dev.compose import Compose
from dev.settings import ROOT
from tests.compose.containers import docker
from tests.compose.stack import Stack

NO_CODE = shutil.ignore_patterns("__pycache__", "node_modules", "staticfiles", ".*_cache")
BUILD_SECONDS = 900


def chosen_compose(**more: str) -> Compose:
    """Compose with what builds need of this machine."""
    chosen = settings.load()
    base = base_image.present(chosen)
    assert base is not None
    return Compose(chosen, images.build_environment(chosen, base) | more)


def build_options() -> list[str]:
    """What `docker build` has to be given so that it builds the app as `./witw up` does on this machine."""
    wanted = chosen_compose().config()
    build = wanted["services"]["app"]["build"]
    names = [secret["source"] for secret in build["secrets"]]
    return [
        *(f"--build-arg={name}={value}" for name, value in build["args"].items()),
        *(f"--secret=id={name},src={wanted['secrets'][name]['file']}" for name in names),
    ]


def copy_of_checkout(folder: Path) -> Path:
    """What the app's image is built from, in a folder that may be changed."""
    for part in ("Dockerfile", ".dockerignore", "compose.yaml"):
        shutil.copy(ROOT / part, folder)
    for part in ("app", "dev/images"):
        shutil.copytree(ROOT / part, folder / part, ignore=NO_CODE)
    return folder


def change_styles(context: Path) -> None:
    """Give every style sheet of a copy another content."""
    for style in sorted((context / "app").glob("*/static/**/*.css")):
        style.write_text(style.read_text() + "\nbody { --changed: 1 }\n")


def build(context: Path, tag: str) -> str:
    """Build the app's image from a copy; returns its name."""
    name = f"witw-test/app:{tag}"
    command = ["docker", "build", "--quiet", *build_options(), "--tag", name, "."]
    subprocess.run(command, cwd=context, check=True, capture_output=True, timeout=BUILD_SECONDS)
    return name


@contextlib.contextmanager
def deployments(stack: Stack, folder: Path) -> Iterator[Callable[[str], None]]:
    """Roll out images of the app, by their names; the stack's own is back in its place afterwards."""

    def deploy(image: str) -> None:
        override = folder / "release.json"
        override.write_text(json.dumps({"services": {"app": {"image": image}, "migrate": {"image": image}}}))
        files = ["--file", str(ROOT / "compose.yaml"), "--file", str(override)]
        stack.compose(*files, "up", "--detach", "--wait", "--no-build")

    used: list[str] = []
    try:
        yield lambda image: (used.append(image), deploy(image))[1]
    finally:
        stack.compose("up", "--detach", "--wait", "--no-build")
        docker("rmi", *used, check=False)
