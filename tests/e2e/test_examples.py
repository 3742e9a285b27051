"""The examples in the chart's README: taken by the API server, and installed one after the other."""

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from dev import settings
from tests.chart import schemas
from tests.e2e.own import CHART, Own, Values, merged
from tests.e2e.stack import is_ready, until

EXAMPLES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").glob("*-values.yaml"))

NOT_INSTALLED = {"production": "wants nodes in zones; each of its pieces is in another example"}

OPERATOR = "github.com/prometheus-operator/prometheus-operator"

pytestmark = [pytest.mark.xdist_group("examples"), pytest.mark.long]


def example(name: str) -> Values:
    values: Values = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text())
    return values


def fitted(own: Own, values: Values) -> Values:
    """An example with the names of this cluster in place of the made-up ones; all else as it stands there."""
    base = own.base
    places: Values = {
        "image": base["image"],
        "config": {**values.get("config", {}), "BASE_URL": own.url, "ENVIRONMENT": "local"},
        "database": {
            "host": base["database"]["host"],
            "primary": base["database"]["primary"],
            "sslmode": "disable",
            "ca": {"configMap": ""},
        },
        "secrets": {name: base["secrets"][name] for name in ("django", "database")},
        "resources": base["resources"],
        "migrations": {"resources": base["migrations"]["resources"]},
    }
    if values.get("httpRoute", {}).get("enabled"):
        routes = base["httpRoute"]
        places["httpRoute"] = {"parentRefs": routes["parentRefs"], "hostnames": [own.host]}
        if "internal" in values["httpRoute"]:
            internal = {"parentRefs": routes["internal"]["parentRefs"], "hostnames": [own.host]}
            places["httpRoute"]["internal"] = internal
    if "canary" in values:
        places["canary"] = {"image": {"digest": base["image"]["digest"], "tag": ""}}
    if "networkPolicy" in values:
        places["networkPolicy"] = {"from": [_namespace("gateway")], "database": [_namespace(own.database)]}
    if "extraContainers" in values:
        image = own.deployment()["spec"]["template"]["spec"]["containers"][0]["image"]
        sleeps = {"image": image, "args": ["python", "-c", "import signal; signal.pause()"]}
        places["extraContainers"] = [one | sleeps for one in values["extraContainers"]]
    return merged(values, places)


def _namespace(name: str) -> Values:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


@pytest.fixture(scope="module")
def changing(_own: Own) -> Iterator[Own]:
    """This worker's release, which goes from one example to the next and back only at the end."""
    _own.put_back()
    _provide(_own)
    yield _own
    _own.put_back()
    _own.kubectl("delete", "configmap/shared", "secret/witw-oidc", "secret/witw-sentry", "secret/witw-more")


def _provide(own: Own) -> None:
    """What the examples take for granted beside the chart."""
    database = own.base["database"]
    there = {"host": database["host"], "port": str(database.get("port", 5432)), "dbname": "witw"}
    more: dict[str, dict[str, str]] = {
        "witw-database": there | {"username": "witw"},
        "witw-django": {"secret_key_fallbacks": secrets.token_urlsafe(60)},
        "witw-oidc": {"client_id": "witw", "client_secret": secrets.token_urlsafe(20)},
        "witw-sentry": {"dsn": "http://key@127.0.0.1:9/1"},
        "witw-more": {"MORE": "1"},
    }
    items = [_object("Secret", name, stringData=values) for name, values in more.items()]
    items.append(_object("ConfigMap", "shared", data={"SHARED": "1"}))
    document = yaml.safe_dump_all(items)
    own.kubectl("apply", "--server-side", "--filename=-", stdin=document)


def _object(kind: str, name: str, **values: Any) -> Values:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **values}


@pytest.fixture(scope="module")
def operator_kinds(_own: Own) -> Iterator[None]:
    """The kinds of the Prometheus operator, where the cluster has not got them."""
    (source,) = [one for one in schemas.CUSTOM if one.module == OPERATOR]
    folder = schemas.fetch(source, settings.load().cache_dir)
    files = [f"--filename={folder / file}" for file in source.files]
    known = _own.kubectl("get", "customresourcedefinitions", "--output=name")
    if "servicemonitors.monitoring.coreos.com" in known:
        yield
        return
    _own.kubectl("create", *files)
    _own.kubectl("wait", "--for=condition=Established", "--timeout=60s", *files)
    yield
    _own.kubectl("delete", *files)


@pytest.mark.usefixtures("operator_kinds")
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_api_server_takes_all_objects_of_an_example(changing: Own, name: str) -> None:
    file = CHART / "ci" / f"{name}-values.yaml"
    rendered = changing.helm("template", "example", str(CHART), f"--values={file}", "--no-hooks")
    said = changing.kubectl("apply", "--dry-run=server", "--filename=-", stdin=rendered, check=False)
    assert "configured" in said or "created" in said
    assert not [line for line in said.splitlines() if "rror" in line or "would violate" in line], said


@pytest.mark.usefixtures("operator_kinds")
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in NOT_INSTALLED])
def test_an_example_is_installed_and_serves(changing: Own, name: str) -> None:
    values = fitted(changing, example(name))
    changing.apply("witw", changing.namespace, CHART, values)
    deployments = {one["metadata"]["name"]: one for one in changing.list("Deployment")}
    if values.get("parked"):
        assert deployments["witw"]["spec"]["replicas"] == 0
        return
    assert deployments["witw"]["status"]["readyReplicas"] >= 1
    # Others may just be coming, where an autoscaler looks after them.
    up = [pod for pod in changing.pods().values() if is_ready(pod)]
    assert up
    for pod in up:
        begun = {one["name"]: one for one in pod["status"]["initContainerStatuses"]}
        assert begun["wait-for-migrations"]["state"]["terminated"]["exitCode"] == 0
        assert len(pod["spec"]["containers"]) == 1 + len(values.get("extraContainers", []))
    assert ("witw-canary" in deployments) == ("canary" in values)
    if values.get("httpRoute", {}).get("enabled"):
        until("an answer", lambda: changing.browser().get("/login").status_code == httpx.codes.OK)
