"""`./witw bundle`: one file that brings everything to a machine without network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dev import bundle, bundle_file, console, settings, state
from dev.bundle import MIB
from dev.commands import REPO

PANEL = REPO

app = typer.Typer(
    no_args_is_help=True, help="One file with all images, programs and packages: save, load, show."
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The bundle.")]


@app.command("save")
def save(
    file: File,
    kind: Annotated[
        bool,
        typer.Option("--kind/--no-kind", help="Carry what a cluster needs, or the containers' part only."),
    ] = True,
) -> None:
    """Write all that `up`, `up --kind` and the tests need into one file; what is missing is made first.

    It fits machines with the same processor and Python, and this state of the checkout.
    """
    chosen, began = settings.load(), time.monotonic()
    with state.only_one("bundle save"), console.Report() as report:
        saved = bundle.save(file.absolute(), chosen, report, kind=kind)
    console.out.print(report.table())
    seconds = time.monotonic() - began
    console.out.print(f"{file}: {file.stat().st_size / MIB:,.0f} MiB in {seconds:.0f} s", soft_wrap=True)
    console.out.print(f"sha256 of its list: {saved.checksum}", soft_wrap=True)


@app.command("load")
def load(file: File) -> None:
    """Take in a bundle. Needs Python and an engine, no network, and not even `.venv`.

    All of it is read and compared first. Images that this checkout would make otherwise are named and replace
    nothing.
    """
    chosen = settings.load()
    with state.only_one("bundle load"), console.Report() as report:
        loaded = bundle.load(file.absolute(), chosen, report)
    console.out.print(report.table())
    if loaded.others:
        names = ", ".join(image.name for image in loaded.others)
        console.out.print(f"not of this state of the checkout: {names}", soft_wrap=True)
    if loaded.missing:
        names = ", ".join(loaded.missing)
        console.out.print(f"still to be fetched or built, with network: {names}", soft_wrap=True)
    else:
        console.out.print("Everything is here: ./witw up needs no network.")


@app.command("show")
def show(file: File) -> None:
    """Say what a bundle holds and for what it was made, and compare all of it with its checksums."""
    found = bundle_file.open_bundle(file)
    table = Table("what", "how many", "MiB", "MiB unpacked", "sha256")
    facts = found.facts
    for member in found.members:
        if member.kind == bundle_file.IMAGES or member.unpacked > 10 * MIB:
            table.add_row(
                member.name,
                "",
                f"{member.size / MIB:,.0f}",
                f"{member.unpacked / MIB:,.0f}",
                member.sha256[:16],
            )
    table.add_section()
    for name, kind in (("Python packages", bundle_file.WHEEL), ("files", bundle_file.FILE)):
        members = found.of_kind(kind)
        sizes = sum(member.size for member in members), sum(member.unpacked for member in members)
        table.add_row(name, str(len(members)), *(f"{size / MIB:,.0f}" for size in sizes), "")
    console.out.print(table)
    for image in facts["images"]["carried"]:
        console.out.print(f"image {image['name']}", soft_wrap=True)
    console.out.print(
        f"of the commit {facts['checkout'] or 'unknown'}, for {facts['machine']}, {facts['python']}"
    )
    found.verify()
    console.out.print(f"whole: sha256 {found.checksum}", soft_wrap=True)
