"""Encryption at rest: the keys of a cluster, their rotation, and the proof in raw etcd."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev import process, state
from dev.base_image import Say
from dev.errors import ClusterError
from dev.process import Result

PREFIX = b"k8s:enc:secretbox:v1:"
"""What etcd holds before the key's name and the ciphertext."""

CERTIFICATES = "/etc/kubernetes/pki/etcd"

RELOAD_TIMEOUT = 180.0
"""Seconds for the API server to take up a new configuration; it looks every 60."""

REWRITE_TIMEOUT, ROUND_PAUSE = 300.0, 3.0

KUBECTL_TIMEOUT = 120.0

RELOADS = re.compile(
    r'^apiserver_encryption_config_controller_automatic_reloads_total\{.*status="(\w+)".*\} (\d+)',
    re.MULTILINE,
)


@dataclass(frozen=True)
class Key:
    """A key and the name that stands before what it encrypted."""

    name: str
    secret: str


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    old: str
    new: str
    rewritten: int
    seconds: float


@dataclass(frozen=True)
class Cluster:
    """What is needed of a cluster: its kubectl and the name of the node with etcd."""

    kubectl: list[str]
    node: str
    config: Path

    def run(self, *arguments: str, stdin: str | None = None, check: bool = True) -> Result:
        return process.run([*self.kubectl, *arguments], stdin=stdin, timeout=KUBECTL_TIMEOUT, check=check)

    def etcd(self, *arguments: str, check: bool = True) -> Result:
        """Run etcdctl beside etcd."""
        return self.run(
            "--namespace=kube-system", "exec", f"etcd-{self.node}", "--", "etcdctl",
            f"--cacert={CERTIFICATES}/ca.crt", f"--cert={CERTIFICATES}/server.crt",
            f"--key={CERTIFICATES}/server.key", *arguments, check=check,
        )  # fmt: skip


def create(config: Path, resources: list[str]) -> None:
    """Write a configuration with a fresh key, unless there is one. Only its owner can read it."""
    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        config.parent.chmod(0o700)
        _write(config, resources, [_new_key()])


def read(config: Path) -> tuple[list[str], list[Key]]:
    """The encrypted resources and the keys, the writing one first."""
    rule = yaml.safe_load(config.read_text())["resources"][0]
    keys = rule["providers"][0]["secretbox"]["keys"]
    return list(rule["resources"]), [Key(key["name"], key["secret"]) for key in keys]


def raw(cluster: Cluster, resource: str) -> dict[str, bytes]:
    """What etcd itself holds of a resource, by etcd's key."""
    said = cluster.etcd("get", f"/registry/{resource}/", "--prefix", "--write-out=json").stdout
    return {
        base64.b64decode(pair["key"]).decode(): base64.b64decode(pair.get("value", ""))
        for pair in json.loads(said).get("kvs", [])
    }


def not_encrypted_with(cluster: Cluster, key: Key, resources: list[str]) -> list[str]:
    """The objects in etcd that are plain or encrypted with another key."""
    head = PREFIX + key.name.encode() + b":"
    held = [item for resource in resources for item in raw(cluster, resource).items()]
    return sorted(name for name, value in held if not value.startswith(head))


def rotate(cluster: Cluster, say: Say) -> Rotation:
    """Rotate the key completely: a new one, everything rewritten with it, the old one and its traces gone.

    One that was interrupted is finished by the next.

    Raises:
        ClusterError: The API server did not take up the configuration, or objects resist being rewritten.
    """
    began = time.monotonic()
    resources, keys = read(cluster.config)
    if len(keys) == 1:
        keys = [_new_key(), *keys]
        _reload(cluster, resources, keys, say)
    new, old = keys[0], keys[1:]
    rewritten = _rewrite(cluster, new, resources, say)
    _reload(cluster, resources, [new], say)
    say("compacting etcd")
    revision = json.loads(cluster.etcd("endpoint", "status", "--write-out=json").stdout)[0]["Status"][
        "header"
    ]
    # Without this the past revisions of every object would keep what the old key encrypted.
    cluster.etcd("compact", str(revision["revision"]), "--physical")
    cluster.etcd("defrag")
    return Rotation(", ".join(key.name for key in old), new.name, rewritten, time.monotonic() - began)


def reloads(cluster: Cluster) -> dict[str, int]:
    """How often the API server took up a changed configuration, by outcome."""
    said = cluster.run("get", "--raw=/metrics").stdout
    return {status: int(count) for status, count in RELOADS.findall(said)}


def _rewrite(cluster: Cluster, key: Key, resources: list[str], say: Say) -> int:
    """Write every object anew, until etcd holds none of another key."""
    rewritten, rounds = set[str](), 0
    deadline = time.monotonic() + REWRITE_TIMEOUT
    while left := not_encrypted_with(cluster, key, resources):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"objects are still encrypted with an old key: {', '.join(left[:5])}",
                remedy="run `./witw secrets rotate-key` again; the old key is kept until all are rewritten",
            )
        if rounds:
            # Somebody else may be writing; or a rotation was interrupted and the key is not taken up yet.
            time.sleep(ROUND_PAUSE)
        rounds += 1
        say(f"rewriting {len(left)} objects with {key.name}")
        rewritten.update(left)
        for resource in resources:
            _write_again(cluster, resource, set(left))
    return len(rewritten)


def _write_again(cluster: Cluster, resource: str, names: set[str]) -> None:
    """Replace some objects, by their names in etcd, with what they are."""
    said = cluster.run("get", resource, "--all-namespaces", "--output=json").stdout
    held = [item for item in json.loads(said)["items"] if _name_in_etcd(resource, item) in names]
    if held:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": held})
        # One that somebody changed or deleted since is refused, and no other with it: the next round sees.
        cluster.run("replace", "--filename=-", stdin=text, check=False)


def _name_in_etcd(resource: str, item: dict[str, Any]) -> str:
    return f"/registry/{resource}/{item['metadata']['namespace']}/{item['metadata']['name']}"


def _reload(cluster: Cluster, resources: list[str], keys: list[Key], say: Say) -> None:
    """Change the configuration and wait until the API server has taken it up."""
    before = reloads(cluster)
    _write(cluster.config, resources, keys)
    say("waiting for the API server to take up the configuration (it looks every minute)")
    deadline = time.monotonic() + RELOAD_TIMEOUT
    while (now := reloads(cluster)).get("success", 0) <= before.get("success", 0):
        if time.monotonic() > deadline or now.get("failure", 0) > before.get("failure", 0):
            raise ClusterError(
                "the API server did not take up the changed encryption configuration",
                remedy="see the log of kube-apiserver in kube-system, and run this again; no key is lost",
            )
        time.sleep(2)


def _new_key() -> Key:
    name = time.strftime("key-%Y%m%d-%H%M%S", time.gmtime())
    return Key(name, base64.b64encode(secrets.token_bytes(32)).decode())


def _write(config: Path, resources: list[str], keys: list[Key]) -> None:
    # Without the `identity` provider nothing that is not encrypted can be read, let alone written.
    provider = {"secretbox": {"keys": [{"name": key.name, "secret": key.secret} for key in keys]}}
    text: dict[str, Any] = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": resources, "providers": [provider]}],
    }
    state.write(config, yaml.safe_dump(text, sort_keys=False), mode=0o600)
