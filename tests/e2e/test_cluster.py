"""The cluster itself: encrypted at rest, started again, found again."""

from collections import Counter

import httpx
import pytest
from pytest_kind import KindCluster

from dev import cluster, cluster_report, encryption, process, waits
from dev.console import Stage
from dev.kube import Kube
from dev.target import Target
from tests.e2e.own import merged
from tests.e2e.stack import Stack, until

EVERYWHERE = ["kube-system", "gateway", "postgres", "witw"]
"""Without the provisioner's namespace, where pods come and go with other tests' volumes."""


def test_everything_is_ready(kube: Kube) -> None:
    waits.until_ready(kube, namespaces=EVERYWHERE, timeout=120, stage=Stage("ready"))


@pytest.mark.parametrize("what", cluster.SOON)
def test_addresses_and_names_are_soon_there_after_a_start(kube: Kube, what: str) -> None:
    """kubeadm's own are changed once the cluster is made: read back, as merged into what they were."""
    kind, name = what.split("/")
    pod = kube.get(kind, name, "kube-system").raw["spec"]["template"]["spec"]
    (found,) = [one for one in pod["containers"] if one["name"] == cluster.SOON[what]["name"]]
    assert merged(found, cluster.SOON[what]) == found


def test_pytest_kind_uses_our_cluster_with_our_programs(kind_cluster: KindCluster, stack: Stack) -> None:
    assert kind_cluster.kubectl_path == stack.to.kubectl
    assert "witw" in kind_cluster.kubectl("get", "namespaces", "--output=name")


def test_etcd_holds_every_secret_as_ciphertext(to: Target) -> None:
    held = encryption.raw(to.ours.encrypted, "secrets")
    assert {name for name in held if name.startswith("/registry/secrets/witw/witw-")}
    assert {name for name in held if "sh.helm.release" in name}, "releases hold the values"
    assert all(value.startswith(encryption.PREFIX) for value in held.values())


def test_passwords_are_nowhere_in_raw_etcd(stack: Stack) -> None:
    passwords = [password.encode() for password in stack.passwords()]
    held = encryption.raw(stack.to.ours.encrypted, "secrets").values()
    count, seen = len(passwords), sum(password in value for password in passwords for value in held)
    assert count >= 3
    assert seen == 0


@pytest.mark.long
@pytest.mark.xdist_group("rotation")
def test_a_rotation_leaves_nothing_of_the_old_key_and_the_app_does_not_notice(stack: Stack) -> None:
    (ann,) = stack.people(ann=None)
    keys = stack.to.ours.encrypted
    resources, (old, *_) = encryption.read(keys.config)
    done = encryption.rotate(keys, print)
    _, held = encryption.read(keys.config)
    assert [key.name for key in held] == [done.new] != [old.name]
    assert encryption.not_encrypted_with(keys, held[0], resources) == []
    assert ann.get("/api/users/me").json()["email"] == ann.email


def test_a_report_holds_the_reader_s_facts_and_no_secret(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = cluster_report.write(tmp_path_factory.mktemp("report"), stack.to, [*stack.namespaces, "gateway"])
    texts = {file.name: file.read_text() for file in folder.rglob("*") if file.is_file()}
    assert texts["not-ready.txt"]
    assert any(name.startswith("postgres-0.postgres") for name in texts)
    assert any("/login" in text for name, text in texts.items() if name.startswith("public-"))
    seen = sum(password in text for password in stack.passwords() for text in texts.values())
    assert seen == 0


@pytest.mark.alone
def test_what_is_there_survives_a_restart_of_the_node(stack: Stack) -> None:
    (ann,) = stack.people(ann=None)
    assert ann.patch("/api/users/me", json={"first_name": "Annabel"}).status_code == 200
    node = stack.to.ours.control_plane
    process.run(["docker", "stop", node], timeout=120)
    process.run(["docker", "start", node], timeout=120)

    said = Counter[object]()

    def answers() -> bool:
        try:
            # Each time by a connection of its own: pods have other addresses now, and at first one may lead
            # to who has the gateway's (CoreDNS has a port 8080 too, and answers 404). It would be kept.
            status = ann.get("/api/users/me", timeout=5, headers={"Connection": "close"}).status_code
        except httpx.HTTPError as error:
            said[type(error).__name__] += 1
            return False
        said[status] += 1
        return status == 200

    try:
        until("the app answering", answers, 180)
    except AssertionError as error:
        raise AssertionError(f"{error}; it said {dict(said)}") from error
    assert ann.get("/api/users/me").json()["first_name"] == "Annabel"
    waits.until_ready(stack.to.kube, namespaces=EVERYWHERE, timeout=180, stage=Stage("ready"))
    assert cluster.nodes(stack.to.ours.name)[0].running
