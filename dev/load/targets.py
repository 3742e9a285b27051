"""What may be loaded: stacks of this checkout, and what somebody says is theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from dev import cluster, process, target
from dev.compose import Compose
from dev.errors import ClusterError, ProcessError, StackError, WitwError
from dev.load import people
from dev.settings import ROOT, Settings
from dev.target import Target

NAMESPACE, RELEASE = "witw", "witw"

LOOPBACK = ("localhost", "127.0.0.1", "::1")

GATEWAY_PORT = "8080/tcp"


@dataclass(frozen=True)
class LoadTarget:
    """A stack that load may be put on.

    Args:
        name: What a reader calls it.
        url: Where people reach it.
        kind: Where it runs; `foreign` is somebody's own, of which nothing is known but its URL.
        compose: Its project, where it is one.
        to: Its cluster, where it is in one.
    """

    name: str
    url: str
    kind: Literal["compose", "cluster", "foreign"]
    compose: Compose | None = None
    to: Target | None = None

    @property
    def host(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or ""

    def manage(self, code: str) -> str:
        """Run Python code in a shell of the app; returns what it prints.

        Raises:
            ProcessError: It failed.
            WitwError: It is a stack that cannot be reached into.
        """
        if self.compose is not None:
            command = self.compose.command("exec", "--no-TTY", "app", *people.SHELL)
            return process.run(command, stdin=code, env=self.compose.env, timeout=people.TIMEOUT).stdout
        if self.to is not None:
            where = (
                "exec",
                "--stdin",
                f"deployment/{RELEASE}",
                "--container=app",
                f"--namespace={NAMESPACE}",
            )
            return self.to.run_kubectl(*where, "--", *people.SHELL, stdin=code, timeout=people.TIMEOUT).stdout
        raise WitwError(
            f"no people can be made in {self.url}, which is not of this checkout",
            remedy="name a file of people who may log in there: --people FILE",
        )


def choose(wanted: str, settings: Settings, *, owned: str = "") -> LoadTarget:
    """The stack to load.

    Args:
        wanted: A URL, `compose`, the name of a cluster of this checkout, or nothing: the cluster of the
            project if the app runs in it, else its Compose stack.
        settings: The settings of this run.
        owned: The host of a URL that is not of this checkout, repeated by whoever says that it is theirs.

    Raises:
        WitwError: The target is not ours, or there is no stack.
    """
    if "//" in wanted:
        return _of_url(wanted, settings, owned)
    known = all_of_ours(settings)
    if wanted:
        # A word is the name of a stack or nothing.
        named = [one for one in known if wanted in (one.name, one.kind, one.name.partition(" ")[2])]
    else:
        named = [one for one in known if one.name.partition(" ")[2] == settings.project]
    if named:
        return named[0]
    if wanted in cluster.names():
        raise ClusterError(
            f"the app is not in the cluster {wanted}, or it does not answer",
            remedy=f"./witw up --kind --name {wanted}",
        )
    raise StackError(
        f"there is no stack {wanted} to load" if wanted else "there is no stack to load: nothing is up here",
        remedy=f"{_list(known)}./witw up brings up Compose's, ./witw up --kind a cluster's",
    )


def all_of_ours(settings: Settings) -> list[LoadTarget]:
    """The stacks of this checkout that run: clusters first."""
    return [*_clusters(settings), *_projects(settings)]


def _of_url(url: str, settings: Settings, owned: str) -> LoadTarget:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise WitwError(f"{url} is no address: {error}", remedy="write --target http://HOST:PORT") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise WitwError(f"{url} is no address of a stack", remedy="write --target http://HOST:PORT")
    known = all_of_ours(settings)
    if host in LOOPBACK:
        for one in known:
            if urlsplit(one.url).port == port:
                return one
    if owned and owned == host:
        return LoadTarget(f"{host}:{port}", f"{parts.scheme}://{parts.netloc}", "foreign")
    said = f", and --i-own-this-target says {owned}" if owned else ""
    raise WitwError(
        f"{url} is not a stack of this checkout{said}; no load was put on it",
        remedy=f"{_list(known)}if it is yours to load: --i-own-this-target {host}",
    )


def _list(known: list[LoadTarget]) -> str:
    return f"these are: {', '.join(f'{one.url} ({one.name})' for one in known)}; " if known else ""


def _projects(settings: Settings) -> list[LoadTarget]:
    """Compose projects of this checkout whose gateway runs."""
    labels = [
        f"--filter=label=com.docker.compose.project.working_dir={ROOT}",
        "--filter=label=com.docker.compose.service=gateway",
    ]
    try:
        ids = process.run(["docker", "ps", "--quiet", *labels]).stdout.split()
        found = json.loads(process.run(["docker", "inspect", *ids]).stdout) if ids else []
    except ProcessError as error:
        raise StackError(
            "the Docker engine does not say what runs", details=error.tail(), remedy="./witw doctor"
        ) from error
    made = [_project(facts, settings) for facts in found]
    own = f"compose {settings.project}"
    return sorted((one for one in made if one), key=lambda one: (one.name != own, one.name))


def _project(facts: dict[str, Any], settings: Settings) -> LoadTarget | None:
    bindings = facts["NetworkSettings"]["Ports"].get(GATEWAY_PORT) or []
    if not bindings:
        return None
    project = str(facts["Config"]["Labels"]["com.docker.compose.project"])
    own = settings.model_copy(update={"project": project, "port": int(bindings[0]["HostPort"])})
    return LoadTarget(f"compose {project}", own.url, "compose", compose=Compose(own))


def _clusters(settings: Settings) -> list[LoadTarget]:
    """Clusters of this checkout that run the app."""
    made = []
    for name in cluster.names():
        nodes = cluster.nodes(name)
        if not nodes or not all(node.awake for node in nodes):
            continue
        try:
            to = target.of_cluster(cluster.find(name, settings), settings)
            deployments = to.kube.list("Deployment", NAMESPACE)
        except ClusterError:
            continue  # it is just being made, or broken: nothing that could be loaded
        if any(one["metadata"]["name"] == RELEASE for one in deployments):
            url = f"http://localhost:{to.ours.ports.public}"
            made.append(LoadTarget(f"cluster {name}", url, "cluster", to=to))
    return made
