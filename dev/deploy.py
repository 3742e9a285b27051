"""From images that were pushed to releases that are ready: diff, heal, apply, watch."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dev import build_context, cluster, console, helmfile, layers, process, release, state, waits
from dev.errors import ProcessError, WitwError
from dev.helmfile import Helmfile
from dev.release import Release, State

READY_TIMEOUT = 300.0
"""Seconds for everything to be ready once Helm is through."""


def run(
    run_by: Helmfile,
    report: console.Report,
    *,
    platform: dict[str, Any] | None = None,
    diff: bool = True,
    confirm: Callable[[], None] | None = None,
    before: Callable[[], None] | None = None,
) -> bool:
    """Bring the releases of an environment to what charts and values say, and wait until all is ready.

    Args:
        run_by: helmfile for the cluster and environment.
        report: Where the stages go.
        platform: What `platform_values.write` gave, for a cluster of ours; only what has changed since
            the last time is looked at then.
        diff: Show what will change.
        confirm: Asked before anything is changed.
        before: Done before the first release is touched.

    Returns:
        Whether anything was done.

    Raises:
        ClusterError: Values are wrong (nothing was changed), or a release or its pods failed. The cause is
            named.
    """
    target = run_by.target
    known = release.states(target)
    all_of_it = wanted(run_by, platform)
    inputs = {item.name: digest(run_by, item, platform) for item in all_of_it}
    todo = changed(target.cluster, known, inputs) if target.cluster else all_of_it
    if not todo:
        return False
    with report.stage("diff") as stage:
        text = _look(run_by, todo, known, diff=diff)
        stage.unchanged(", ".join(_standing(item, known) for item in todo))
    if text:
        console.out.print(text, markup=False, soft_wrap=True)
    if confirm is not None:
        confirm()
        # Whoever read the diff took their time, and somebody else may be at work by now.
        known = release.states(target)
    with report.stage("releases") as stage:
        done = release.heal(target, todo, known)
        done += release.remove_jobs(target, todo, failed=True)
        if before is not None:
            before()
        apply(run_by, todo, stage)
        stage.say("; ".join([*done, ", ".join(item.name for item in todo)]))
    with report.stage("ready") as stage:
        spaces = sorted({item.namespace for item in all_of_it} & _there(run_by))
        seconds = waits.until_ready(target.kube, namespaces=spaces, timeout=READY_TIMEOUT, stage=stage)
        stage.unchanged(f"all pods of {', '.join(spaces)}, after {seconds:.0f} s")
    if target.cluster:
        remember(target.cluster.name, release.states(target), inputs)
    return True


def wanted(run_by: Helmfile, platform: dict[str, Any] | None) -> list[Release]:
    """The releases that an environment has.

    Another cluster may hold releases of the same names that are somebody else's: there helmfile says which
    are the environment's.
    """
    if platform is None:
        names = run_by.enabled()
        return [item for item in release.declared() if item.key in names]
    return [item for item in release.declared() if item.layer == "app" or platform["layers"].get(item.layer)]


def digest(run_by: Helmfile, item: Release, platform: dict[str, Any] | None) -> str:
    """A hash of all that a release is made from."""
    values = [file.read_bytes() for file in item.values]
    parts: list[str | bytes] = [item.key, *values]
    if item.chart.is_dir():
        parts.append(build_context.content_hash(item.chart, item.chart / "Chart.yaml"))
    environment = release.HELMFILE.parent / "environments" / f"{run_by.environment}.yaml.gotmpl"
    if platform is not None:
        images = set(layers.get(item.layer).images)
        mine = {name: text for name, text in platform["images"].items() if name in images}
        parts += [json.dumps({**platform, "images": mine, "layers": {}}, sort_keys=True)]
    if any(b".Values.app" in text for text in values):
        # The app, and what has to agree with it: where it is asked for its health, how many pods it may have.
        own = environment.with_name("own.yaml.gotmpl")
        parts += [file.read_bytes() for file in (environment, own) if file.exists()]
        parts += [file.read_bytes() for file in run_by.values]
    return state.digest(release.HELMFILE.read_bytes(), *parts)


def changed(found: cluster.Cluster, known: dict[str, State], inputs: dict[str, str]) -> list[Release]:
    """The releases that are not as they were left, or not what they should become."""
    left = _read(found.name)

    def stands(item: Release) -> bool:
        there = known.get(item.key)
        return bool(there and left.get(item.name) == [inputs[item.name], there.status, there.revision])

    return [item for item in release.declared() if item.name in inputs and not stands(item)]


def remember(name: str, known: dict[str, State], inputs: dict[str, str]) -> None:
    """Write down how the releases were left, once everything was ready."""
    left = {
        item.name: [inputs[item.name], known[item.key].status, known[item.key].revision]
        for item in release.declared()
        if item.name in inputs and item.key in known
    }
    state.write(_file(name), json.dumps(left, indent=1, sort_keys=True) + "\n")


def apply(run_by: Helmfile, todo: list[Release], stage: console.Stage) -> None:
    """Install or upgrade releases side by side, watched: a hook that cannot end well ends the wait early.

    Raises:
        ClusterError: Names the pod and the reason, or says what Helm said. What was begun is brought back; if
            that failed as well, the details say so.
    """
    through = threading.Event()
    watch = waits.Watch(run_by.target.kube, {item.namespace for item in todo})
    # What an earlier attempt left is what this one is going to mend.
    old = {(item.kind, item.namespace, item.name) for item in watch.look()}

    def install() -> None:
        try:
            # A cluster of ours has the kinds that `needs` is about by now: no release has to wait.
            groups = [[item.name] for item in todo] if run_by.target.cluster else [[]]
            process.side_by_side(*(functools.partial(run_by.sync, group) for group in groups))
        finally:
            through.set()

    def look() -> None:
        while not through.wait(watch.pause):
            watch.left = [item for item in watch.look() if (item.kind, item.namespace, item.name) not in old]
            if watch.lost:
                raise watch.failure(READY_TIMEOUT)

    try:
        process.side_by_side(install, look)
    except WitwError as error:
        cause = helmfile.failed(error) if isinstance(error, ProcessError) else error
        _bring_back(run_by, todo, cause)
        if cause is error:
            raise
        raise cause from error


def _bring_back(run_by: Helmfile, todo: list[Release], cause: WitwError) -> None:
    """Heal what failed. What stands in the way of that is told beside the cause, never in its place."""
    try:
        release.heal(run_by.target, todo, release.states(run_by.target))
        release.remove_jobs(run_by.target, todo, failed=False)
    except WitwError as error:
        told = (cause.details, f"what was begun could not be brought back: {error.message}", error.details)
        cause.details = "\n".join(filter(None, told))
        cause.remedy = "; ".join(filter(None, (error.remedy, cause.remedy)))


def _look(run_by: Helmfile, todo: list[Release], known: dict[str, State], *, diff: bool) -> str:
    """What will change, and the proof that the values are right."""
    there = [item.name for item in todo if item.key in known]
    new = [item.name for item in todo if item.key not in known]
    if run_by.target.cluster is None:
        return run_by.diff([])
    if new and run_by.values:
        run_by.check(new)
    return run_by.diff(there) if there and diff else ""


def _standing(item: Release, known: dict[str, State]) -> str:
    there = known.get(item.key)
    return f"{item.name} {there.status}, revision {there.revision}" if there else f"{item.name} is new"


def _there(run_by: Helmfile) -> set[str]:
    """Namespaces that hold a release."""
    return {key.partition("/")[0] for key in release.states(run_by.target)}


def _file(name: str) -> Path:
    return cluster.folder_of(name) / "releases.json"


def _read(name: str) -> dict[str, list[str | int]]:
    try:
        loaded = json.loads(_file(name).read_text())
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
