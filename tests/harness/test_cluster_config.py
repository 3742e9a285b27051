"""The configuration of clusters, their ports and their records; no engine is needed."""

import socket
import stat

import pytest
import yaml

from dev import cluster, cluster_config, encryption, engine, host, settings, state
from dev.cluster_config import Cause, Ports
from dev.errors import ClusterError
from dev.registry import Registry

PORTS = Ports(public=18080, internal=18081, registry=5001)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")


def rendered(tmp_path, *, workers=0, because=()):
    text = cluster_config.render(
        "c", PORTS, bind="127.0.0.1", workers=workers, keys=tmp_path / "keys", because=list(because)
    )
    return yaml.safe_load(text)


def test_the_gateways_ports_are_mapped_and_the_internal_one_to_loopback_only(tmp_path):
    text = cluster_config.render("c", PORTS, bind="0.0.0.0", workers=0, keys=tmp_path, because=[])  # noqa: S104
    mappings = yaml.safe_load(text)["nodes"][0]["extraPortMappings"]
    assert mappings == [
        {"containerPort": 30080, "hostPort": 18080, "listenAddress": "0.0.0.0"},  # noqa: S104
        {"containerPort": 30081, "hostPort": 18081, "listenAddress": "127.0.0.1"},
    ]


def patched(config, kind):
    """What kubeadm is given for one kind of component, the last word first."""
    patches = map(yaml.safe_load, config["kubeadmConfigPatches"])
    return [patch for patch in patches if patch["kind"] == kind][::-1]


def test_nodes_pull_several_images_at_once(tmp_path):
    (kubelet,) = patched(rendered(tmp_path), "KubeletConfiguration")
    assert kubelet["serializeImagePulls"] is False
    assert "failCgroupV1" not in kubelet


def test_a_new_endpoint_is_heard_of_within_a_fifth_of_a_second(tmp_path):
    (proxy,) = patched(rendered(tmp_path), "KubeProxyConfiguration")
    assert proxy["iptables"]["minSyncPeriod"] == "200ms"


def test_nothing_waits_for_a_lease_after_a_restart_of_the_node(tmp_path):
    (entry,) = rendered(tmp_path)["kubeadmConfigPatchesJSON6902"]
    patch = yaml.safe_load(entry["patch"])
    for place in ("/controllerManager/extraArgs", "/scheduler/extraArgs"):
        told = [one["value"] for one in patch if one["path"].removesuffix("/-") == place]
        assert any(
            {"name": "leader-elect", "value": "false"} in (value if isinstance(value, list) else [value])
            for value in told
        )


@pytest.mark.parametrize(("workers", "patient"), [(0, True), (2, False)])
def test_a_node_that_is_alone_and_was_frozen_is_not_missed(tmp_path, workers, patient):
    (entry,) = rendered(tmp_path, workers=workers)["kubeadmConfigPatchesJSON6902"]
    told = [one["value"] for one in yaml.safe_load(entry["patch"]) if "controllerManager" in one["path"]]
    assert ({"name": "node-monitor-grace-period", "value": "168h"} in told) is patient


def test_autoscalers_look_every_five_seconds(tmp_path):
    (entry,) = rendered(tmp_path)["kubeadmConfigPatchesJSON6902"]
    told = [one["value"] for one in yaml.safe_load(entry["patch"]) if "controllerManager" in one["path"]]
    assert {"name": "horizontal-pod-autoscaler-sync-period", "value": "5s"} in told


def test_what_a_machine_asks_for_is_set_and_only_that(tmp_path):
    because = [Cause("cgroup version 1", {"failCgroupV1": False})]
    kubelet, *_ = patched(rendered(tmp_path, because=because), "KubeletConfiguration")
    assert kubelet["failCgroupV1"] is False
    assert "featureGates" not in kubelet


def test_causes_follow_what_the_machine_is(monkeypatch):
    monkeypatch.setattr(host, "cgroup_version", lambda: 2)
    monkeypatch.setattr(host, "missing_capabilities", list)
    told = {"SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"]}
    monkeypatch.setattr(engine, "facts", lambda: told)
    assert cluster_config.causes() == []

    monkeypatch.setattr(host, "cgroup_version", lambda: 1)
    monkeypatch.setattr(host, "missing_capabilities", lambda: ["cap_sys_resource"])
    assert [cause.found for cause in cluster_config.causes()] == ["cgroup version 1", "no CAP_SYS_RESOURCE"]


def test_a_rootless_engine_is_a_cause_and_doubles_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(host, "cgroup_version", lambda: 2)
    monkeypatch.setattr(host, "missing_capabilities", lambda: ["cap_sys_resource"])
    monkeypatch.setattr(engine, "facts", lambda: {"SecurityOptions": ["name=seccomp", "name=rootless"]})
    because = cluster_config.causes()
    assert [cause.found for cause in because] == ["no CAP_SYS_RESOURCE", "rootless engine"]

    for needed in (because, because[1:]):
        config = rendered(tmp_path, because=needed)
        kubelet, *_ = patched(config, "KubeletConfiguration")
        assert kubelet["featureGates"] == {"KubeletInUserNamespace": True}
        assert config["containerdConfigPatches"].count(cluster_config.NO_OOM_SCORES) == 1


def test_every_worker_is_a_node_and_only_the_control_plane_gets_the_keys(tmp_path):
    nodes = rendered(tmp_path, workers=2)["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    assert [bool(node.get("extraMounts")) for node in nodes] == [True, False, False]


def test_ports_that_are_taken_or_another_clusters_are_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        chosen = settings.load(port=wanted, internal_port=wanted + 1)
        first = cluster._choose_ports("first", chosen, Registry("r", 5001))
        cluster._record("first", {"ports": {"public": first.public, "internal": first.internal}})
        second = cluster._choose_ports("second", chosen, Registry("r", 5001))
    ports = [wanted, first.public, first.internal, second.public, second.internal]
    assert len(set(ports)) == 5


def test_a_cluster_that_was_never_made_is_named_with_those_that_were():
    cluster._record("other", {"ready": True, "ports": {}})
    with pytest.raises(ClusterError, match=r"no cluster missing .*there is: other"):
        cluster.find("missing", settings.load())


def test_a_cluster_that_was_not_finished_is_not_used():
    cluster._record("half", {"ready": False, "ports": {}})
    with pytest.raises(ClusterError):
        cluster.find("half", settings.load())


def test_a_standing_cluster_is_not_given_other_nodes_or_encryption():
    facts = {"workers": 0, "encrypt": ["secrets"]}
    cluster.check_wishes("c", facts, workers=0, encrypt=("secrets",))
    with pytest.raises(ClusterError, match="0 workers, not 2 and no encryption of configmaps"):
        cluster.check_wishes("c", facts, workers=2, encrypt=("secrets", "configmaps"))


def test_a_key_is_made_once_and_only_its_owner_can_read_it():
    config = cluster.encryption_file("c")
    encryption.create(config, ["secrets"])
    first = encryption.read(config)
    encryption.create(config, ["secrets"])

    assert encryption.read(config) == first
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700


def test_nothing_can_be_stored_in_plain():
    config = cluster.encryption_file("c")
    encryption.create(config, ["secrets", "configmaps"])
    rule = yaml.safe_load(config.read_text())["resources"][0]
    assert rule["resources"] == ["secrets", "configmaps"]
    assert [list(provider) for provider in rule["providers"]] == [["secretbox"]]


def test_the_count_of_reloads_is_read_from_the_api_servers_metrics():
    line = 'apiserver_encryption_config_controller_automatic_reloads_total{hash="a",status="%s"} %d'
    said = f"# HELP x\n{line % ('success', 2)}\n{line % ('failure', 1)}\n"
    assert dict(encryption.RELOADS.findall(said)) == {"success": "2", "failure": "1"}
