"""kind clusters of this checkout: made, used again, started again, taken away."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dev import (
    catalogue_images,
    cluster_config,
    containers,
    doctor,
    encryption,
    host,
    kubeconfig,
    node_start,
    parked,
    process,
    registry,
    state,
    toolchain,
)
from dev.base_image import Say
from dev.cluster_config import Ports
from dev.errors import ClusterError, HostError, ProcessError
from dev.process import Result
from dev.registry import Registry
from dev.settings import Settings

NODE_LABEL = "io.x-k8s.kind.cluster"
"""kind's own label on the containers of its nodes."""

SOON = {
    # Without a request it has next to no share of busy processors, and is the last of all pods to start.
    "daemonset/kube-proxy": {
        "name": "kube-proxy",
        "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}},
    },
    # kubeadm has it asked every 10 s.
    "deployment/coredns": {"name": "coredns", "readinessProbe": {"periodSeconds": 1, "timeoutSeconds": 4}},
}
"""By what is changed of kubeadm's own: after the start of a node everybody waits for addresses and names."""

CREATE_TIMEOUT, DELETE_TIMEOUT, START_TIMEOUT = 600.0, 120.0, 120.0


@dataclass(frozen=True)
class Node:
    """The container of a node."""

    id: str
    name: str
    running: bool
    frozen: bool = False

    @property
    def awake(self) -> bool:
        """Whether what is in it can do its work."""
        return self.running and not self.frozen


@dataclass(frozen=True)
class Cluster:
    """A cluster of this checkout."""

    name: str
    ports: Ports
    kubectl: Path

    @property
    def folder(self) -> Path:
        return folder_of(self.name)

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def control_plane(self) -> str:
        return f"{self.name}-control-plane"

    @property
    def command(self) -> list[str]:
        """kubectl for this cluster and no other, whatever the user's own configuration says."""
        return [str(self.kubectl), f"--kubeconfig={self.kubeconfig}", f"--context=kind-{self.name}"]

    @property
    def encrypted(self) -> encryption.Cluster:
        return encryption.Cluster(self.command, self.control_plane, encryption_file(self.name))

    def run(
        self, *arguments: str, stdin: str | None = None, timeout: float = 60, check: bool = True
    ) -> Result:
        """Run kubectl."""
        return process.run([*self.command, *arguments], stdin=stdin, timeout=timeout, check=check)


def folder_of(name: str) -> Path:
    """What is known of a cluster of this checkout: its record, its kubeconfig, its keys."""
    return state.FOLDER / "clusters" / name


def encryption_file(name: str) -> Path:
    """The file with a cluster's keys."""
    return folder_of(name) / "encryption" / "config.yaml"


def nodes(name: str) -> list[Node]:
    """The containers of a cluster's nodes, whoever made them."""
    label = f"--filter=label={NODE_LABEL}={name}"
    ids = process.run(["docker", "ps", "--all", "--quiet", "--no-trunc", label]).stdout.split()
    found = json.loads(process.run(["docker", "container", "inspect", *ids]).stdout) if ids else []
    return [
        Node(
            item["Id"],
            item["Name"].lstrip("/"),
            item["State"]["Running"],
            frozen=item["State"].get("Paused", False),
        )
        for item in found
    ]


def users(mirror: Registry) -> list[str]:
    """The clusters whose nodes fetch from a registry, whoever made them; stopped ones too."""
    label, form = f"--filter=label={NODE_LABEL}", f'--format={{{{.ID}}}} {{{{.Label "{NODE_LABEL}"}}}}'
    found = set()
    said = process.run(["docker", "ps", "--all", "--no-trunc", label, form]).stdout.strip()
    for line in said.splitlines():
        node, name = line.split()
        # Copied, as nothing can be run in a node that is stopped.
        file = f"{node}:{registry.hosts_folder(mirror)}/hosts.toml"
        if registry.hosts_toml(mirror) in process.run(["docker", "cp", file, "-"], check=False).stdout:
            found.add(name)
    return sorted(found)


def recorded(name: str) -> dict[str, Any]:
    """What was written when the cluster was made; nothing when this checkout has made none of that name."""
    try:
        facts = json.loads((folder_of(name) / "cluster.json").read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def names() -> list[str]:
    """The clusters of this checkout."""
    return sorted(path.parent.name for path in state.FOLDER.glob("clusters/*/cluster.json"))


def find(name: str, settings: Settings) -> Cluster:
    """A cluster that is there, and that its kubeconfig leads to: whoever asks it asks no other.

    Raises:
        ClusterError: This checkout has none of that name, or its kubeconfig was changed and points elsewhere.
    """
    if not (facts := recorded(name)) or not facts.get("ready"):
        known = ", ".join(names()) or "none"
        raise ClusterError(
            f"there is no cluster {name} of this checkout (there is: {known})",
            remedy=f"./witw up --kind{'' if name == settings.project else f' --name {name}'}",
        )
    found = Cluster(name, Ports(**facts["ports"]), toolchain.ensure("kubectl", settings))
    kubeconfig.require_ours(name, found.kubeconfig)
    return found


def find_awake(name: str, settings: Settings) -> Cluster:
    """A cluster that is there and can be asked.

    Raises:
        ClusterError: As `find`, or its nodes sleep.
    """
    found = find(name, settings)
    if [node for node in nodes(name) if not node.awake]:
        raise ClusterError(
            f"the cluster {name} is {parked.said(f'cluster {name}')}: nothing in it answers",
            remedy=f"./witw resume --name {name}",
        )
    return found


def ensure(
    name: str, settings: Settings, say: Say, *, workers: int = 0, encrypt: tuple[str, ...] = ("secrets",)
) -> tuple[Cluster, str]:
    """See to it that a cluster runs, with its registry.

    What was begun and not finished by an earlier run is made anew. A cluster that stands is left as it is.

    Returns:
        The cluster and what was done, empty when nothing was.

    Raises:
        ClusterError: A cluster of that name is not ours, or it did not come up.
    """
    facts, there = recorded(name), nodes(name)
    if there and not facts:
        raise ClusterError(
            f"a kind cluster {name} is there that this checkout did not make",
            remedy=f"choose another (./witw up --kind --name OTHER), or: kind delete cluster --name {name}",
        )
    mirror, done = registry.ensure(settings, say)
    if there and facts.get("ready"):
        check_wishes(name, facts, workers=workers, encrypt=encrypt)
        cluster = find(name, settings)
        restarted = _start(cluster, there, say)
        if registry.join(mirror) or mirror.port != cluster.ports.registry:
            # The registry was made anew, maybe at another port.
            ports = replace(cluster.ports, registry=mirror.port)
            cluster = replace(cluster, ports=ports)
            _introduce(cluster, mirror)
            _record(name, {**facts, "ports": asdict(ports)})
        return cluster, " and ".join(part for part in (restarted, done) if part)
    if there:
        say("removing what an interrupted run left")
        delete(name, settings)
    # Nodes that somebody else removed leave records of what was in them; the new ones hold none of that.
    shutil.rmtree(folder_of(name), ignore_errors=True)
    return _create(name, settings, mirror, say, workers=workers, encrypt=encrypt), "created"


def check_wishes(name: str, facts: dict[str, Any], *, workers: int, encrypt: tuple[str, ...]) -> None:
    """A standing cluster cannot be given other nodes or another encryption."""
    differences = []
    if workers and workers != facts["workers"]:
        differences.append(f"{facts['workers']} workers, not {workers}")
    if missing := sorted(set(encrypt) - set(facts["encrypt"])):
        differences.append(f"no encryption of {', '.join(missing)}")
    if differences:
        raise ClusterError(
            f"the cluster {name} stands with {' and '.join(differences)}",
            remedy=f"remove it (./witw down --kind --purge --name {name}), or choose another --name",
        )


def stop(name: str) -> list[str]:
    """Stop the nodes of a cluster of this checkout; what it holds stays. Returns those that ran.

    Raises:
        ClusterError: It is not ours.
    """
    there = _ours(name)
    running = [node.name for node in there if node.running]
    if frozen := [node.name for node in there if node.frozen]:
        process.run(["docker", "unpause", *frozen])
    if running:
        process.run(["docker", "stop", *running], timeout=DELETE_TIMEOUT)
    parked.forget(f"cluster {name}")
    return running


def delete(name: str, settings: Settings) -> bool:
    """Remove a cluster of this checkout with its keys. Returns whether there was one.

    Raises:
        ClusterError: It is not ours.
    """
    there = _ours(name)
    if there:
        kind = toolchain.ensure("kind", settings)
        command = [
            str(kind),
            "delete",
            "cluster",
            "--name",
            name,
            "--kubeconfig",
            str(folder_of(name) / "kubeconfig"),
        ]
        process.run(command, timeout=DELETE_TIMEOUT)
    parked.forget(f"cluster {name}")
    existed = folder_of(name).exists()
    shutil.rmtree(folder_of(name), ignore_errors=True)
    return bool(there) or existed


def _ours(name: str) -> list[Node]:
    """The nodes of a cluster of this checkout."""
    there = nodes(name)
    if there and not recorded(name):
        raise ClusterError(
            f"the kind cluster {name} was not made by this checkout, so it stays as it is",
            remedy=f"kind delete cluster --name {name}",
        )
    return there


def _create(
    name: str, settings: Settings, mirror: Registry, say: Say, *, workers: int, encrypt: tuple[str, ...]
) -> Cluster:
    kind, kubectl = toolchain.ensure("kind", settings, say), toolchain.ensure("kubectl", settings, say)
    image = catalogue_images.ensure("node", settings, say)
    ports = _choose_ports(name, settings, mirror)
    because = cluster_config.causes()
    facts = {
        "ports": asdict(ports),
        "workers": workers,
        "encrypt": list(encrypt),
        "node_image": image.reference,
        "because": [cause.found for cause in because],
        "ready": False,
    }
    # Written first: what an interrupted run leaves must be known as ours.
    _record(name, facts)
    keys = encryption_file(name)
    encryption.create(keys, list(encrypt))
    config = folder_of(name) / "kind.yaml"
    text = cluster_config.render(
        name, ports, bind=settings.bind, workers=workers, keys=keys.parent, because=because
    )
    state.write(config, text)
    cluster = Cluster(name, ports, kubectl)
    command = [str(kind), "create", "cluster", "--image", image.reference, "--config", str(config)]
    try:
        process.run(
            [*command, "--kubeconfig", str(cluster.kubeconfig)],
            timeout=CREATE_TIMEOUT,
            on_line=lambda line: say(line.strip(" •✓")),
        )
    except ProcessError as error:
        raise ClusterError(
            f"kind could not make the cluster {name}",
            details="\n".join([error.tail(30), *map(str, doctor.of_nodes(settings))]),
            remedy="see the lines above, what this machine lacks last (`./witw doctor` looks at all of it); "
            "then run the same command again",
        ) from error
    cluster.kubeconfig.chmod(0o600)
    node_start.install(node.id for node in nodes(name))
    _introduce(cluster, mirror)
    for what, container in SOON.items():
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        cluster.run("patch", what, "--namespace=kube-system", f"--patch={json.dumps(patch)}")
    _record(name, {**facts, "ready": True})
    return cluster


def _start(cluster: Cluster, there: list[Node], say: Say) -> str:
    """Start nodes that were stopped, and wait until the API server answers."""
    if frozen := [node.name for node in there if node.frozen]:
        process.run(["docker", "unpause", *frozen])
    if stopped := [node.name for node in there if not node.running]:
        say(f"starting {', '.join(stopped)}")
        anew = f"give up what it holds and get other ports: ./witw down --kind --purge --name {cluster.name}"
        containers.start(stopped, remedy=anew)
    parked.forget(f"cluster {cluster.name}")
    deadline = time.monotonic() + START_TIMEOUT
    while not cluster.run("get", "--raw=/readyz", timeout=20, check=False).ok:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"the API server of the cluster {cluster.name} does not answer",
                remedy=f"see `docker logs {cluster.control_plane}`, or begin anew (down --kind --purge)",
            )
        time.sleep(0.5)
    return "started again" if stopped else "resumed" if frozen else ""


def _introduce(cluster: Cluster, mirror: Registry) -> None:
    """Let nodes and tools know the registry."""
    registry.join(mirror)
    folder = registry.hosts_folder(mirror)
    for node in nodes(cluster.name):
        script = f"mkdir -p {folder} && cat >{folder}/hosts.toml"
        process.run(
            ["docker", "exec", "--interactive", node.id, "sh", "-c", script],
            stdin=registry.hosts_toml(mirror),
        )
    cluster.run("apply", "--filename=-", stdin=registry.announcement(mirror))


def _choose_ports(name: str, settings: Settings, mirror: Registry) -> Ports:
    """The wanted ports where they are free, else the next ones; those of other clusters are not free."""
    taken = {port for other in names() if other != name for port in recorded(other)["ports"].values()}

    def choose(address: str, wanted: int) -> int:
        port = wanted
        while port in taken or not host.port_is_free(address, port):
            if port >= 65535:
                raise HostError(f"no port from {wanted} on is free", remedy="choose another: WITW_PORT")
            port += 1
        taken.add(port)
        return port

    public = choose(settings.bind, settings.port)
    return Ports(public, choose("127.0.0.1", settings.internal_port), mirror.port)


def _record(name: str, facts: dict[str, Any]) -> None:
    state.write(folder_of(name) / "cluster.json", json.dumps(facts, indent=1) + "\n")
