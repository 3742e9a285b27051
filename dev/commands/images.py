"""`./witw images`: third-party images, charts and programs: where each comes from, whether it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.table import Table

from dev import catalogue, catalogue_images, charts, console, engine, go_modules, settings, toolchain
from dev.commands import REPO
from dev.console import Stage
from dev.errors import ImageError, WitwError
from dev.settings import Settings

PANEL = REPO

app = typer.Typer(
    no_args_is_help=True, help="Third-party images, charts and programs: list, pull, build, verify."
)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="Images, charts, programs of the catalogue; all by default."),
]
Mirror = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Registry that images and charts are pulled through; programs come from their publishers.",
    ),
]


@app.command("list")
def show() -> None:
    """Show every image, chart and program: what is here and from where, and what else there would be."""
    chosen = settings.load()
    engine.ensure(chosen)
    table = Table("image", "here", "pulled from", "built as", "from the programs of")
    for name, image in catalogue.load().images.items():
        pulled, built = catalogue_images.references(name, chosen)
        found = catalogue_images.find(name, chosen)
        source = ", ".join(image.programs) or image.on
        table.add_row(name, found.origin if found else "no", pulled or "nowhere", built, source)
    console.out.print(table)
    table = Table("chart", "version", "here", "pulled from", "made from")
    for name, chart in catalogue.load().charts.items():
        there = charts.find(name, chosen)
        origin = there.origin if there else "no"
        source = charts.reference(name, chosen) or "nowhere"
        table.add_row(name, charts.version(name), origin, source, chart.folder)
    console.out.print(table)
    table = Table("program of this machine", "version", "here", "downloaded from")
    for name, tool in catalogue.load().tools.items():
        program = toolchain.find(name, chosen)
        version = program.version if program else toolchain.wanted(tool)
        table.add_row(name, version, program.origin if program else "no", tool.url)
    console.out.print(table)
    table = Table("program", "version", "built", "module")
    for made in catalogue_images.all_programs(chosen.cache_dir):
        package = go_modules.load(made.module).programs[made.name]
        table.add_row(made.name, made.version, "yes" if made.exists else "no", package)
    console.out.print(table)


@app.command("pull")
def pull(names: Names = None, mirror: Mirror = None) -> None:
    """Pull images and charts, download programs, and say which could not be."""
    _get_all(names, settings.load(mirror=mirror, pull="always"))


@app.command("build")
def build(names: Names = None) -> None:
    """Build images, charts and programs, whether or not they could be pulled."""
    _get_all(names, settings.load(pull="never"))


@app.command("verify")
def verify(names: Names = None) -> None:
    """Compare what is here with the catalogue.

    Digests of what was pulled, contents of what was built, checksums of programs and charts.
    """
    chosen = settings.load()
    engine.ensure(chosen)
    table, problems = Table("what", "from", "is as it should be"), []
    for what, where, origin, problem in _checked(_known(names), chosen):
        if problem:
            problems.append(f"{where} {problem}")
        table.add_row(what, origin, problem or "yes")
    console.out.print(table)
    if problems:
        raise ImageError(
            "not all is as it should be",
            details="\n".join(problems),
            remedy="remove what is named (docker image rm, rm); the next run makes it anew",
        )


def _checked(names: list[str], chosen: Settings) -> Iterator[tuple[str, str, str, str]]:
    """Of all that is here: what it is, where it lies, where it came from, and what is wrong with it."""
    known = catalogue.load()
    for name in names:
        if name in known.images:
            for image in _images(name, chosen):
                yield image.reference, image.reference, image.origin, catalogue_images.problem(image)
        elif name in known.charts:
            if chart := charts.find(name, chosen):
                yield f"{name} {chart.version}", str(chart.path), chart.origin, charts.problem(chart)
        elif (kept := toolchain.kept(name, chosen)).exists:
            yield f"{name} {kept.version}", str(kept.path), toolchain.DOWNLOADED, kept.problem()
    for program in catalogue_images.all_programs(chosen.cache_dir):
        if program.exists:
            what = f"{program.name} {program.version}"
            yield what, str(program.path), toolchain.BUILT, program.problem()


def _get_all(names: list[str] | None, chosen: Settings) -> None:
    """Get everything by the way that is chosen; what fails does not keep the rest from being tried.

    Raises:
        ImageError: Names all that failed.
    """
    engine.ensure(chosen)
    failures: list[WitwError] = []
    with console.Report() as report:
        for name in _known(names):
            find, get = _ways(name, chosen)
            try:
                with report.stage(name) as stage:
                    if said := find():
                        stage.unchanged(said)
                    else:
                        stage.say(get(stage))
            except ImageError as error:
                failures.append(error)
    if failures:
        raise ImageError(
            "; ".join(error.message for error in failures),
            details="\n".join(error.details for error in failures),
            remedy=failures[0].remedy,
        )


def _ways(name: str, chosen: Settings) -> tuple[Callable[[], str], Callable[[Stage], str]]:
    """How to look for something of the catalogue, empty when it is not here, and how to get it."""
    known = catalogue.load()
    if name in known.images:
        return (
            lambda: image.reference if (image := catalogue_images.find(name, chosen)) else "",
            lambda stage: catalogue_images.ensure(name, chosen, stage.say).reference,
        )
    if name in known.charts:
        return (
            lambda: f"{chart.version}, {chart.origin}" if (chart := charts.find(name, chosen)) else "",
            lambda stage: _describe(charts.get(name, chosen, stage.say)),
        )
    return (
        lambda: _describe(tool) if (tool := toolchain.find(name, chosen)) else "",
        lambda stage: _describe(toolchain.get(name, chosen, stage.say)),
    )


def _describe(found: charts.Found | toolchain.Found) -> str:
    return f"{found.version}, {found.origin}"


def _images(name: str, chosen: Settings) -> list[catalogue_images.Found]:
    """Both the pulled and the built image, where the engine has both."""
    ways = (chosen.model_copy(update={"pull": way}) for way in ("always", "never"))
    found = (catalogue_images.find(name, way) for way in ways)
    return list({one.reference: one for one in found if one}.values())


def _known(names: list[str] | None) -> list[str]:
    known = [*catalogue.load().images, *catalogue.load().charts, *catalogue.load().tools]
    if unknown := sorted(set(names or []) - set(known)):
        raise WitwError(
            f"not in the catalogue: {', '.join(unknown)}", remedy=f"choose from {', '.join(known)}"
        )
    return names or known
