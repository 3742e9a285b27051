"""`./witw load`: load on a running stack, and a report of what it did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dev import commands, console, settings, suggest
from dev.errors import WitwError
from dev.load import compare, document, in_cluster, measures, objectives, people, report, shapes, targets
from dev.load import run as load_run

PANEL = commands.WORK

app = typer.Typer(invoke_without_command=True, help="Put load on a running stack.")
crowd = typer.Typer(no_args_is_help=True, help="People for a locust that is run by hand.")
app.add_typer(crowd, name="people")

Target = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="URL",
        help="A stack of this checkout: its URL, `compose`, or a cluster's name. Else the project's.",
    ),
]
Owned = Annotated[
    str,
    typer.Option("--i-own-this-target", metavar="HOST", help="The host of a --target that is not of here."),
]


@app.callback()
def load(
    context: typer.Context,
    profile: Annotated[
        str, typer.Option("--profile", "-p", help=f"One of {', '.join(shapes.PROFILES)}.")
    ] = "spike",
    size: Annotated[str, typer.Option("--size", help=f"One of {', '.join(shapes.SIZES)}.")] = "medium",
    target: Target = "",
    users: Annotated[
        int | None,
        typer.Option(
            "--users", min=1, max=shapes.MOST_PEAK, help="Users at the peak, in place of the size's."
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(
            "--rate",
            min=1,
            max=shapes.MOST_PEAK,
            help="Arrivals per second at the peak, which come whatever is answered, in place of users.",
        ),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option("--time", min=5, max=int(shapes.MOST_SECONDS), help="Seconds, in place of the size's."),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            max=in_cluster.MOST_WORKERS,
            help="So many pods of locust in the target's cluster; 0 for one locust on this machine.",
        ),
    ] = 0,
    people_file: Annotated[
        Path | None,
        typer.Option("--people", metavar="FILE", help="People of a target that is not of this checkout."),
    ] = None,
    objectives_file: Annotated[
        Path, typer.Option("--objectives", metavar="FILE", help="What has to be reached.")
    ] = objectives.FILE,
    owned: Owned = "",
) -> int:
    """Put load on a running stack, watch it, and write a report.

    Users log in, look at the map, search cities, book and cancel trips, as people of their own who are taken
    away afterwards. Only stacks of this checkout are loaded. Ctrl-C ends a run early; the report holds what
    there is. Ends with 1 when an objective was missed.
    """
    if context.invoked_subcommand is not None:
        return 0
    shape = _shape(profile, size, users, rate, time)
    wanted = objectives.load(objectives_file)
    if people_file is not None and not people_file.is_file():
        raise WitwError(f"there is no file {people_file}", remedy="correct the path")
    chosen = settings.load()
    aim = targets.choose(target, chosen, owned=owned)
    if aim.kind == "foreign" and people_file is None:
        raise WitwError(
            f"no people can be made in {aim.url}",
            remedy="name a file of people who may log in: --people FILE",
        )
    folder = report.new_folder()
    with console.Report() as stages:
        done = load_run.run(shape, aim, chosen, report=stages, workers=workers, people_file=people_file)
        done.size = "" if users or rate or time else size
        with stages.stage("report") as stage:
            verdicts = objectives.judge(
                wanted, measures.of(done), profile=profile, size=done.size, target=aim.kind
            )
            made = report.write(done, verdicts, folder)
            stage.say(str(folder / "report.html"))
    console.out.print(report.summary(made))
    console.out.print(report.table(made))
    for note in made["notes"]:
        console.out.print(f"note: {note}", soft_wrap=True, markup=False)
    console.out.print(f"[bold]The report[/]  {folder / 'report.html'}", soft_wrap=True)
    raise typer.Exit(0 if all(one.passed for one in verdicts) else 1)


@app.command("compare")
def compare_reports(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of a report.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Folder of another one.")],
) -> None:
    """Print each measure of two reports with the ratio B / A, and what was different around them."""
    for table in compare.tables(document.read(first), document.read(second)):
        console.out.print(table)


@crowd.command("make")
def make_people(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write who they are.")],
    number: Annotated[int, typer.Option(min=1, max=shapes.MOST_PEAK, help="How many.")] = 50,
    target: Target = "",
) -> None:
    """Make people for a load run, in teams of their own. The file holds their sessions."""
    aim = targets.choose(target, settings.load())
    tag = people.make(aim.manage, number, to)
    console.out.print(f"{number} people in {aim.name}, teams `Load {tag} ...`: {to}", soft_wrap=True)


@crowd.command("remove")
def remove_people(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `make` has written.")],
    target: Target = "",
) -> None:
    """Take the people of a file away, with all their trips, and the file."""
    aim = targets.choose(target, settings.load())
    try:
        gone = people.remove(aim.manage, file)
    except (OSError, ValueError, KeyError) as error:
        raise WitwError(f"{file} holds no people: {error}", remedy="name what `make` has written") from error
    console.out.print(f"{gone} teams went from {aim.name}")


def _shape(profile: str, size: str, users: int | None, rate: int | None, seconds: int | None) -> shapes.Shape:
    suggest.check("profile", profile, shapes.PROFILES)
    suggest.check("size", size, shapes.SIZES)
    if users is not None and rate is not None:
        raise WitwError(
            "--users and --rate are two ways to load, and a run has one",
            remedy="choose: users wait for answers and think; arrivals come at their rate in any case",
        )
    kind: shapes.Kind = "users" if rate is None else "arrivals"
    return shapes.make(profile, size, kind=kind, peak=users or rate, seconds=seconds)
