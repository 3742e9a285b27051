"""`./witw screenshots`: the pictures in the documentation, taken of the running stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dev import base_image, console, images, process, settings, stack
from dev.commands import REPO
from dev.compose import Compose
from dev.errors import ProcessError, StackError

PANEL = REPO

PICTURES = settings.ROOT / "dev" / "pictures"
TIMEOUT = 900.0
"""Seconds; the first run installs Chromium into an image."""


def command(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the pictures go.")] = PICTURES,
) -> None:
    """Take the pictures that the documentation shows, with a real browser logged in as a demo person."""
    chosen = settings.load()
    base = base_image.ensure(chosen, lambda _: None)[0]
    compose = Compose(chosen, images.build_environment(chosen, base))
    if not compose.is_running("gateway"):
        raise StackError("the stack does not run", remedy="./witw up")
    to.mkdir(parents=True, exist_ok=True)
    container = f"{chosen.project}-screenshots"
    with console.Report() as report, report.stage("screenshots") as stage:
        process.run(["docker", "rm", "--force", container], check=False)
        try:
            compose.run(
                *("--profile=screenshots", "run", "--build", "--no-deps", "--no-TTY", f"--name={container}"),
                *("browser", chosen.url, stack.DEMO_EMAIL, "/run/secrets/app/demo_password"),
                timeout=TIMEOUT,
                on_line=lambda line: stage.say(line.strip()),
            )
            process.run(["docker", "cp", f"{container}:/pictures/.", str(to)])
        except ProcessError as error:
            raise StackError(
                "the pictures could not be taken",
                details=error.tail(20),
                remedy="see the lines above; the demo people come with `./witw up`",
            ) from error
        finally:
            process.run(["docker", "rm", "--force", container], check=False)
        stage.say(f"{len(list(to.glob('*.png')))} pictures in {to}")
