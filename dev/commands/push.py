"""`./witw push`: our images, to a registry that other clusters pull from."""

from __future__ import annotations

import functools
import re
from typing import Annotated

import typer
from rich.table import Table

from dev import cluster_up, console, images, process, registry, settings, state, suggest
from dev.commands import STACK
from dev.commands.up import prepare
from dev.errors import WitwError

PANEL = STACK

WHERE = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*", re.IGNORECASE)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[IMAGE]...", help="app, gateway, ...; all by default.")
    ] = None,
    where: Annotated[
        str, typer.Option("--registry", metavar="HOST[/PATH]", help="Registry, and the folder in it.")
    ] = ...,  # type: ignore[assignment]  # how Typer is told that an option is needed
    tag: Annotated[
        str, typer.Option("--tag", help="Tag; by default one that follows the image's content.")
    ] = "",
) -> None:
    """Build our images, push them to a registry, and print the references by digest.

    `docker login HOST` comes first where the registry wants to know who asks: credentials are taken from
    Docker's own store, and never an argument. Deploy by digest; a tag can be moved.
    """
    chosen = settings.load()
    _check(where, tag)
    with state.only_one("push"), console.Report() as report:
        compose = prepare(chosen, report)
        ours = {cluster_up.short(image.name): image.name for image in images.declared(compose.config())}
        for name in names or []:
            suggest.check("image", name, ours)
        with report.stage("push") as stage:
            pushed: dict[str, str] = {}

            def one(name: str) -> None:
                stage.say(f"pushing {name}")
                pushed[name] = _push(ours[name], f"{where}/{name}", tag)

            process.side_by_side(*(functools.partial(one, name) for name in names or ours))
            stage.say(f"pushed {', '.join(sorted(pushed))}")
    table = Table("image", "reference")
    for name, reference in sorted(pushed.items()):
        table.add_row(name, reference)
    console.out.print(table, soft_wrap=True)


def _push(image: str, name: str, tag: str) -> str:
    """Push one image; returns its reference by digest."""
    host = name.partition("/")[0]
    remedy = (
        f"see the line above. Not allowed: docker login {host}. No answer: look at the name {host} and the "
        f"network; a registry without TLS has to be known to the engine (insecure-registries)"
    )
    digest = registry.send(image, f"{name}:{tag or registry.content_tag(image)}", remedy=remedy)
    return f"{name}@{digest}"


def _check(where: str, tag: str) -> None:
    if not WHERE.fullmatch(where):
        raise WitwError(
            f"{where} is no registry", remedy="write HOST[:PORT][/PATH], such as registry.example.com/witw"
        )
    if tag and not TAG.fullmatch(tag):
        raise WitwError(f"{tag} is no tag", remedy="a tag has letters, digits, dots, dashes and underscores")
