"""`./witw up`: from whatever is here to the running app."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from dev import (
    base_image,
    builds,
    catalogue_images,
    cluster_demo,
    cluster_up,
    console,
    doctor,
    engine,
    images,
    layers,
    packages,
    park,
    platform_values,
    process,
    settings,
    stack,
    state,
)
from dev.bench import times
from dev.commands import STACK
from dev.compose import Compose
from dev.target import Target

PANEL = STACK


def command(
    pull: Annotated[
        str | None,
        typer.Option(
            metavar="auto|always|never", help="Pull images and charts and download programs, or make them."
        ),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Registry that images and charts are pulled through."),
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="Build the images even if nothing has changed.")
    ] = False,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Bring demo people and trips.")] = True,
    kind: Annotated[
        bool, typer.Option("--kind", help="Bring up a Kubernetes cluster instead of containers.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="With --kind: the cluster's name, the project's by default.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=9, help="With --kind: nodes beside the control plane.")
    ] = 0,
    encrypt_configmaps: Annotated[
        bool, typer.Option("--encrypt-configmaps", help="With --kind: encrypt ConfigMaps at rest too.")
    ] = False,
    more: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="LAYER,...",
            help=f"With --kind: layers besides those that the app needs, of {', '.join(layers.LAYERS)}.",
        ),
    ] = "",
) -> None:
    """Bring the stack up: engine, base image, images, containers, cities and demo data.

    Every step looks first and does only what is missing, so a second run changes nothing, and one that was
    interrupted is finished by the next.
    """
    chosen = settings.load(pull=pull, mirror=mirror)
    if kind:
        wishes = cluster_up.Wishes(
            name or chosen.project,
            workers=workers,
            encrypt=("secrets", "configmaps") if encrypt_configmaps else ("secrets",),
            layers=tuple(layers.split(more)),
        )
        _up_kind(chosen, wishes, build=build, demo=demo)
        return
    with state.only_one("up"), console.Report() as report:
        compose = prepare(chosen, report, build=build)
        password = _run(compose, report, demo=demo)
    # For `./witw bench app`; a run that changed nothing says nothing about how long things take.
    if report.changed:
        stages = [{"stage": stage.name, "seconds": round(stage.seconds, 1)} for stage in report.stages]
        state.set_stamp("up", seconds=round(report.seconds, 1), stages=stages)
    console.out.print(report.table())
    _say(report, url=chosen.url, admin=chosen.internal_url, password=password)


def _up_kind(chosen: settings.Settings, wishes: cluster_up.Wishes, *, build: bool, demo: bool) -> None:
    # Before anything is built.
    layers.choose(wishes.layers)
    with state.only_one("up --kind"), console.Report() as report:
        made: list[tuple[Target, str]] = []

        def bring_up() -> None:
            wanted = platform_values.chosen_layers(wishes.name, wishes.layers)
            compose = prepare(chosen, report, build=build, profiles=wanted)
            to = cluster_up.bring_up(chosen, compose, report, wishes)
            made.append((to, cluster_demo.bring(to, report) if demo else ""))

        def compile_ahead() -> None:
            wanted = platform_values.chosen_layers(wishes.name, wishes.layers)
            builds.prefetch(chosen, report, images=[*builds.CLUSTER_IMAGES, *cluster_up.images_of(wanted)])

        process.side_by_side(bring_up, compile_ahead)
        if report.changed:
            images.remove_superseded()
            catalogue_images.remove_superseded(chosen)
    to, password = made[0]
    _remember_cold(report)
    console.out.print(report.table())
    _say(
        report,
        url=platform_values.public_url(to.ours, chosen),
        admin=platform_values.internal_url(to.ours),
        password=password,
        pages=platform_values.pages(to.ours),
    )


def _remember_cold(report: console.Report) -> None:
    """Keep the stages of a run that had to make things from nothing: for `./witw bench up`."""
    if times.is_cold(stage.name for stage in report.stages):
        stages = [{"stage": stage.name, "seconds": round(stage.seconds, 1)} for stage in report.stages]
        state.set_stamp(times.COLD, seconds=round(report.seconds, 1), stages=stages)


def prepare(
    chosen: settings.Settings, report: console.Report, *, build: bool = False, profiles: Sequence[str] = ()
) -> Compose:
    """Everything up to the images; with those of layers that are a profile of compose.yaml as well."""
    with report.stage("checks") as stage:
        count = doctor.require(doctor.before_the_engine(chosen))
        stage.unchanged(f"{count} checks of this machine passed")
    _prefetch(chosen, report)
    with report.stage("base image") as stage:
        base, done = base_image.ensure(chosen, stage.say)
        stage.say(done) if done else stage.unchanged(base)
    environment = images.build_environment(chosen, base)
    if profiles:
        environment["COMPOSE_PROFILES"] = ",".join([os.environ.get("COMPOSE_PROFILES", ""), *profiles])
    compose = Compose(chosen, environment)
    with report.stage("images") as stage:
        built = images.build(compose, base, stage.say, always=build)
        stage.say("built " + ", ".join(built)) if built else stage.unchanged("all up to date")
    return compose


def _prefetch(chosen: settings.Settings, report: console.Report) -> None:
    """The engine; where it has to be installed and no registry answers, the base image is made beside it."""
    needed = engine.packages_needed()
    alone = needed and chosen.pull != "always" and not (chosen.mirror or chosen.base_image)
    bootstraps = bool(alone and (chosen.pull == "never" or not base_image.registry_answers(chosen)))
    if needed:
        with report.stage("packages") as stage:
            names = [*needed, *(base_image.tools_needed(chosen) if bootstraps else [])]
            stage.say(f"installing {', '.join(names)}")
            done = packages.install(*names)
            stage.say(f"installed {', '.join(done)}") if done else stage.unchanged("all here")

    def get_engine() -> None:
        with report.stage("engine") as stage:
            found, done = engine.ensure(chosen)
            said = f"Docker {found.version} at {found.endpoint}"
            stage.say(f"{done}: {said}") if done else stage.unchanged(said)

    def get_base() -> None:
        with report.stage("bootstrap") as stage:
            stage.say(f"kept as {base_image.bootstrap(chosen, stage.say)}")

    process.side_by_side(get_engine, *([get_base] if bootstraps else []))


def _run(compose: Compose, report: console.Report, *, demo: bool) -> str:
    """Everything from the images to the demo data; returns the demo people's password."""
    with report.stage("containers") as stage:
        resumed = park.wake(park.compose(compose.settings))
        config, containers = compose.config(), compose.containers()
        stack.check_ports(compose.settings, containers)
        if stack.is_current(compose, config, containers):
            said = f"{len(containers)} containers ready"
            stage.say(f"resumed: {said}") if resumed else stage.unchanged(said)
        else:
            if not any(container["State"]["Running"] for container in containers):
                stack.check_data(compose, config)
            for service, seconds in stack.start(compose, stage.say).items():
                report.add(f"  of it {service}", seconds, "ran to its end")
            images.remove_superseded()
            stage.say("all containers ready")
    with report.stage("app") as stage:
        health = stack.wait_ready(compose.settings)
        stage.unchanged(str(health.get("status", "ready")))
    if not demo:
        return ""
    with report.stage("demo data") as stage:
        if stack.seed(compose):
            stage.say("people and trips are there")
        else:
            stage.unchanged("people and trips are there")
        return stack.demo_password(compose)


def _say(
    report: console.Report, *, url: str, admin: str, password: str, pages: Mapping[str, str] | None = None
) -> None:
    if not report.changed:
        console.out.print("Everything was up already; nothing was changed.")
    console.out.print(f"[bold]The app[/]       {url}", soft_wrap=True)
    console.out.print(f"[bold]Admin[/]         {admin}/internal/admin/", soft_wrap=True)
    for layer, page in (pages or {}).items():
        console.out.print(f"[bold]{layer.capitalize():<14}[/]{page}", soft_wrap=True)
    if password:
        console.out.print(f"[bold]Demo login[/]    {stack.DEMO_EMAIL}  {password}", soft_wrap=True)
