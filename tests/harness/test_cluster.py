"""What is done to clusters and the registry, step by step, with stand-ins for docker, kind and kubectl."""

import http.server
import os
import socket
import threading

import pytest

from dev import (
    cli,
    cluster,
    cluster_status,
    cluster_up,
    console,
    host,
    node_start,
    process,
    purge,
    registry,
    settings,
    state,
    toolchain,
)
from dev.catalogue_images import Found
from dev.errors import ClusterError, HostError, ImageError, ProcessError
from dev.programs import silent
from dev.registry import Registry
from tests.harness import stand_ins
from tests.harness.stand_in_machine import prepare as machine_of_stand_ins

KNOWN = "sha256:" + "a" * 64


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """This machine with stand-ins on PATH, and a folder of its own for clusters."""
    made = machine_of_stand_ins(tmp_path, monkeypatch)
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: tmp_path / "bin" / name)
    monkeypatch.setattr(
        registry.catalogue_images, "ensure", lambda name, *_: Found(name, f"witw/{name}:x", "built here")
    )
    monkeypatch.setattr(cluster_up.registry, "answers", lambda _: True)
    return made


@pytest.fixture
def chosen(tmp_path):
    return settings.load(project="own", cache_dir=tmp_path / "cache", port=28080, internal_port=28081)


@pytest.fixture
def answering():
    """A registry that has the tag `111111111111` of everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            there = self.path.endswith("/manifests/111111111111")
            self.send_response(200 if there else 404)
            self.send_header("Docker-Content-Digest", KNOWN)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Registry("own-registry", server.server_port)
        server.shutdown()


def test_a_cluster_is_made_with_its_registry_known_to_all_nodes(machine, chosen):
    found, done = cluster.ensure("c", chosen, silent, workers=1)

    assert done == "created"
    assert found.kubeconfig.stat().st_mode & 0o777 == 0o600
    containers = machine.state["containers"]
    assert set(containers) == {"own-registry", "c-control-plane", "c-worker1"}
    assert registry.NETWORK in containers["own-registry"]["networks"]
    for node in ("c-control-plane", "c-worker1"):
        *start, hosts = containers[node]["written"]
        assert start == [(node_start.FOLDER / name).read_text() for name in node_start.FILES]
        assert hosts == '[host."http://own-registry:5000"]\n'
    announced = machine.state["applied"][0]
    assert announced["metadata"] == {"name": "local-registry-hosting", "namespace": "kube-public"}


def test_a_cluster_that_stands_is_used_and_not_made_again(machine, chosen):
    first, _ = cluster.ensure("c", chosen, silent)
    assert cluster.ensure("c", chosen, silent) == (first, "")
    assert len(machine.calls("kind", "create")) == 1


def test_what_an_interrupted_run_left_is_made_anew(machine, chosen):
    machine.change(**{"kind fails": True})
    with pytest.raises(ClusterError, match="could not make the cluster c") as caught:
        cluster.ensure("c", chosen, silent)
    assert "kubeadm" in caught.value.details

    machine.change(**{"kind fails": False})
    assert cluster.ensure("c", chosen, silent)[1] == "created"
    assert len(machine.calls("kind", "delete")) == 1


def test_a_cluster_that_could_not_be_made_comes_with_what_the_machine_lacks(machine, chosen, monkeypatch):
    monkeypatch.setattr(host, "inotify_limits", lambda: {"max_user_instances": 128})
    machine.change(**{"kind fails": True})
    with pytest.raises(ClusterError) as caught:
        cluster.ensure("c", chosen, silent)
    assert "kubeadm" in caught.value.details
    assert (
        "inotify: instances 128 (to mend it: sysctl fs.inotify.max_user_instances=256)"
        in caught.value.details
    )


@pytest.mark.parametrize("container", ["own-registry", "c-control-plane"])
def test_a_port_that_somebody_has_taken_meanwhile_is_named_with_its_owner(container, machine, chosen):
    cluster.ensure("c", chosen, silent)
    cluster.stop("c")
    containers = machine.state["containers"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        containers[container].update(port=str(port), running=False)
        machine.change(containers=containers, **{"start fails": True})
        with pytest.raises(HostError, match=rf"port {port} of {container} by .*{os.getpid()}") as caught:
            cluster.ensure("c", chosen, silent)
    assert "end what has it" in caught.value.remedy
    assert "already allocated" in caught.value.details


def test_a_container_that_does_not_start_for_another_reason_says_which(machine, chosen):
    cluster.ensure("c", chosen, silent)
    cluster.stop("c")
    machine.change(**{"start fails": True})
    with pytest.raises(ProcessError, match="docker start c-control-plane"):
        cluster.ensure("c", chosen, silent)


def test_a_container_of_somebody_else_with_the_registrys_name_stays_as_it_is(machine, chosen):
    theirs = {"labels": [], "running": True, "port": "0", "networks": {}}
    machine.change(containers={"own-registry": theirs})
    with pytest.raises(ImageError, match="it is not the local registry"):
        registry.ensure(chosen, silent)
    registry.remove(chosen)
    assert "nothing of the registry" in " ".join(purge.clusters(chosen))
    assert machine.state["containers"]["own-registry"] == theirs


def test_a_registry_that_a_cluster_of_another_checkout_uses_outlives_the_purge(
    machine, chosen, monkeypatch, tmp_path
):
    cluster.ensure("ours", chosen, silent)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(state, "FOLDER", tmp_path / "elsewhere")
        cluster.ensure("theirs", chosen, silent)
        cluster.stop("theirs")
    gone = list(purge.clusters(chosen))
    assert "cluster ours" in gone
    assert "nothing of the registry: the clusters theirs of other checkouts use it" in gone
    assert set(machine.state["containers"]) == {"own-registry", "theirs-control-plane"}

    monkeypatch.setattr(state, "FOLDER", tmp_path / "elsewhere")
    assert "container own-registry" in list(purge.clusters(chosen))


def test_a_cluster_that_stands_without_encryption_of_configmaps_says_so(machine, chosen):
    cluster.ensure("c", chosen, silent)
    with pytest.raises(ClusterError, match="no encryption of configmaps"):
        cluster.ensure("c", chosen, silent, encrypt=("secrets", "configmaps"))


def test_stopped_nodes_and_a_stopped_registry_are_started(machine, chosen):
    cluster.ensure("c", chosen, silent)
    assert cluster.stop("c") == ["c-control-plane"]
    process.run(["docker", "stop", "own-registry"])

    done = cluster.ensure("c", chosen, silent)[1]

    assert "started again" in done
    assert all(container["running"] for container in machine.state["containers"].values())


def test_a_registry_at_another_port_is_made_known_anew(machine, chosen):
    cluster.ensure("c", chosen, silent)
    containers = machine.state["containers"]
    containers["own-registry"].update(port="5999", networks={})
    machine.change(containers=containers)

    found, _ = cluster.ensure("c", chosen, silent)

    assert found.ports.registry == 5999
    assert cluster.recorded("c")["ports"]["registry"] == 5999
    written = machine.state["containers"]["c-control-plane"]["written"]
    assert written.count('[host."http://own-registry:5000"]\n') == 2


@pytest.mark.parametrize("act", ["ensure", "stop", "delete"])
def test_a_cluster_of_somebody_else_stays_as_it_is(act, machine, chosen):
    label = f"{cluster.NODE_LABEL}=theirs"
    theirs = {"labels": [label], "running": True, "port": "0", "networks": {}}
    machine.change(containers={"theirs-control-plane": theirs})
    calls = {
        "ensure": lambda: cluster.ensure("theirs", chosen, silent),
        "stop": lambda: cluster.stop("theirs"),
        "delete": lambda: cluster.delete("theirs", chosen),
    }
    with pytest.raises(ClusterError, match="kind cluster theirs"):
        calls[act]()
    assert machine.state["containers"]["theirs-control-plane"] == theirs


def test_a_deleted_cluster_leaves_neither_nodes_nor_keys(machine, chosen):
    found, _ = cluster.ensure("c", chosen, silent)
    assert cluster.delete("c", chosen)
    assert not found.folder.exists()
    assert set(machine.state["containers"]) == {"own-registry"}
    assert not cluster.delete("c", chosen)


def test_removing_the_registry_says_what_is_gone(machine, chosen):
    registry.ensure(chosen, silent)
    assert registry.remove(chosen) == ["container own-registry", "volume own-registry"]
    assert registry.find(chosen) is None


def test_a_registry_that_does_not_answer_is_an_error_with_its_log(machine, chosen, monkeypatch):
    monkeypatch.setattr(registry, "answers", lambda _: False)
    monkeypatch.setattr(registry, "START_TIMEOUT", 0.1)
    with pytest.raises(ImageError, match="does not answer"):
        registry.ensure(chosen, silent)


def test_what_is_no_registry_does_not_answer_as_one():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        assert not registry.answers(Registry("none", server.server_port + 1))


def test_an_image_that_the_registry_has_is_not_pushed(machine, answering):
    reference = registry.push(answering, "witw/app:dev", "c/app")
    assert reference == f"localhost:{answering.port}/c/app@{KNOWN}"
    assert machine.calls("docker", "push") == []


def test_a_push_is_by_content_and_leaves_no_name_behind(machine, answering):
    machine.change(images={"witw/app:dev": "sha256:" + "2" * 64})
    reference = registry.push(answering, "witw/app:dev", "c/app")
    assert reference == f"localhost:{answering.port}/c/app@{stand_ins.DIGEST}"
    assert machine.state["pushed"] == [f"localhost:{answering.port}/c/app:222222222222"]
    assert list(machine.state["images"]) == ["witw/app:dev"]


def test_a_push_that_fails_says_why(machine, answering):
    machine.change(images={"witw/app:dev": "sha256:" + "2" * 64}, **{"push fails": True})
    with pytest.raises(ImageError) as caught:
        registry.push(answering, "witw/app:dev", "c/app")
    assert "denied" in caught.value.details


def test_up_pushes_what_is_new_beside_making_the_cluster(machine, chosen, answering, monkeypatch):
    class Compose:
        def config(self):
            return {
                "name": "own",
                "services": {"app": {"image": "witw/app:dev", "build": {"context": "/nowhere"}}},
            }

    brought = []
    monkeypatch.setattr(registry, "ensure", lambda *_: (answering, ""))
    monkeypatch.setattr(toolchain, "get", lambda name, *_: toolchain.Found(name, name, "v1", "PATH"))
    monkeypatch.setattr(cluster_up.target, "of_cluster", lambda found, _: found)
    monkeypatch.setattr(cluster_up, "prepare", lambda *_: None)
    monkeypatch.setattr(cluster_up, "images_of", lambda _: ["app"])
    monkeypatch.setattr(cluster_up, "bring", lambda *given, **_: brought.append(given))
    machine.change(
        containers={answering.container: {"labels": [], "running": True, "port": "1", "networks": {}}}
    )
    with console.Report() as report:
        found = cluster_up.bring_up(chosen, Compose(), report, cluster_up.Wishes("c"))
    to, _, _, references, wanted = brought[0]
    assert to == found
    assert references == {"app": f"localhost:{answering.port}/c/app@{KNOWN}"}
    assert {"gateway", "postgres"} <= set(wanted)
    assert {stage.name: stage.changed for stage in report.stages} == {
        "registry": False,
        "cluster": True,
        "push": False,
        "programs": False,
    }


def test_kubectl_gets_its_arguments_as_they_are(machine, chosen, monkeypatch):
    monkeypatch.setenv("WITW_PROJECT", "own")
    found, _ = cluster.ensure("own", chosen, silent)
    assert cli.main(["kubectl", "get", "pods", "--all-namespaces", "-h"]) == 0
    call = machine.calls("kubectl")[-1]
    assert call[1:] == [
        f"--kubeconfig={found.kubeconfig}", "--context=kind-own", "get", "pods", "--all-namespaces", "-h"
    ]  # fmt: skip


FOREIGN = "https://prod.example.com"


@pytest.mark.parametrize(
    "command",
    [["kubectl", "delete", "pods", "--all"], ["k9s"], ["secrets", "check"], ["secrets", "rotate-key"]],
    ids=" ".join,
)
def test_a_kubeconfig_that_was_pointed_elsewhere_is_followed_by_no_command(
    command, machine, chosen, monkeypatch, capsys
):
    monkeypatch.setenv("WITW_PROJECT", "own")
    found, _ = cluster.ensure("own", chosen, silent)
    found.kubeconfig.write_text(stand_ins.kubeconfig("own", FOREIGN))
    before = machine.calls("kubectl")
    assert cli.main(command) == 1
    said = capsys.readouterr().err
    assert f"points to {FOREIGN}" in said
    assert "export kubeconfig --name own" in said
    assert machine.calls("kubectl") == before


@pytest.mark.parametrize(
    "text", ["contexts: [{}]", "clusters: foo", "- 1", "contexts: [{name: kind-own, context: 1}]"]
)
def test_a_kubeconfig_that_was_damaged_leads_nowhere(text, machine, chosen, monkeypatch, capsys):
    monkeypatch.setenv("WITW_PROJECT", "own")
    found, _ = cluster.ensure("own", chosen, silent)
    found.kubeconfig.write_text(text)
    assert cli.main(["kubectl", "get", "pods"]) == 1
    assert "points to nothing" in capsys.readouterr().err


def test_up_tells_nothing_to_a_cluster_that_the_kubeconfig_was_pointed_to(machine, chosen):
    """The registry was made anew, so that `up` would announce it."""
    found, _ = cluster.ensure("own", chosen, silent)
    found.kubeconfig.write_text(stand_ins.kubeconfig("own", FOREIGN))
    registry.remove(chosen)
    cluster.stop("own")
    before = machine.calls("kubectl")
    with pytest.raises(ClusterError, match=FOREIGN):
        cluster.ensure("own", chosen, silent)
    assert machine.calls("kubectl") == before


def test_a_cluster_that_must_not_be_asked_is_told_in_status(machine, chosen):
    found, _ = cluster.ensure("own", chosen, silent)
    found.kubeconfig.write_text(stand_ins.kubeconfig("own", FOREIGN))
    (status,) = cluster_status.all_of_them(chosen)
    assert not status.ready
    assert FOREIGN in status.lines[0].problem


def test_k9s_is_given_the_cluster_and_its_own_words(machine, chosen, monkeypatch):
    monkeypatch.setenv("WITW_PROJECT", "own")
    found, _ = cluster.ensure("own", chosen, silent)
    machine.add("k9s")
    assert cli.main(["k9s", "--readonly"]) == 0
    (call,) = machine.calls("k9s")
    assert call[1:] == [f"--kubeconfig={found.kubeconfig}", "--context=kind-own", "--readonly"]


def test_k9s_that_is_not_installed_is_said(machine, chosen, capsys, monkeypatch):
    monkeypatch.setenv("WITW_PROJECT", "own")
    cluster.ensure("own", chosen, silent)
    assert cli.main(["k9s"]) == 1
    assert cli.main(["kubectl", "--name", "missing", "get", "pods"]) == 1


def test_down_stops_the_nodes_and_purge_removes_them(machine, chosen, monkeypatch, tmp_path):
    monkeypatch.setenv("WITW_PROJECT", "own")
    cluster.ensure("own", chosen, silent)
    assert cli.main(["down", "--kind"]) == 0
    assert not machine.state["containers"]["own-control-plane"]["running"]
    assert cli.main(["down", "--kind"]) == 0
    assert cli.main(["down", "--kind", "--purge"]) == 0
    assert "own-control-plane" not in machine.state["containers"]
    assert cli.main(["down", "--kind", "--purge"]) == 0
