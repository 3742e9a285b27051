"""Times of a cluster of its own: made, started again, changed; beside what kind does by itself."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import catalogue_images, cluster, cluster_config, process, registry, state, toolchain
from dev.base_image import Say
from dev.bench import checkout, memory, times
from dev.bench.answers import FirstAnswer
from dev.bench.checkout import Checkout
from dev.bench.times import Times
from dev.console import Report, Stage
from dev.errors import ClusterError
from dev.settings import Settings

IDLE = 30.0
"""Seconds for which an idle cluster is looked at."""

ANSWER_TIMEOUT = 300.0
"""Seconds for the first answer after a restart."""


@dataclass(frozen=True)
class Bench:
    """What takes part.

    Args:
        name: The cluster that is made for it.
        copy: The checkout that is changed for it.
    """

    settings: Settings
    name: str
    copy: Checkout
    kind: Path
    node_image: str
    registry: str

    @property
    def bare(self) -> str:
        """The cluster that kind makes by itself."""
        return f"{self.name}-bare"

    def measure(self, runs: int, found: Times, report: Report) -> None:
        """Measure everything a number of times, into `found`."""
        parts: list[Callable[[int, Times, Stage], None]] = [
            self._create, self._up, self._again, self._idle, self._change, self._push, self._restart
        ]  # fmt: skip
        for part in parts:
            title = part.__name__.strip("_")
            with report.stage(title) as stage:
                for number in range(runs):
                    stage.say(f"run {number + 1} of {runs}")
                    part(number, found, stage)
                stage.unchanged(f"{runs} runs")

    def _create(self, _: int, found: Times, stage: Stage) -> None:
        """A bare `kind create cluster`."""
        folder = cluster.folder_of(self.bare)
        # So that it is known as ours, whatever ends this run.
        state.write(folder / "cluster.json", '{"ports": {}, "workers": 0, "encrypt": [], "ready": false}\n')
        config = folder / "kind.yaml"
        state.write(config, cluster_config.bare(cluster_config.causes()))
        options = ["--image", self.node_image, "--config", str(config), "--name", self.bare]
        command = [str(self.kind), "create", "cluster", *options, "--kubeconfig", str(folder / "kubeconfig")]
        began = time.monotonic()
        process.run(command, timeout=cluster.CREATE_TIMEOUT, on_line=stage.say)
        found.add(times.CREATE, time.monotonic() - began)
        cluster.delete(self.bare, self.settings)

    def _up(self, _: int, found: Times, stage: Stage) -> None:
        """From no cluster to the first answer; the last one stays for what follows."""
        cluster.delete(self.name, self.settings)
        with FirstAnswer(self.name) as answer:
            said = self.copy.run("up", "--kind", "--name", self.name, "--no-demo", on_line=stage.say)
            answer.wait(ANSWER_TIMEOUT)
        found.add(times.UP, _answered(answer), said.stdout)

    def _again(self, _: int, found: Times, stage: Stage) -> None:
        with _timed(found, times.AGAIN) as said:
            said.append(
                self.copy.run("up", "--kind", "--name", self.name, "--no-demo", on_line=stage.say).stdout
            )

    def _idle(self, _: int, found: Times, stage: Stage) -> None:
        stage.say(f"nothing is done for {IDLE:.0f} s")
        names = [*(node.name for node in cluster.nodes(self.name)), registry.container_name(self.settings)]
        found.rest(*memory.of_idle(names, IDLE))

    def _change(self, number: int, found: Times, stage: Stage) -> None:
        self.copy.change(number)
        with _timed(found, times.CHANGE) as said:
            said.append(self.copy.run("deploy", "--name", self.name, on_line=stage.say).stdout)

    def _push(self, number: int, found: Times, stage: Stage) -> None:
        """The same image, which the cluster does not know yet, by both ways."""
        self.copy.change(-1 - number)
        said = self.copy.run("push", "app", "--registry", f"{self.registry}/{self.name}", on_line=stage.say)
        found.add(times.PUSH, times.stage(said.stdout, "push"))
        image = f"witw/app:{checkout.TAG}"
        with _timed(found, times.LOAD):
            process.run([str(self.kind), "load", "docker-image", image, "--name", self.name], timeout=600)

    def _restart(self, _: int, found: Times, stage: Stage) -> None:
        stage.say(f"stopped {', '.join(cluster.stop(self.name))}")
        with FirstAnswer(self.name) as answer:
            process.run(["docker", "start", *(node.name for node in cluster.nodes(self.name))])
            answer.wait(ANSWER_TIMEOUT)
        found.add(times.RESTART, _answered(answer))


@contextlib.contextmanager
def prepared(settings: Settings, name: str, report: Report) -> Iterator[Bench]:
    """What the bench needs: programs, images, a copy of the checkout. All that was made for it goes again.

    Raises:
        ClusterError: A cluster of that name is there, and was not made for this.
    """
    folder = state.FOLDER / "bench" / name
    if cluster.recorded(name) and not folder.exists():
        raise ClusterError(
            f"the cluster {name} is there, and the bench makes one of its own",
            remedy="choose another name: --name OTHER",
        )
    with report.stage("left over") as stage:
        gone = clear(settings, name, folder)
        stage.say(f"removed {', '.join(gone)}") if gone else stage.unchanged("nothing of an earlier run")
    try:
        with report.stage("copy") as stage:
            copy = checkout.make(folder)
            stage.unchanged("of the checkout")
        with report.stage("images") as stage:
            bench = _bench(settings, name, copy, stage.say)
            copy.run("push", "--registry", f"{bench.registry}/{name}", on_line=stage.say)
            stage.unchanged("are there")
        yield bench
    finally:
        clear(settings, name, folder)


def clear(settings: Settings, name: str, folder: Path) -> list[str]:
    """Remove the clusters of a bench, its images and its copy. Returns what is gone."""
    gone = [one for one in (name, f"{name}-bare") if folder.exists() and cluster.delete(one, settings)]
    form = "--format={{.Repository}}:{{.Tag}}"
    built = process.run(["docker", "image", "ls", form, f"witw/*:{checkout.TAG}"], check=False).stdout.split()
    if gone:
        registry.forget(settings, name)
    for image in [*built, *checkout.built(folder)]:
        # Without force: what is the same image under another name only loses this one.
        process.run(["docker", "image", "rm", image], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    return [*gone, *built]


def _bench(settings: Settings, name: str, copy: Checkout, say: Say) -> Bench:
    mirror, _ = registry.ensure(settings, say)
    node = catalogue_images.ensure("node", settings, say)
    kind = toolchain.ensure("kind", settings, say)
    return Bench(settings, name, copy, kind, node.reference, mirror.name)


def _answered(answer: FirstAnswer) -> float:
    if answer.seconds is None:
        raise ClusterError(
            f"the app did not answer within {ANSWER_TIMEOUT:.0f} s",
            remedy="see `./witw doctor`; run this again",
        )
    return answer.seconds


@contextlib.contextmanager
def _timed(found: Times, what: str) -> Iterator[list[str]]:
    """Time what is done within, and enter it with what it has said."""
    said: list[str] = []
    began = time.monotonic()
    yield said
    found.add(what, time.monotonic() - began, "".join(said))
