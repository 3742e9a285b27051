"""A cluster that is somebody else's: environment `production`, with a worker and a database of its own."""

import re

import pytest
import yaml

from dev import cluster_secrets, process, registry, release, settings, target
from dev.settings import ROOT
from tests.cluster_kit import free_name
from tests.harness.real_cluster import real_cluster

pytestmark = [pytest.mark.slow, pytest.mark.lasting]

NAME = "witw-abroad"

SMALL = {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


@pytest.fixture(scope="module")
def chosen():
    return settings.load(project=free_name(NAME), port=18580, internal_port=18581)


@pytest.fixture(scope="module")
def abroad(chosen):
    """A cluster with a worker and no layer, known to `deploy` by its kubeconfig only."""
    with real_cluster(chosen) as found:
        yield target.of_cluster(found, chosen)


def witw(*arguments):
    ended = process.run([str(ROOT / "witw"), *arguments], cwd=ROOT, timeout=900, check=False)
    assert ended.ok, ended.stdout + ended.stderr
    return ended.stdout


def web_pods(to):
    return to.kube.list("Pod", "witw", label_selector="app.kubernetes.io/component=web")


@pytest.fixture(scope="module")
def references(abroad, chosen):
    """Our images in a registry that the cluster can reach, as `push` printed them."""
    where = f"{registry.find(chosen).name}/abroad"
    said = witw("push", "--registry", where, "app", "postgres", "pgpool")
    found = dict(re.findall(rf"{where}/(\w+)@(sha256:[0-9a-f]{{64}})", said))
    assert sorted(found) == ["app", "pgpool", "postgres"]
    return {name: (where, digest) for name, digest in found.items()}


@pytest.fixture(scope="module")
def database(abroad, references, tmp_path_factory):
    """A PostgreSQL with its pooler, and the Secrets: none of it is the environment's."""
    cluster_secrets.ensure(abroad, ["postgres"])
    file = tmp_path_factory.mktemp("database") / "values.yaml"
    values = {
        "images": {
            name: f"{references[name][0]}/{name}@{references[name][1]}" for name in ("postgres", "pgpool")
        },
        "secret": {"name": "postgres"},
        "size": {"replicas": 3},
        "pool": {"sessions": 120},
        "persistence": {"size": "1Gi"},
        "postgres": {"resources": SMALL},
        "pgpool": {"resources": SMALL},
    }
    file.write_text(yaml.safe_dump(values))
    chart = str(ROOT / "dev" / "platform" / "postgres")
    abroad.run_helm("install", "postgres", chart, "--namespace=postgres", f"--values={file}")


def test_the_example_is_deployed_and_the_second_time_replaces_no_pod(abroad, references, database, tmp_path):
    where, digest = references["app"]
    host, _, folder = where.partition("/")
    mine = tmp_path / "mine.yaml"
    values = {
        "image": {"registry": host, "repository": f"{folder}/app", "digest": digest},
        "database": {
            "host": "pgpool.postgres.svc",
            "primary": {"host": "postgres.postgres.svc"},
            # The pooler has no certificate in this cluster.
            "sslmode": "disable",
        },
        # Nor are there Gateways.
        "httpRoute": {"enabled": False, "internal": {"enabled": False}},
        "resources": SMALL,
    }
    mine.write_text(yaml.safe_dump(values))
    deploy = (
        *("deploy", "--env", "production", "--context", abroad.context),
        *("--kubeconfig", str(abroad.kubeconfig), "--values", str(mine), "--yes"),
    )
    said = witw(*deploy)
    assert f"image: {where}/app@{digest}" in said.replace('"', "")
    assert "gateway is new" not in said, "of the platform's releases only the app's is the environment's"

    pods = web_pods(abroad)
    assert len(pods) == 3
    # The control plane is for itself where there are workers.
    assert {pod["spec"]["nodeName"] for pod in pods} == {f"{abroad.ours.name}-worker"}
    assert all(digest in status["imageID"] for pod in pods for status in pod["status"]["containerStatuses"])
    assert "Succeeded" in abroad.run_helm("test", "witw", "--namespace=witw", timeout=300).stdout

    witw(*deploy)
    assert release.states(abroad)["witw/witw"].status == "deployed"
    assert [pod["metadata"]["name"] for pod in web_pods(abroad)] == [pod["metadata"]["name"] for pod in pods]
    # Other releases are other people's.
    assert sorted(release.states(abroad)) == ["postgres/postgres", "witw/witw"]
