"""Helm releases: what helmfile.yaml declares, how each stands, and healing one that was interrupted."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev import conditions
from dev.errors import ClusterError, ProcessError
from dev.kube import Object
from dev.settings import ROOT
from dev.target import Target

HELMFILE = ROOT / "dev" / "platform" / "helmfile.yaml"

PENDING = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
"""States that only a Helm that runs leaves, or one that was killed."""

STOOD = ("deployed", "superseded")

YOUNG = dt.timedelta(minutes=15)
"""In a cluster that is not ours a pending release of this age may be somebody's that is still at work."""

HELM_TIMEOUT = 300.0


@dataclass(frozen=True)
class Release:
    """A release as helmfile.yaml declares it."""

    name: str
    namespace: str
    chart: Path
    layer: str
    values: tuple[Path, ...]

    @property
    def key(self) -> str:
        """As helmfile's `needs` names it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class State:
    """How a release stands in a cluster."""

    status: str
    revision: int


def declared(file: Path = HELMFILE) -> list[Release]:
    """The releases of helmfile.yaml, in its order."""
    documents = [document or {} for document in yaml.safe_load_all(file.read_text())]
    return [
        Release(
            item["name"],
            item["namespace"],
            (file.parent / item["chart"]).resolve(),
            item["labels"]["layer"],
            tuple(file.parent / name for name in item.get("values", [])),
        )
        for document in documents
        for item in document.get("releases", [])
    ]


def environments(file: Path = HELMFILE) -> list[str]:
    """The environments of helmfile.yaml."""
    documents = yaml.safe_load_all(file.read_text())
    return [name for document in documents for name in (document or {}).get("environments", {})]


def states(target: Target) -> dict[str, State]:
    """Every release in the cluster, by namespace and name."""
    listed = json.loads(
        target.run_helm("list", "--all-namespaces", "--max=0", "--output=json").stdout or "[]"
    )
    return {
        f"{item['namespace']}/{item['name']}": State(item["status"], int(item["revision"])) for item in listed
    }


def history(target: Target, release: Release) -> list[dict[str, Any]]:
    """The revisions of a release, the oldest first; none when it is not there."""
    said = target.run_helm(
        "history", release.name, f"--namespace={release.namespace}", "--output=json", check=False
    )
    return list(json.loads(said.stdout)) if said.ok else []


def heal(target: Target, releases: Iterable[Release], known: dict[str, State]) -> list[str]:
    """Bring releases that an ended Helm left half done back to where they stood.

    One that was deployed before is rolled back to that; one that never was is uninstalled.

    Returns:
        What was done.

    Raises:
        ClusterError: Somebody else may still be at work on it, or Helm could not mend it.
    """
    return [
        _heal_one(target, release)
        for release in releases
        if (state := known.get(release.key)) and state.status in PENDING
    ]


def remove_jobs(target: Target, releases: Iterable[Release], *, failed: bool) -> list[str]:
    """Remove Jobs that an ended Helm left behind.

    A hook without an end would begin whenever its image or Secret comes, and migrate the database for a
    version that is not there; the next attempt would wait for its pod.

    Args:
        target: The cluster.
        releases: Whose Jobs; no Helm of this checkout may be at work on them.
        failed: Also those that failed, which would be taken for Jobs of the next attempt.

    Returns:
        What was done.
    """
    done = []
    for release in releases:
        mine = f"app.kubernetes.io/instance={release.name}"
        jobs = target.kube.list("Job", release.namespace, label_selector=mine)
        has_failed = [job for job in jobs if failed and conditions.hold(job, "Failed")]
        left = [job for job in jobs if job in has_failed or _is_abandoned_hook(job, target)]
        if names := [job["metadata"]["name"] for job in left]:
            where = f"--namespace={release.namespace}"
            target.run_kubectl("delete", "job", where, "--ignore-not-found", *names)
            done.append(f"removed what an earlier attempt left: {', '.join(names)}")
    return done


def _heal_one(target: Target, release: Release) -> str:
    revisions = history(target, release)
    status = revisions[-1]["status"] if revisions else "gone"
    if target.cluster is None and revisions and _age(revisions[-1]) < YOUNG:
        raise ClusterError(
            f"the release {release.key} is {status} since {revisions[-1]['updated']}: somebody may be at "
            "work on it",
            remedy=f"wait for them; if nobody is: helm --kube-context {target.context} --namespace "
            f"{release.namespace} rollback {release.name}",
        )
    stood = [int(item["revision"]) for item in revisions if item["status"] in STOOD]
    where = f"--namespace={release.namespace}"
    try:
        if stood and status != "uninstalling":
            target.run_helm("rollback", release.name, str(stood[-1]), where, timeout=HELM_TIMEOUT)
            return f"{release.name} was {status}: rolled back to revision {stood[-1]}"
        target.run_helm("uninstall", release.name, where, "--ignore-not-found", timeout=HELM_TIMEOUT)
    except ProcessError as error:
        raise ClusterError(
            f"the release {release.key} is {status}, and Helm could not mend that",
            details=error.tail(),
            remedy=f"see `helm history {release.name} --namespace {release.namespace}`",
        ) from error
    return f"{release.name} was {status} and never deployed: uninstalled"


def _is_abandoned_hook(job: Object, target: Target) -> bool:
    """Whether Helm made it to wait for its end, and nobody does. A CronJob's Jobs are no hooks.

    In another cluster somebody else's Helm may wait for a young one.
    """
    made = job["metadata"]
    has_ended = conditions.hold(job, "Failed") or conditions.hold(job, "Complete")
    if has_ended or "helm.sh/hook" not in (made.get("annotations") or {}):
        return False
    return target.cluster is not None or _age({"updated": made["creationTimestamp"]}) >= YOUNG


def _age(revision: dict[str, Any]) -> dt.timedelta:
    """How long ago a revision was begun."""
    text = str(revision["updated"])
    try:
        began = dt.datetime.fromisoformat(text)
    except ValueError:
        return dt.timedelta.max
    return dt.datetime.now(dt.UTC) - (began if began.tzinfo else began.replace(tzinfo=dt.UTC))
