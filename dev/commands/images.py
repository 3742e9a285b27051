"""`./witw images`: third-party images and programs: where each comes from, and whether it is whole."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dev import catalogue, catalogue_images, console, engine, go_modules, settings
from dev.catalogue_images import Found
from dev.commands import REPO
from dev.errors import ImageError, WitwError

PANEL = REPO

app = typer.Typer(no_args_is_help=True, help="Third-party images and programs: list, pull, build, verify.")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all by default.")]
Mirror = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Registry that all image references go through.")
]


@app.command("list")
def show() -> None:
    """Show every image: from where it is pulled, how it is built, and what the engine has."""
    chosen = settings.load()
    engine.ensure(chosen)
    table = Table("image", "here", "pulled from", "built as", "from the programs of")
    for name, image in catalogue.load().images.items():
        pulled, built = catalogue_images.references(name, chosen)
        found = catalogue_images.find(name, chosen)
        table.add_row(name, found.origin if found else "no", pulled, built, ", ".join(image.programs))
    console.out.print(table)
    table = Table("program", "version", "built", "module")
    for program in catalogue_images.all_programs(chosen.cache_dir):
        package = go_modules.load(program.module).programs[program.name]
        table.add_row(program.name, program.version, "yes" if program.exists else "no", package)
    console.out.print(table)


@app.command("pull")
def pull(names: Names = None, mirror: Mirror = None) -> None:
    """Pull images, and say which could not be."""
    chosen = settings.load(mirror=mirror, pull="always")
    engine.ensure(chosen)
    with console.Report() as report:
        for name in _known(names):
            with report.stage(name) as stage:
                stage.say(catalogue_images.ensure(name, chosen, stage.say).reference)


@app.command("build")
def build(names: Names = None) -> None:
    """Build images and all programs that they are made of, whether or not they could be pulled."""
    chosen = settings.load(pull="never")
    engine.ensure(chosen)
    with console.Report() as report:
        for name in _known(names):
            with report.stage(name) as stage:
                if found := catalogue_images.find(name, chosen):
                    stage.unchanged(found.reference)
                else:
                    stage.say(catalogue_images.build(name, chosen, stage.say).reference)


@app.command("verify")
def verify(names: Names = None) -> None:
    """Compare what is here with the catalogue: digests of what was pulled, contents of what was built."""
    chosen = settings.load()
    engine.ensure(chosen)
    table, problems = Table("what", "from", "is as it should be"), []
    for name in _known(names):
        for found in _all_found(name, chosen):
            if problem := catalogue_images.problem(found):
                problems.append(f"{found.reference} {problem}")
            table.add_row(found.reference, found.origin, problem or "yes")
    for program in catalogue_images.all_programs(chosen.cache_dir):
        if program.exists:
            if problem := program.problem():
                problems.append(f"{program.path} {problem}")
            table.add_row(f"{program.name} {program.version}", "built from Go modules", problem or "yes")
    console.out.print(table)
    if problems:
        raise ImageError(
            "not all is as it should be",
            details="\n".join(problems),
            remedy="remove what is named (docker image rm, rm); the next run makes it anew",
        )


def _all_found(name: str, chosen: settings.Settings) -> list[Found]:
    """Both the pulled and the built image, where the engine has both."""
    ways = (chosen.model_copy(update={"pull": way}) for way in ("always", "never"))
    return [found for way in ways if (found := catalogue_images.find(name, way))]


def _known(names: list[str] | None) -> list[str]:
    known = list(catalogue.load().images)
    if unknown := sorted(set(names or []) - set(known)):
        raise WitwError(f"no such image: {', '.join(unknown)}", remedy=f"choose from {', '.join(known)}")
    return names or known
