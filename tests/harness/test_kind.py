"""A real cluster: made, used again, encrypted, stopped and started, with its registry. Needs an engine."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml

from dev import (
    base_image,
    cluster,
    cluster_config,
    encryption,
    go_modules,
    kube,
    kubeconfig,
    process,
    registry,
    settings,
    waits,
)
from dev.console import Stage
from dev.errors import ClusterError
from dev.programs import silent
from dev.settings import ROOT
from tests.cluster_kit import free_name
from tests.harness.real_cluster import real_cluster

pytestmark = [pytest.mark.slow, pytest.mark.lasting]

NAME = "witw-test"


@pytest.fixture(scope="module")
def chosen():
    return settings.load(project=free_name(NAME), port=18480, internal_port=18481)


@pytest.fixture(scope="module")
def ours(chosen):
    """A cluster with a worker, and its registry; both are removed at the end."""
    with real_cluster(chosen, encrypt=("secrets", "configmaps")) as found:
        yield found


def ready_nodes(found):
    nodes = json.loads(found.run("get", "nodes", "--output=json").stdout)["items"]
    return [
        node["metadata"]["name"]
        for node in nodes
        if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
    ]


def start_pod(found, name, image, command, **spec):
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": image, "command": ["sh", "-c", command]}],
            **spec,
        },
    }
    found.run("apply", "--filename=-", stdin=json.dumps(manifest))


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.5)
    return value


def image_of_base():
    return process.run(["docker", "image", "ls", "--quiet", "witw/base"]).stdout.split()[0]


@pytest.fixture(scope="module")
def image(ours, chosen):
    """A small image with a shell, by its digest in the cluster's registry."""
    return registry.push(registry.find(chosen), image_of_base(), f"{ours.name}/base")


def test_all_nodes_become_ready(ours):
    assert len(until(lambda: len(ready_nodes(ours)) == 2 and ready_nodes(ours))) == 2


def test_a_nodes_systemd_uses_no_hierarchy_that_other_nodes_may_share(ours):
    """With cgroup v1, that would be the unified one beside it; v2 has but one, and each node its own root."""
    mounts = process.run(["docker", "exec", f"{ours.name}-control-plane", "cat", "/proc/mounts"]).stdout
    where = [mount.split()[1] for mount in mounts.splitlines() if " cgroup2 " in mount]
    assert where in ([], ["/sys/fs/cgroup"])


def test_kubelet_need_not_wait_for_its_pods(ours):
    """Its share of the processor, once the cluster has come up, against that of any other service."""
    weight = "cat /sys/fs/cgroup/cpu/$0/cpu.shares 2>/dev/null || cat /sys/fs/cgroup/$0/cpu.weight"
    kubelet, other = (
        int(process.run(["docker", "exec", f"{ours.name}-control-plane", "sh", "-c", weight, unit]).stdout)
        for unit in ("kubelet.slice/kubelet.service", "system.slice/containerd.service")
    )
    assert kubelet == 8 * other


def test_up_again_changes_nothing_and_takes_seconds(ours, chosen):
    began = time.monotonic()
    again, done = cluster.ensure(ours.name, chosen, silent)
    assert (again, done) == (ours, "")
    assert time.monotonic() - began < 10


def test_the_users_own_kubeconfig_is_not_touched(ours, tmp_path):
    assert yaml.safe_load(ours.kubeconfig.read_text())["current-context"] == f"kind-{ours.name}"
    assert ours.kubeconfig.is_relative_to(cluster.folder_of(ours.name))


def test_pods_on_two_nodes_reach_each_other_with_their_own_addresses(ours, image):
    nodes = until(lambda: len(ready_nodes(ours)) == 2 and ready_nodes(ours))
    tolerations = [{"operator": "Exists"}]
    for number, node in enumerate(nodes):
        start_pod(ours, f"net-{number}", image, "sleep 600", nodeName=node, tolerations=tolerations)
    ours.run("wait", "--for=condition=Ready", "pod/net-0", "pod/net-1", "--timeout=60s", timeout=90)
    form = "--output=jsonpath={.status.podIP}"
    there = ours.run("get", "pod", "net-1", form).stdout
    # bash, without any tool: connect to a port where nobody listens; a refusal comes from the pod itself.
    probe = f"exec 3<>/dev/tcp/{there}/9"
    said = ours.run("exec", "net-0", "--", "timeout", "5", "bash", "-c", probe, check=False)
    assert "Connection refused" in said.stderr


def test_the_gateways_port_of_this_machine_leads_to_a_pod_on_a_worker(ours, image):
    answer = (
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1);"
        'while (my $c = $s->accept) { print $c "HTTP/1.0 200 OK\\r\\n\\r\\nfrom the worker"; close $c }'
    )
    worker = f"{ours.name}-worker"
    until(lambda: worker in ready_nodes(ours))
    start_pod(ours, "web", image, f"exec perl -e '{answer}'", nodeName=worker)
    ours.run("label", "pod", "web", "app=web")
    port = {"port": 80, "targetPort": 8000, "nodePort": cluster_config.PUBLIC_NODE_PORT}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [port]},
    }
    ours.run("apply", "--filename=-", stdin=json.dumps(service))

    def ask():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ours.ports.public}/", timeout=5) as said:
                return said.read()
        except OSError:
            return b""

    assert until(ask) == b"from the worker"
    ours.run("delete", "pod/web", "service/web")


def test_what_kubeadm_asks_for_is_of_the_versions_that_we_build(ours):
    node = ours.control_plane
    version = process.run(["docker", "exec", node, "cat", "/kind/version"]).stdout.strip()
    command = [
        "docker",
        "exec",
        node,
        "kubeadm",
        "config",
        "images",
        "list",
        f"--kubernetes-version={version}",
    ]
    asked = process.run(command).stdout.split()
    tags = {name.rpartition("/")[2].partition(":")[0]: name.rpartition(":")[2] for name in asked}
    etcd, kubernetes = (go_modules.load(name).versions for name in ("etcd", "kubernetes"))
    assert tags["kube-apiserver"] == kubernetes["k8s.io/kubernetes"]
    assert tags["coredns"] == kubernetes["github.com/coredns/coredns"]
    # The part after the dash counts kubeadm's own packings of a version.
    assert f"v{tags['etcd'].partition('-')[0]}" == etcd["go.etcd.io/etcd/server/v3"]


def test_names_of_services_resolve_in_pods(ours, image):
    start_pod(ours, "dns", image, "getent hosts kubernetes.default.svc.cluster.local")
    until(lambda: ours.run("get", "pod", "dns", "--output=jsonpath={.status.phase}").stdout == "Succeeded")
    assert "kubernetes.default" in ours.run("logs", "dns").stdout


def test_the_registry_is_announced_and_images_run_by_digest(ours, image, chosen):
    config = ours.run(
        "get", "configmap", "local-registry-hosting", "--namespace=kube-public", "--output=json"
    )
    hosting = json.loads(config.stdout)["data"]["localRegistryHosting.v1"]
    assert yaml.safe_load(hosting)["host"] == registry.find(chosen).name
    start_pod(ours, "digest", image, "true")
    form = "--output=jsonpath={.status.containerStatuses[0].imageID}"
    assert until(lambda: ours.run("get", "pod", "digest", form).stdout) == image


def test_a_second_push_of_the_same_image_sends_nothing(ours, image, chosen):
    base, began = image_of_base(), time.monotonic()
    assert registry.push(registry.find(chosen), base, f"{ours.name}/base") == image
    assert time.monotonic() - began < 2


def test_a_claim_gets_storage_that_outlives_the_pod(ours, image):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}},
    }
    ours.run("apply", "--filename=-", stdin=json.dumps(claim))
    for name, command in (("writer", "echo kept > /data/file"), ("reader", "cat /data/file")):
        spec = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
        container = {
            "name": "main",
            "image": image,
            "command": ["sh", "-c", command],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }
        start_pod(ours, name, image, command, containers=[container], **spec)
        phase = f"pod/{name}", "--output=jsonpath={.status.phase}"
        until(lambda phase=phase: ours.run("get", *phase).stdout == "Succeeded")
    assert ours.run("logs", "reader").stdout == "kept\n"


def test_the_watcher_says_why_a_pod_does_not_start_and_gives_up_early(ours, image):
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "broken"}}
    ours.run("apply", "--filename=-", stdin=json.dumps(own))
    ours.run(
        "run", "crasher", "--namespace=broken", f"--image={image}", "--", "sh", "-c", "echo no way; exit 3"
    )
    missing = image.partition("@")[0] + ":missing"
    ours.run("run", "puller", "--namespace=broken", f"--image={missing}")
    began = time.monotonic()
    with pytest.raises(ClusterError) as caught:
        waits.until_ready(kube.of(ours), namespaces=["broken"], timeout=300, stage=Stage("ready"))
    ours.run("delete", "namespace", "broken", "--wait=false")
    assert time.monotonic() - began < 120
    assert "puller" in caught.value.details or "no way" in caught.value.details


@pytest.mark.parametrize(("kind", "resource"), [("secret generic", "secrets"), ("configmap", "configmaps")])
def test_etcd_holds_secrets_and_if_asked_configmaps_only_as_ciphertext(ours, kind, resource):
    ours.run("create", *kind.split(), "plain", "--from-literal=password=correct-horse")
    every = encryption.raw(ours.encrypted, resource)
    assert b"correct-horse" not in every[f"/registry/{resource}/default/plain"]
    assert [name for name, held in every.items() if not held.startswith(encryption.PREFIX)] == []


def test_a_rotation_leaves_nothing_of_the_old_key(ours):
    ours.run("create", "secret", "generic", "rotated", "--from-literal=password=battery-staple")
    before = encryption.read(ours.encrypted.config)[1]
    done = encryption.rotate(ours.encrypted, silent)
    resources, keys = encryption.read(ours.encrypted.config)

    assert done.rewritten >= 2
    assert [key.name for key in keys] == [done.new]
    assert keys[0].secret != before[0].secret
    assert encryption.not_encrypted_with(ours.encrypted, keys[0], resources) == []
    encoded = ours.run("get", "secret", "rotated", "--output=jsonpath={.data.password}").stdout
    assert encoded == "YmF0dGVyeS1zdGFwbGU="
    # Past revisions are gone as well.
    gone = ours.encrypted.etcd("get", "/registry/secrets/default/rotated", "--rev=100", check=False)
    assert "compacted" in gone.stderr


def test_a_cluster_that_was_stopped_is_started_with_all_that_it_held(ours, chosen):
    assert len(cluster.stop(ours.name)) == 2
    again, done = cluster.ensure(ours.name, chosen, silent)
    assert done == "started again"
    assert again.run("get", "secret", "plain", "--output=name").stdout == "secret/plain\n"


def test_a_cluster_of_somebody_else_is_neither_used_nor_removed(ours, chosen):
    other = "somebody-elses"
    label = f"--label={cluster.NODE_LABEL}={other}"
    image, _ = base_image.ensure(chosen, silent)
    container = process.run(["docker", "create", label, image, "true"]).stdout.strip()
    try:
        for act in (lambda: cluster.ensure(other, chosen, silent), lambda: cluster.delete(other, chosen)):
            with pytest.raises(ClusterError, match="checkout"):
                act()
        assert [node.id for node in cluster.nodes(other)] == [container]
    finally:
        process.run(["docker", "rm", container])


MAKE = """
import sys
from dev import cli, cluster, settings
chosen = settings.load(project=sys.argv[1], port=18480, internal_port=18481)
cli.build = lambda: lambda **_: cluster.ensure(sys.argv[2], chosen, print)
sys.exit(cli.main([]))
"""


@pytest.fixture(scope="module")
def beside(ours, chosen):
    """A second cluster of the same project; its making was ended once, halfway, and begun again."""
    name = f"{ours.name}-beside"
    making = subprocess.Popen([sys.executable, "-c", MAKE, chosen.project, name], cwd=ROOT)
    try:
        until(lambda: making.poll() is not None or any(node.running for node in cluster.nodes(name)), 120)
        making.send_signal(signal.SIGTERM)
        assert making.wait(60) == 128 + signal.SIGTERM
        assert not cluster.recorded(name)["ready"]
        lines = []
        found, done = cluster.ensure(name, chosen, lines.append)
        assert done == "created"
        assert "removing what an interrupted run left" in lines
        yield found
    finally:
        making.kill()
        cluster.delete(name, chosen)


def test_two_clusters_side_by_side_share_nothing_but_the_registry(ours, beside, image, chosen):
    public_and_internal = {port for one in (ours, beside) for port in (one.ports.public, one.ports.internal)}
    assert len(public_and_internal) == 4
    mine, other = (kubeconfig.read(one.kubeconfig)["clusters"][0]["cluster"] for one in (ours, beside))
    assert mine["server"] != other["server"]
    assert mine["certificate-authority-data"] != other["certificate-authority-data"]
    mirror = registry.find(chosen)
    assert cluster.users(mirror) == sorted([ours.name, beside.name])
    theirs = registry.push(mirror, image_of_base(), f"{beside.name}/base")
    assert theirs == image.replace(f"/{ours.name}/", f"/{beside.name}/")

    assert cluster.delete(beside.name, chosen)
    assert registry.forget(chosen, beside.name)

    assert not cluster.folder_of(beside.name).exists()
    assert not registry.known(mirror, registry.target(mirror, image_of_base(), f"{beside.name}/base"))
    # A node has the image by now: it is asked to fetch it.
    main = {"name": "main", "image": image, "command": ["true"], "imagePullPolicy": "Always"}
    start_pod(ours, "after", image, "true", containers=[main])
    phase = ("pod/after", "--output=jsonpath={.status.phase}")
    assert until(lambda: ours.run("get", *phase).stdout == "Succeeded")


def test_a_registry_that_was_made_anew_is_made_known_to_the_nodes(ours, chosen):
    registry.remove(chosen)
    again, _ = cluster.ensure(ours.name, chosen, silent)
    mirror = registry.find(chosen)
    assert again == dataclasses.replace(ours, ports=dataclasses.replace(ours.ports, registry=mirror.port))
    folder = f"/etc/containerd/certs.d/{mirror.name}/hosts.toml"
    for node in cluster.nodes(ours.name):
        said = process.run(["docker", "exec", node.id, "cat", folder]).stdout
        assert mirror.container in said
