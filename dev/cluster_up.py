"""`./witw up --kind`: the cluster with its registry, our images in it, the layers and the app."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from dev import (
    catalogue_images,
    charts,
    cluster,
    cluster_secrets,
    console,
    deploy,
    handover,
    helmfile,
    images,
    kinds,
    layers,
    platform_values,
    process,
    registry,
    target,
    toolchain,
    vacation_plan,
    waits,
)
from dev.cluster import Cluster
from dev.compose import Compose
from dev.errors import ClusterError
from dev.registry import Registry
from dev.settings import Settings
from dev.target import Target

OWN = ("kube-system", "local-path-storage")
"""Namespaces of what the cluster itself runs."""

READY_TIMEOUT = 180.0
"""Seconds for what the cluster itself runs; 15 are usual."""

ANSWER_TIMEOUT = 60.0
"""Seconds for the way through the gateway to be open once all pods are ready."""

ENVIRONMENT = "local"

PAUSE = 0.2


@dataclass(frozen=True)
class Wishes:
    """What a cluster is to be."""

    name: str
    workers: int = 0
    encrypt: tuple[str, ...] = ("secrets",)
    layers: tuple[str, ...] = ()
    values: tuple[Path, ...] = ()
    diff: bool = True


def bring_up(chosen: Settings, compose: Compose, report: console.Report, wishes: Wishes) -> Target:
    """Cluster, images, layers and app, once the engine and our images are there.

    What can, goes side by side.
    """
    wanted = platform_values.chosen_layers(wishes.name, wishes.layers)
    with report.stage("registry") as stage:
        mirror, done = registry.ensure(chosen, stage.say)
        stage.say(done) if done else stage.unchanged(mirror.name)
    made: list[Target] = []
    references: dict[str, str] = {}

    def make_cluster() -> None:
        with report.stage("cluster") as stage:
            found, done = cluster.ensure(
                wishes.name, chosen, stage.say, workers=wishes.workers, encrypt=wishes.encrypt
            )
            said = f"{wishes.name}, nodes: {len(cluster.nodes(wishes.name))}"
            stage.say(f"{done}: {said}") if done else stage.unchanged(said)
        made.append(target.of_cluster(found, chosen))
        prepare(made[0], wanted, chosen, report)

    def push_images() -> None:
        with report.stage("push") as stage:
            references.update(push(mirror, wishes.name, wanted, compose, chosen, stage))

    def get_programs() -> None:
        with report.stage("programs") as stage:
            found = [toolchain.get(name, chosen, stage.say) for name in ("helm", "helmfile", "helm-diff")]
            stage.unchanged(", ".join(f"{one.name} {one.version}" for one in found))

    process.side_by_side(make_cluster, push_images, get_programs)
    bring(made[0], chosen, report, references, wanted, values=wishes.values, diff=wishes.diff)
    return made[0]


def prepare(to: Target, wanted: Iterable[str], chosen: Settings, report: console.Report) -> None:
    """What releases of a cluster of ours find there: namespaces, Secrets, the kinds of the layers' charts."""
    with report.stage("ground") as stage:
        done = cluster_secrets.ensure(to, list(wanted))
        for layer in map(layers.get, wanted):
            for name in layer.charts:
                done += kinds.ensure(to, name, charts.ensure(name, chosen, stage.say))
        stage.say(f"made {', '.join(done)}") if done else stage.unchanged(
            "namespaces, Secrets and kinds are there"
        )


def bring(
    to: Target,
    chosen: Settings,
    report: console.Report,
    references: dict[str, str],
    wanted: Iterable[str],
    *,
    values: tuple[Path, ...] = (),
    diff: bool = True,
) -> bool:
    """The releases of a cluster of ours, and the first answer through its gateway.

    Returns:
        Whether any of them changed.
    """
    platform = platform_values.write(to.ours, chosen, wanted, references)
    runner = helmfile.get(to, ENVIRONMENT, chosen, values)
    done = deploy.run(runner, report, platform=platform, diff=diff, before=handover.before(to, wanted))
    if not done:
        with report.stage("releases") as stage:
            stage.unchanged("as they were left")
    with report.stage("app") as stage:
        if "autoscaling" in wanted and (asleep := vacation_plan.told(to.kube)):
            stage.unchanged(f"{asleep}; `./witw vacation --cancel` wakes it")
            return done
        if not done and not answers(to.ours):
            # All was ready when it was left. Where a node was started again, everything begins at once, some
            # before there is a network: what crashes by that comes up by itself.
            waits.until_ready(
                to.kube,
                namespaces=[*OWN, *namespaces(wanted)],
                timeout=READY_TIMEOUT,
                stage=stage,
                forgive=["CrashLoopBackOff"],
            )
        stage.unchanged(wait_for_answer(to.ours))
    return done


def push(
    mirror: Registry,
    name: str,
    wanted: Iterable[str],
    compose: Compose,
    chosen: Settings,
    stage: console.Stage,
) -> dict[str, str]:
    """Push what the layers and the app run into the local registry, side by side.

    What is there is not sent again.

    Returns:
        The reference by digest of each image.
    """
    ours = {short(image.name): image.name for image in images.declared(compose.config())}
    references: dict[str, str] = {}
    new: list[str] = []

    def one(image: str) -> None:
        known = ours.get(image) or catalogue_images.ensure(image, chosen, stage.say).reference
        path = f"{name}/{image}"
        if not registry.known(mirror, registry.target(mirror, known, path)):
            new.append(image)
        references[image] = registry.push(mirror, known, path)

    needed = images_of(wanted)
    process.side_by_side(*(functools.partial(one, image) for image in needed))
    if new:
        stage.say(f"pushed {', '.join(sorted(new))}")
    else:
        stage.unchanged(f"{len(references)} images are there")
    return references


def images_of(wanted: Iterable[str]) -> list[str]:
    """The images that the app and some layers run."""
    return list(dict.fromkeys(image for name in ["app", *wanted] for image in layers.get(name).images))


def short(image: str) -> str:
    """An image's name without the house and the tag: `witw/app:dev` is `app`."""
    return image.rpartition("/")[2].partition(":")[0]


def answers(found: Cluster) -> bool:
    """Whether the app answers through the public gateway."""
    return _ask(found)[0]


def wait_for_answer(found: Cluster) -> str:
    """Wait for the first answer through the public gateway.

    Returns:
        What was asked.

    Raises:
        ClusterError: There is none within the time.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while True:
        there, said = _ask(found)
        if there:
            return said
        if time.monotonic() > deadline:
            raise ClusterError(
                f"all pods are ready, but the app does not answer through the gateway: {said}",
                remedy="see `./witw kubectl describe httproute -n witw` and the logs in namespace gateway",
            )
        time.sleep(PAUSE)


def _ask(found: Cluster) -> tuple[bool, str]:
    url = f"http://localhost:{found.ports.public}/login"
    try:
        # A proxy of this machine has no business between us and our own port.
        answer = httpx.get(url, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        return False, f"{url}: {error}"
    return answer.status_code == httpx.codes.OK, f"{url}: {answer.status_code}"


def namespaces(wanted: Iterable[str]) -> list[str]:
    """Where the app and some layers run."""
    return sorted({layers.get(name).namespace for name in ["app", *wanted]})
