"""One load run: people, locust, samples, and what became of it all."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev import console, process
from dev.errors import ProcessError, StackError
from dev.load import cluster_sources, compose_sources, environment, facts, in_cluster, machine, people
from dev.load.records import Records, Second
from dev.load.samples import Sampler, Samples, Source
from dev.load.shapes import Shape
from dev.load.targets import NAMESPACE, RELEASE, LoadTarget
from dev.settings import ROOT, Settings

LOCUSTFILE = ROOT / "tests" / "load" / "locustfile.py"

END_SECONDS = 90.0
"""What locust may take on top of the run itself: its start, and answers that are still awaited."""

CALM_SECONDS = 3.0
"""Sampled before the load comes and after it has gone."""

Live = Callable[["Run"], None]
"""Called about once a second, with the run as it is."""


@dataclass
class Run:
    """What was done and what came of it. It may be looked at while it goes on.

    Args:
        shape: What was wished for.
        target: The stack.
        began: By this machine's `time.monotonic`; all other times count from it, in seconds.
        began_at: By the wall clock, in ISO 8601.
        records: What locust told.
        samples: What the stack told.
        facts: Versions, limits and images, so that two runs can be compared.
        notes: What a reader should know about the measuring itself.
        interrupted: Whether it was ended before its time.
        size: Of the profile, if it has one.
    """

    shape: Shape
    target: LoadTarget
    began: float
    began_at: str
    records: Records
    samples: Samples = field(default_factory=Samples)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    size: str = ""

    @property
    def seconds(self) -> dict[int, Second]:
        """Each second of it, in order."""
        return self.records.seconds()


def run(
    shape: Shape,
    target: LoadTarget,
    settings: Settings,
    *,
    report: console.Report | None = None,
    workers: int = 0,
    people_file: Path | None = None,
    live: Live = lambda _: None,
    calm_after: float = CALM_SECONDS,
) -> Run:
    """Put load on a stack and watch it. Ctrl-C ends it early: the run says so and holds what there is.

    Args:
        shape: How many users, or arrivals per second, when.
        target: Which stack.
        settings: Of this checkout.
        report: Where the stages are shown.
        workers: Pods of locust in the target's cluster; 0 for one locust on this machine.
        people_file: People who may log in at a target that is not of this checkout.
        live: Told of the progress.
        calm_after: Seconds to go on sampling when the load is over, for the scale-in to be seen.

    Raises:
        WitwError: It could not begin, or locust failed before its first request.
    """
    report = report or console.Report()
    with contextlib.ExitStack() as stack, report.stage("people") as stage:
        if workers:
            in_cluster.check(target)
        elif done := environment.ensure(stage.say):
            stage.say(done)
        file = people_file or stack.enter_context(_people(shape, target, stage))
        stage.say(f"{shape.peak} of their own" if people_file is None else str(people_file))
        whole = Run(
            shape, target, 0.0, "", Records(0.0, shared_clock=not workers), facts=facts.of(target, settings)
        )
        generator: in_cluster.Generator | None = None
        if workers:
            generator = stack.enter_context(
                in_cluster.generator(target, settings, shape, workers, file, stage)
            )
        stack_left = stack.pop_all()
    with stack_left, report.stage("load") as stage:
        _go(whole, file, generator, stage, live, calm_after)
    return whole


def _people(shape: Shape, target: LoadTarget, stage: console.Stage) -> Any:
    stage.say(f"making {shape.peak}")
    # Nobody else may read it: it holds sessions.
    file = environment.folder().parent / f"load-people-{os.getpid()}.json"
    return people.crowd(target.manage, shape.peak, file)


def _go(
    whole: Run,
    file: Path,
    generator: in_cluster.Generator | None,
    stage: console.Stage,
    live: Live,
    calm_after: float,
) -> None:
    whole.began = time.monotonic()
    whole.records.began = whole.began
    whole.began_at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    sampler = Sampler(sources(whole.target, whole.notes.append), whole.began, whole.notes.append)
    whole.samples = sampler.samples

    def hear(line: str) -> None:
        if whole.records.hear(line, time.monotonic()):
            stage.say(progress(whole))
            live(whole)

    try:
        with sampler:
            time.sleep(CALM_SECONDS)
            if generator is not None:
                generator.run(hear)
            else:
                _locust(whole, file, hear)
            time.sleep(calm_after)
    except KeyboardInterrupt:
        whole.interrupted = True
    stage.say(progress(whole))


def _locust(whole: Run, file: Path, hear: Callable[[str], None]) -> None:
    command = [
        *(str(environment.python()), "-m", "locust", f"--locustfile={LOCUSTFILE}", "--headless"),
        *(f"--host={whole.target.url}", "--only-summary", "--loglevel=WARNING", "--exit-code-on-error=0"),
        "--stop-timeout=30",
    ]
    env = {
        "LOAD_SHAPE": whole.shape.to_json(),
        "LOAD_PEOPLE": str(file),
        "LOAD_RECORD": "1",
        # No configuration file of the user's and no proxy of the machine's between us and our own port.
        "HOME": str(environment.folder()),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")),
    }
    timeout = whole.shape.seconds + END_SECONDS
    said: list[str] = []

    def listen(line: str) -> None:
        hear(line)
        if not line.startswith("{"):
            said.append(line)

    try:
        process.run(command, timeout=timeout, env=env, cwd=LOCUSTFILE.parent, on_line=listen)
    except ProcessError as error:
        whole.notes.append(f"locust ended before its time: {error.message.splitlines()[-1]}")
    if not whole.records.requests:
        raise StackError(
            "locust ended without a single request",
            details="\n".join(said[-20:]),
            remedy=f"see the lines above; does {whole.target.url}/login answer?",
        )


def sources(target: LoadTarget, tell: Callable[[str], None]) -> list[Source]:
    """What is asked while a target is under load."""
    found = machine.sources()
    if target.compose is not None:
        found += compose_sources.sources(target.compose)
    if target.to is not None:
        asked = cluster_sources.ClusterSources(target.to.kube, NAMESPACE, RELEASE, tell)
        asked.look_for_a_scaler()
        found += asked.all()
    return found


def progress(whole: Run) -> str:
    """Where a run is, in a line."""
    latest = whole.records.latest(3)
    if not latest:
        return "no answer yet"
    per_second = sum(one.requests for one in latest) / len(latest)
    said = (
        f"{time.monotonic() - whole.began:.0f} s of {whole.shape.seconds:.0f} and a few, "
        f"{sum(latest[-1].users.values())} users, {per_second:.0f} requests/s, "
        f"{whole.records.failed} of {whole.records.requests:,} failed"
    )
    if (ready := whole.samples.last("replicas.ready")) is not None:
        said += f", {ready:.0f} of {whole.samples.last('replicas.desired') or 0:.0f} ready"
    return said
