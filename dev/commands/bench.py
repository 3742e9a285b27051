"""`./witw bench`: figures of the running stack, and of how long it takes to get there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from dev import (
    base_image,
    commands,
    console,
    images,
    layers,
    park,
    reports,
    settings,
    state,
    suggest,
)
from dev import cluster as cluster_of
from dev import target as target_of
from dev.bench import cluster, data, load, memory, resume, scale, scalers, times
from dev.bench import trials as trials_of
from dev.bench.report import Figures
from dev.bench.times import Times
from dev.bench.trials import Trials
from dev.commands import park as park_command
from dev.compose import Compose
from dev.errors import StackError

PANEL = commands.WORK

app = typer.Typer(no_args_is_help=True, help="Measure what runs.")

TRIPS_OF_A_TEAM = 2_000
TRIPS_TO_MOVE_AMONG = 20_000
TABLE_SIZES = (1_000, 100_000, 1_000_000)


@app.callback()
def _bench() -> None:
    """Measure what runs."""


@app.command("app")
def measure_app(
    seconds: Annotated[int, typer.Option(min=1, max=300, help="How long each endpoint is loaded.")] = 10,
    most_trips: Annotated[
        int, typer.Option(min=0, help="The most trips in the table when booking; 0 leaves bookings out.")
    ] = TABLE_SIZES[-1],
) -> None:
    """Measure the stack that is up: requests, queries, bookings, memory and sizes.

    The people and trips for it are made beside yours, in a team and in a database of their own, and taken
    away afterwards. The load comes from a container in the stack's own network. Takes some minutes, most of
    them for a million trips; the figures are kept in `.witw/reports/` too.
    """
    chosen = settings.load()
    compose = Compose(chosen, images.build_environment(chosen, base_image.ensure(chosen, lambda _: None)[0]))
    if not compose.is_running("gateway"):
        raise StackError("the stack does not run", remedy="./witw up")
    figures = Figures(up=state.stamp("up"))
    folder = reports.new_folder("bench")
    with console.Report() as report:
        try:
            _measure(compose, figures, report, seconds=seconds, most_trips=most_trips)
        finally:
            figures.write(folder / "figures.json")
    for table in figures.tables():
        console.out.print(table)
    console.out.print(f"Kept in {folder / 'figures.json'}", soft_wrap=True)


@app.command("up")
def measure_up(
    runs: Annotated[int, typer.Option(min=1, max=50, help="How often each is done; medians are shown.")] = 3,
    name: Annotated[
        str | None, typer.Option("--name", help="The cluster that is made for it; PROJECT-bench by default.")
    ] = None,
) -> None:
    """Measure how long a cluster takes: made, started again, changed; beside what kind does by itself.

    All of it in a cluster of its own and in a copy of this checkout, which go again afterwards, whatever ends
    the run. Takes about five minutes a run on two cores. Figures and all runs are kept in `.witw/reports/`.
    """
    chosen = settings.load()
    found = Times(cold=state.stamp(times.COLD))
    file = reports.new_folder("up") / "figures.json"
    with console.Report() as report:
        try:
            with cluster.prepared(chosen, name or f"{chosen.project}-bench", report) as bench:
                bench.measure(runs, found, report)
        finally:
            found.write(file)
    for table in found.tables():
        console.out.print(table)
    console.out.print(f"Kept in {file}", soft_wrap=True)


@app.command("resume")
def measure_resume(
    trials: Annotated[int, typer.Option(min=1, max=200, help="How often each way is tried.")] = 10,
    asleep: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds for which it sleeps each time.")
    ] = 5.0,
    ways: Annotated[
        str, typer.Option("--ways", metavar="WAY,...", help="Of frozen and stopped.")
    ] = "frozen,stopped",
    name: park_command.Name = None,
    only_compose: park_command.OnlyCompose = False,
) -> None:
    """Measure how long what is up takes from a park to the app's first answer: frozen, and stopped.

    Nobody can use it meanwhile. Figures and a plot are kept in `.witw/reports/`.
    """
    chosen = settings.load()
    names = layers.split(ways)
    for way in names:
        suggest.check("way of parking", way, resume.TO_REACH)
    for stack in park.choose(chosen, name, only_compose=only_compose):
        found = resume.of(stack)
        with _kept(found, "resume") as (report, keep):
            for way in names:
                with report.stage(way) as stage:
                    resume.measure(stack, way, trials, asleep, found, stage, keep)


@app.command("scale")
def measure_scale(
    trials: Annotated[int, typer.Option(min=1, max=200, help="How often each way is tried.")] = 10,
    ways: Annotated[
        str, typer.Option("--ways", metavar="WAY,...", help=f"Of {', '.join(scalers.WAYS)}.")
    ] = ",".join(scalers.WAYS),
    connections: Annotated[
        int, typer.Option(min=1, max=1000, help="Requests that are open at any time of the load.")
    ] = 32,
    name: Annotated[
        str | None, typer.Option("--name", help="The cluster of `up --kind`; the project's by default.")
    ] = None,
) -> None:
    """Measure the stages from a load step to an extra ready pod, with our settings beside stock ones.

    Needs the layer `autoscaling` and nobody else who loads the app. For the stock ways the cluster's
    controllers and metrics-server look as often as they do by themselves; afterwards all is as it was.
    `no load` asks for one pod more on an idle machine: how long a pod takes by itself. A trial takes about a
    minute. Figures and a plot are kept in `.witw/reports/`.
    """
    chosen = settings.load()
    names = layers.split(ways)
    for way in names:
        suggest.check("way of scaling", way, scalers.WAYS)
    to = target_of.of_cluster(cluster_of.find_awake(name or chosen.project, chosen), chosen)
    compose = Compose(chosen, images.build_environment(chosen, base_image.ensure(chosen, lambda _: None)[0]))
    bench = scale.prepare(to, f"witw/bench:{chosen.tag}", connections)
    found = scale.of(bench)
    with _kept(found, "scale") as (report, keep):
        with report.stage("wrk") as stage:
            compose.run("--profile=bench", "build", "bench", timeout=600, on_line=stage.say)
            stage.unchanged("the image is there")
        bench.measure(names, trials, found, report, keep)


@contextlib.contextmanager
def _kept(found: Trials, name: str) -> Iterator[tuple[console.Report, Callable[[], Path]]]:
    """Keep what was measured, whatever ends the run, and show it. Yields what keeps it meanwhile, too."""
    folder = reports.new_folder(name)

    def keep() -> Path:
        return found.write(folder)

    try:
        # Where there is no room it is said before hours are spent.
        keep()
        with console.Report() as report:
            yield report, keep
    finally:
        console.out.print(found.table())
        console.out.print(f"Kept in {keep()}", soft_wrap=True)
    with console.Report() as report, report.stage("plot") as stage:
        stage.unchanged(str(trials_of.draw(folder, stage.say)))


def _measure(
    compose: Compose, figures: Figures, report: console.Report, *, seconds: int, most_trips: int
) -> None:
    with report.stage("idle") as stage:
        figures.idle = memory.of_containers(compose)
        figures.images = memory.of_images(compose)
        stage.unchanged(f"{len(figures.idle)} containers")
    with report.stage("wrk") as stage:
        compose.run("--profile=bench", "build", "bench", timeout=600, on_line=stage.say)
        stage.unchanged("the image is there")
    manage = data.in_stack(compose)
    with report.stage("people") as stage:
        stage.say(f"{data.PEOPLE} people, {TRIPS_OF_A_TEAM:,} trips and their matches")
        with data.team(manage, TRIPS_OF_A_TEAM):
            _load(compose, figures, report, seconds=seconds)
    if most_trips:
        with report.stage("database") as stage, data.database(compose) as manage_alone:
            stage.say(f"a database of its own, {data.DATABASE}")
            _book(manage_alone, figures, report, most_trips)


def _load(compose: Compose, figures: Figures, report: console.Report, *, seconds: int) -> None:
    """Every endpoint in turn, then the memory of the workers."""
    host = urlsplit(compose.settings.url).netloc
    paths = [path for target in load.TARGETS for path in target.paths if target is not load.BARE]
    with report.stage("queries") as stage:
        found = data.measure(data.in_stack(compose), "endpoints", *paths)
        figures.paths = found["paths"]
        stage.unchanged(f"of {len(paths)} paths")
    for target in load.TARGETS:
        with report.stage(target.name) as stage:
            one = load.put_on(compose, target, seconds=seconds, cookie=found["cookie"], host=host)
            figures.loads[target.name] = one
            stage.unchanged(f"{one.per_second:,.0f} requests/s")
    figures.workers = memory.of_workers(compose)


def _book(manage: data.Manage, figures: Figures, report: console.Report, most_trips: int) -> None:
    """Bookings in ever greater tables, and at last a move in a great team."""
    trips = 0
    for size in [size for size in TABLE_SIZES if size <= most_trips]:
        with report.stage(f"{size:,} trips") as stage:
            of_a_team = min(size, TRIPS_OF_A_TEAM)
            missing = (size - trips) // of_a_team
            if missing > 1:
                data.seed(manage, trips=of_a_team, teams=missing - 1, matches=False)
            data.seed(manage, trips=of_a_team)
            trips += missing * of_a_team
            figures.bookings[size] = data.measure(manage, "bookings")
            stage.unchanged(f"booked in {figures.bookings[size]['p50_ms']:.1f} ms")
    with report.stage("moves") as stage:
        data.seed(manage, trips=TRIPS_TO_MOVE_AMONG)
        figures.moves = data.measure(manage, "moves", "--times=20")
        stage.unchanged(f"in {figures.moves['p50_ms']:.1f} ms")
