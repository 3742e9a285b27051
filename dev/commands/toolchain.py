"""`./witw toolchain`: the programs that run on this machine, and where each came from."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dev import catalogue, console, settings, toolchain
from dev.commands import REPO
from dev.errors import WitwError

PANEL = REPO


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Programs; all of them by default.")
    ] = None,
    pull: Annotated[
        str | None, typer.Option(metavar="auto|always|never", help="Download what PATH lacks, or build it.")
    ] = None,
    path: Annotated[bool, typer.Option("--path", help="Print the paths only.")] = False,
) -> None:
    """Get the programs that the cluster is worked with (helm, kind, kubectl, ...) and say where they are.

    One on PATH serves when its version fits; else it is downloaded and checked against its publisher's
    checksum; else it is built from Go modules.
    """
    chosen = settings.load(pull=pull)
    known = list(catalogue.load().tools)
    if unknown := sorted(set(names or []) - set(known)):
        raise WitwError(f"no such program: {', '.join(unknown)}", remedy=f"choose from {', '.join(known)}")
    found = []
    with console.Report(console.err) as report:
        for name in names or known:
            with report.stage(name) as stage:
                known_already = toolchain.find(name, chosen)
                program = known_already or toolchain.get(name, chosen, stage.say)
                said = f"{program.version}, {program.origin}"
                stage.unchanged(said) if known_already else stage.say(said)
                found.append(program)
    if path:
        for program in found:
            print(program.path)  # noqa: T201 - for scripts: one path a line
        return
    table = Table("program", "version", "from", "path")
    for program in found:
        table.add_row(program.name, program.version, program.origin, str(program.path))
    console.out.print(table, soft_wrap=True)
