"""Nothing is done to a cluster that was not meant."""

import json

import pytest
import yaml

from dev import cluster, settings, target, toolchain
from dev.cluster import Cluster
from dev.cluster_config import Ports
from dev.errors import ClusterError, WitwError


def write(file, server, context="kind-c"):
    file.parent.mkdir(parents=True, exist_ok=True)
    config = {
        "contexts": [{"name": context, "context": {"cluster": "one"}}],
        "clusters": [{"name": "one", "cluster": {"server": server}}],
    }
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.fixture(autouse=True)
def tools(tmp_path, monkeypatch):
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: tmp_path / name)


@pytest.fixture
def found(tmp_path, program):
    bindings = json.dumps({"6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4001"}]})
    program("docker", f"echo '{bindings}'")
    cluster._record("c", {"ready": True, "ports": {"public": 1, "internal": 2, "registry": 3}})
    return Cluster("c", Ports(1, 2, 3), tmp_path / "kubectl")


def test_a_cluster_of_ours_is_reached_by_its_own_kubeconfig(found):
    write(found.kubeconfig, "https://127.0.0.1:4001")
    assert cluster.find("c", settings.load()) == found
    to = target.of_cluster(found, settings.load())
    assert (to.kubeconfig, to.context, to.ours) == (found.kubeconfig, "kind-c", found)


@pytest.mark.parametrize(
    ("server", "context"), [("https://prod.example.com", "kind-c"), ("https://127.0.0.1:4001", "other")]
)
def test_a_kubeconfig_that_points_elsewhere_is_not_followed(server, context, found):
    write(found.kubeconfig, server, context)
    with pytest.raises(ClusterError, match="nothing was done") as caught:
        cluster.find("c", settings.load())
    assert "export kubeconfig --name c" in caught.value.remedy


def test_a_cluster_whose_node_is_gone_is_an_error(found, program):
    write(found.kubeconfig, "https://127.0.0.1:4001")
    program("docker", "exit 1")
    with pytest.raises(ClusterError, match="has lost its node c-control-plane"):
        cluster.find("c", settings.load())


@pytest.mark.parametrize("text", [None, "{not: yaml"])
def test_a_kubeconfig_that_cannot_be_read_leads_nowhere(text, found):
    if text is not None:
        write(found.kubeconfig, "").write_text(text)
    with pytest.raises(ClusterError, match="points to nothing"):
        cluster.find("c", settings.load())


def test_a_named_context_is_used_and_no_other(tmp_path, monkeypatch):
    file = write(tmp_path / "config", "https://prod.example.com", "prod")
    monkeypatch.setenv("KUBECONFIG", str(file))
    to = target.of_context("prod", None, settings.load())
    assert (to.kubeconfig, to.context, to.cluster) == (file, "prod", None)
    with pytest.raises(TypeError, match="context prod is not ours"):
        _ = to.ours


@pytest.mark.parametrize(
    ("context", "name", "says"),
    [("staging", "config", "has no context staging"), ("prod", "missing", "there is no kubeconfig")],
)
def test_a_context_that_is_not_there_is_an_error(context, name, says, tmp_path):
    write(tmp_path / "config", "https://prod.example.com", "prod")
    with pytest.raises(WitwError, match=says):
        target.of_context(context, tmp_path / name, settings.load())
