"""dev/platform/cdn: a restricted pod, its way from the public Gateway to the app, and what it refuses."""

import json
from typing import Any

import pytest
import yaml

from dev.settings import ROOT
from tests.chart import pod_security
from tests.chart.rendering import Chart, Values, at, run

FOLDER = ROOT / "dev" / "platform" / "cdn"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text())

MINIMAL: Values = {"image": "registry.example.com/witw/cdn@sha256:" + "ab" * 32}


@pytest.fixture(scope="session")
def cdn(chart: Chart) -> Chart:
    """The chart of the CDN."""
    return Chart(chart.helm, FOLDER, "cdn", "cdn", MINIMAL)


def test_helm_lint_has_nothing_to_say(cdn: Chart) -> None:
    done = run(
        [str(cdn.helm), "lint", "--strict", "--quiet", str(FOLDER), "-f", "-"], yaml.safe_dump(MINIMAL)
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_its_pod_is_restricted_and_bounded_with_a_root_that_cannot_be_written(cdn: Chart) -> None:
    ((_, pod),) = cdn.render().pods()
    spec = pod["spec"]
    assert pod_security.violations(spec) == []
    assert spec["automountServiceAccountToken"] is False
    (container,) = pod_security.containers(spec)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["limits"]["memory"]
    assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"])


def test_it_takes_the_static_files_of_the_named_hosts_and_nothing_else(cdn: Chart) -> None:
    route = cdn.render(at("hostnames", ["witw.example.com"])).one("HTTPRoute")["spec"]
    assert route["hostnames"] == ["witw.example.com"]
    assert [gateway["name"] for gateway in route["parentRefs"]] == ["public"]
    (rule,) = route["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/static"}}]
    assert "hostnames" not in cdn.render().one("HTTPRoute")["spec"]


def test_the_requests_reach_its_pod_and_the_app_by_names_that_are_there(cdn: Chart, chart: Chart) -> None:
    manifests = cdn.render()
    (rule,) = manifests.one("HTTPRoute")["spec"]["rules"]
    service, pod = manifests.one("Service"), dict(manifests.pods())["Deployment/cdn"]
    assert rule["backendRefs"] == [{"name": service["metadata"]["name"], "port": 80}]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    (container,) = pod["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    name, _, port = environment["CDN_ORIGIN"].partition(":")
    app = chart.render({}).one("Service", name.partition(".")[0])
    assert int(port) in [one["port"] for one in app["spec"]["ports"]]


def test_its_user_and_settings_are_those_of_its_image(cdn: Chart) -> None:
    image = ROOT / "dev" / "images" / "cdn"
    ((_, pod),) = cdn.render().pods()
    context = pod["spec"]["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in (image / "Dockerfile").read_text()
    program = (image / "entrypoint").read_text()
    (container,) = pod["spec"]["containers"]
    assert all(f"${{{one['name']}:-" in program for one in container["env"])


def test_every_value_is_known_to_the_schema() -> None:
    assert set(DEFAULTS) == set(SCHEMA["properties"]) - {"global"}
    assert set(DEFAULTS["cache"]) == set(SCHEMA["properties"]["cache"]["properties"])


@pytest.mark.parametrize(
    ("path", "value"),
    [("image", ""), ("imgae", "x"), ("origin", "witw"), ("origin", "http://witw:80"), ("originHost", "a b"),
     ("replicas", -1), ("cache.keep", "a month"), ("cache.size", "1 GB"), ("cache.kept", "1d"),
     ("parentRefs", []), ("hostnames", "witw.example.com")],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(cdn: Chart, path: str, value: Any) -> None:
    assert path.rpartition(".")[2] in cdn.refusal(at(path, value))
