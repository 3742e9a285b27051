"""dev/platform/gateway: what it renders and refuses, held against the controller's schemas and Compose."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import programs, settings, toolchain
from dev.settings import ROOT
from tests.chart import schemas
from tests.chart.rendering import Chart, Manifests, Object, Values, at, run

FOLDER = ROOT / "dev" / "platform" / "gateway"
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((FOLDER / "values.yaml").read_text())
COMPOSE = yaml.safe_load((ROOT / "dev" / "images" / "gateway" / "envoy.yaml").read_text())
DEFINITIONS = "github.com/envoyproxy/gateway/charts/gateway-helm/charts/crds/crds"

MINIMAL: Values = {"image": "registry.example.com/witw/gateway@sha256:" + "ab" * 32}
SIDES = ["public", "internal"]


@pytest.fixture(scope="session")
def gateway(chart: Chart) -> Chart:
    """The gateway chart."""
    return Chart(chart.helm, FOLDER, "gateway", "gateway", MINIMAL)


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Schemas of Gateway API's and Envoy Gateway's kinds, out of the controller's own chart."""
    folder = tmp_path_factory.mktemp("schemas")
    source = programs.source(DEFINITIONS, "platform", settings.load().cache_dir)
    for file in source.rglob("*.yaml"):
        for definition in yaml.load_all(file.read_text(), schemas.Loader):
            if definition and definition["kind"] == "CustomResourceDefinition":
                for name, schema in schemas.of_definition(definition):
                    (folder / f"{name}.json").write_text(json.dumps(schema))
    return str(folder / schemas.CUSTOM_LOCATION)


def complaints(location: str, text: str) -> str:
    """What kubeconform has against manifests."""
    kubeconform: Path = toolchain.ensure("kubeconform")
    return run([str(kubeconform), "-strict", "-schema-location", location, "-"], text).stdout


def manager(gateway: Chart, side: str, *values: Values) -> dict[str, Any]:
    """What is added to Envoy's HTTP connection manager, by path; filters as a list, the first one first."""
    patches = gateway.render(*values).one("EnvoyPatchPolicy", side)["spec"]["jsonPatches"]
    assert {patch["name"] for patch in patches} == {f"gateway/{side}/http"}
    found: dict[str, Any] = {"filters": []}
    for patch in patches:
        operation = patch["operation"]
        if operation["path"] == "/http_filters/0":
            found["filters"].insert(0, operation["value"])
        else:
            found[operation["path"]] = operation["value"]
    return found


def in_compose(side: str) -> dict[str, Any]:
    """The HTTP connection manager of Compose's gateway."""
    (listener,) = [one for one in COMPOSE["static_resources"]["listeners"] if one["name"] == side]
    return dict(listener["filter_chains"][0]["filters"][0]["typed_config"])


def bytes_of(size: str) -> int:
    """64Ki as a number."""
    return int(size[:-2]) * {"Ki": 1 << 10, "Mi": 1 << 20}[size[-2:]]


def maps(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of the schema that has named keys, with its path; the Gateways by the default ones' names."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if path == "gateways":
        for side in SIDES:
            yield from maps(schema["additionalProperties"], f"gateways.{side}")
    elif "properties" in schema:
        yield path, schema
        for name, inner in schema["properties"].items():
            yield from maps(inner, f"{path}.{name}".strip("."))


def default(path: str) -> Any:
    """The default that stands at a path."""
    place = DEFAULTS
    for key in path.split(".") if path else []:
        place = place[key]
    return place


MAPS = dict(maps(SCHEMA))
EVERYTHING: Values = {
    "imagePullSecrets": [{"name": "pull"}],
    "gateways": {
        "public": {
            "hostname": "witw.example.com",
            "certificates": [{"name": "tls"}],
            "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
            "clientTraffic": {"http3": {}},
            "backendTraffic": {"timeout": {"http": {"requestTimeout": "7s"}}},
        },
        "internal": {"service": {"type": "ClusterIP"}},
    },
    "client": {"trustedProxies": 1},
    "proxy": {
        "nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}],
        "podLabels": {"a": "b"},
        "podAnnotations": {"a": "b"}, "priorityClassName": "high",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    },
}  # fmt: skip
NOTHING: Values = {
    "gateways": {"internal": {"enabled": False}},
    "gatewayClass": {"create": False},
    "accessLog": {"enabled": False},
    "compression": {"enabled": False},
    "loginLimit": {"enabled": False},
    "backend": {"activeCheck": {"enabled": False}, "passiveCheck": {"enabled": False}},
    "requestStartHeader": "",
}


def test_helm_lint_has_nothing_to_say(gateway: Chart) -> None:
    done = run(
        [str(gateway.helm), "lint", "--strict", "--quiet", str(FOLDER), "-f", "-"], yaml.safe_dump(MINIMAL)
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


@pytest.mark.parametrize("values", [{}, EVERYTHING, NOTHING], ids=["least", "everything", "nothing"])
def test_the_controller_knows_every_field(gateway: Chart, location: str, values: Values) -> None:
    assert complaints(location, gateway.render(values).text) == ""


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("EnvoyProxy", "envoyDeployment:", "deployment:"),
        ("ClientTrafficPolicy", "withUnderscoresAction:", "underscores:"),
        ("BackendTrafficPolicy", "numRetries: 3", "numRetries: many"),
        ("EnvoyPatchPolicy", "op: add", "op: change"),
        ("Gateway", "gatewayClassName:", "className:"),
    ],
)
def test_the_schemas_notice_a_mistake(gateway: Chart, location: str, kind: str, old: str, new: str) -> None:
    text = gateway.render().text
    assert old in text
    assert kind in complaints(location, text.replace(old, new))


@pytest.mark.parametrize("path", sorted(MAPS))
def test_the_schema_knows_the_values_of_values_yaml_and_no_other(gateway: Chart, path: str) -> None:
    assert MAPS[path]["additionalProperties"] is False
    assert set(MAPS[path]["properties"]) - {"global"} == set(default(path))
    assert "additional properties 'mispelt' not allowed" in gateway.refusal(
        at(f"{path}.mispelt".strip("."), 1)
    )


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("image", "", "the Envoy image is missing"),
        ("image", "a b", "pattern"),
        ("gateways.public.port", 70000, "maximum"),
        ("gateways.public.service.type", "Node", "value must be one of"),
        ("gateways.public.requestIds", "Own", "value must be one of"),
        ("gateways.Public", {}, "pattern"),
        ("backend.retryOn", ["5xx"], "value must be one of"),
        ("backend.requestTimeout", "30", "pattern"),
        ("backend.maxBody", "1 MB", "pattern"),
        ("loginLimit.burst", 0, "minimum"),
        ("localReplies", [{"status": 404}], "missing property 'filter'"),
    ],
)
def test_a_wrong_value_is_refused(gateway: Chart, path: str, value: Any, complaint: str) -> None:
    assert complaint in gateway.refusal(at(path, value))


def test_there_is_a_public_and_an_internal_gateway_each_with_an_envoy_of_its_own(gateway: Chart) -> None:
    manifests = gateway.render()
    for side, port, node_port in ("public", 8080, 30080), ("internal", 8081, 30081):
        gateway = manifests.one("Gateway", side)["spec"]
        assert gateway["gatewayClassName"] == manifests.one("GatewayClass")["metadata"]["name"] == "witw"
        assert gateway["infrastructure"]["parametersRef"]["name"] == side
        assert [one["name"] for one in gateway["listeners"]] == ["http"]
        service = manifests.one("EnvoyProxy", side)["spec"]["provider"]["kubernetes"]["envoyService"]
        assert service["type"] == "NodePort"
        assert service["patch"]["value"]["spec"]["ports"] == [{"port": port, "nodePort": node_port}]
        for kind in ("ClientTrafficPolicy", "BackendTrafficPolicy"):
            (target,) = manifests.one(kind, side)["spec"]["targetRefs"]
            assert (target["kind"], target["name"]) == ("Gateway", side)


def deployment(manifests: Manifests, side: str) -> Object:
    """How a Gateway's Envoys are deployed."""
    return dict(manifests.one("EnvoyProxy", side)["spec"]["provider"]["kubernetes"]["envoyDeployment"])


@pytest.mark.parametrize("side", SIDES)
def test_the_envoys_are_ours_restricted_and_bounded(gateway: Chart, side: str) -> None:
    envoy = deployment(gateway.render(), side)
    assert envoy["container"]["image"] == MINIMAL["image"]
    context = envoy["pod"]["securityContext"] | envoy["container"]["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 10004)
    assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
    assert (context["capabilities"], context["seccompProfile"]) == (
        {"drop": ["ALL"]},
        {"type": "RuntimeDefault"},
    )
    beside = {one["name"]: one for one in envoy["patch"]["value"]["spec"]["template"]["spec"]["containers"]}
    # Both write there what the other looks for.
    assert {"name": "tmp", "mountPath": "/tmp"} in beside["shutdown-manager"]["volumeMounts"]  # noqa: S108
    assert envoy["container"]["resources"]["limits"]["memory"]
    assert beside["shutdown-manager"]["resources"]["limits"]["memory"]


def test_an_envoy_starts_when_its_controller_can_be_reached(gateway: Chart) -> None:
    envoy = deployment(gateway.render(at("proxy.controller.port", 18001)), "public")
    (started,) = (
        one
        for one in envoy["patch"]["value"]["spec"]["template"]["spec"]["containers"]
        if one["name"] == "envoy"
    )
    assert started["command"] == ["envoy-for-controller"]
    env = {one["name"]: one["value"] for one in envoy["container"]["env"]}
    assert env == {"CONTROLLER": f"envoy-gateway.{gateway.namespace}.svc:18001", "CONTROLLER_SECONDS": "60"}


def test_a_gateway_on_an_overloaded_node_is_not_ended_for_answering_late(gateway: Chart) -> None:
    for one in deployment(gateway.render(), "public")["patch"]["value"]["spec"]["template"]["spec"][
        "containers"
    ]:
        live, ready = one["livenessProbe"], one["readinessProbe"]
        # The controller's own are 1 s, three times and once.
        assert live["timeoutSeconds"] * live["failureThreshold"] >= 30, one["name"]
        assert ready["timeoutSeconds"] * ready["failureThreshold"] >= 8, one["name"]


def test_several_envoys_are_not_evicted_together(gateway: Chart) -> None:
    manifests = gateway.render(at("gateways.public.replicas", 2), at("gateways.internal.replicas", 1))
    budgets = {
        one["metadata"]["name"]: one["spec"]["provider"]["kubernetes"].get("envoyPDB")
        for one in manifests.all("EnvoyProxy")
    }
    assert budgets == {"public": {"name": "public", "maxUnavailable": 1}, "internal": None}


def test_what_a_gateway_lays_over_wins(gateway: Chart) -> None:
    manifests = gateway.render(EVERYTHING)
    timeouts = {
        side: manifests.one("BackendTrafficPolicy", side)["spec"]["timeout"]["http"]["requestTimeout"]
        for side in SIDES
    }
    assert timeouts == {"public": "7s", "internal": "30s"}
    assert "http3" in manifests.one("ClientTrafficPolicy", "public")["spec"]
    (listener,) = manifests.one("Gateway", "public")["spec"]["listeners"]
    assert (listener["protocol"], listener["tls"]["certificateRefs"]) == ("HTTPS", [{"name": "tls"}])


@pytest.mark.parametrize("side", SIDES)
def test_clients_have_the_limits_of_compose(gateway: Chart, side: str) -> None:
    compose, policy = in_compose(side), gateway.render().one("ClientTrafficPolicy", side)["spec"]
    times = policy["timeout"]["http"]
    assert times["requestHeadersReceivedTimeout"] == compose["request_headers_timeout"]
    assert times["streamIdleTimeout"] == compose["stream_idle_timeout"]
    assert times["idleTimeout"] == compose["common_http_protocol_options"]["idle_timeout"]
    http2 = compose["http2_protocol_options"]
    assert policy["http2"]["maxConcurrentStreams"] == http2["max_concurrent_streams"]
    assert bytes_of(policy["http2"]["initialStreamWindowSize"]) == http2["initial_stream_window_size"]
    assert bytes_of(policy["http2"]["initialConnectionWindowSize"]) == http2["initial_connection_window_size"]
    assert (policy["headers"]["requestID"] == "PreserveOrGenerate") == compose.get(
        "preserve_external_request_id", False
    )
    (header,) = policy["headers"]["earlyRequestHeaders"]["set"]
    (same,) = compose["route_config"]["request_headers_to_add"]
    assert header == {"name": same["header"]["key"], "value": same["header"]["value"]}


@pytest.mark.parametrize("side", SIDES)
def test_answers_of_envoy_itself_are_those_of_compose(gateway: Chart, side: str) -> None:
    compose, ours = in_compose(side), manager(gateway, side)
    assert ours["/server_name"] == compose["server_name"]
    assert ours["/max_request_headers_kb"] == compose["max_request_headers_kb"]
    headers = compose["common_http_protocol_options"]["max_headers_count"]
    assert ours["/common_http_protocol_options/max_headers_count"] == headers
    assert ours["/local_reply_config"] == compose["local_reply_config"]


@pytest.mark.parametrize("side", SIDES)
def test_logins_and_compression_are_bounded_as_in_compose(gateway: Chart, side: str) -> None:
    limit, compressor = manager(gateway, side)["filters"]
    routes = in_compose(side)["route_config"]["virtual_hosts"][0]["routes"]
    (login,) = [one for one in routes if "typed_per_filter_config" in one]
    (bucket,) = login["typed_per_filter_config"].values()
    (descriptor,) = limit["typed_config"]["descriptors"]
    assert descriptor["token_bucket"] == bucket["token_bucket"]
    types = compressor["typed_config"]["response_direction_config"]["common_config"]["content_type"]
    assert types == ["application/json"]


@pytest.mark.parametrize("side", SIDES)
def test_the_access_log_has_the_fields_of_compose(gateway: Chart, side: str) -> None:
    (log,) = in_compose(side)["access_log"]
    (ours,) = gateway.render().one("EnvoyProxy", side)["spec"]["telemetry"]["accessLog"]["settings"]
    compose = log["typed_config"]["log_format"]["json_format"]
    # Envoy Gateway leaves Envoy's own headers out, so that time is measured another way.
    assert {name: text for name, text in ours["format"]["json"].items() if name != "upstream_ms"} == {
        name: text for name, text in compose.items() if name != "upstream_ms"
    }
    assert ours["format"]["json"].keys() == compose.keys()


@pytest.mark.parametrize("side", SIDES)
def test_the_app_is_asked_as_in_compose(gateway: Chart, side: str) -> None:
    (cluster,) = [one for one in COMPOSE["static_resources"]["clusters"] if one["name"] == "app"]
    policy = gateway.render().one("BackendTrafficPolicy", side)["spec"]
    (limits,) = cluster["circuit_breakers"]["thresholds"]
    ours = policy["circuitBreaker"]
    assert [ours["maxConnections"], ours["maxPendingRequests"], ours["maxParallelRequests"]] == [
        limits["max_connections"], limits["max_pending_requests"], limits["max_requests"],
    ]  # fmt: skip
    assert ours["retryBudget"]["percent"]["numerator"] == limits["retry_budget"]["budget_percent"]["value"]
    assert policy["timeout"]["tcp"]["connectTimeout"] == cluster["connect_timeout"]
    (check,) = cluster["health_checks"]
    active = policy["healthCheck"]["active"]
    # What is asked differs: in Compose the check is all that tells of a container that drains.
    assert active["http"]["hostname"] == check["http_health_check"]["host"]
    assert (active["interval"], active["timeout"]) == (check["interval"], check["timeout"])
    outlier, passive = cluster["outlier_detection"], policy["healthCheck"]["passive"]
    assert passive["consecutiveLocalOriginFailures"] == outlier["consecutive_local_origin_failure"]
    assert passive["baseEjectionTime"] == outlier["base_ejection_time"]
    # Whatever the method: only what the app has certainly not seen.
    assert set(policy["retry"]["retryOn"]["triggers"]) == {
        "connect-failure",
        "refused-stream",
        "reset-before-request",
    }


def test_the_check_of_a_pod_waits_behind_no_request(gateway: Chart, chart: Chart) -> None:
    """It is what the app's own liveness probe asks: a full house does not fail it, nor a spike all pods."""
    (container,) = chart.render().one("Deployment")["spec"]["template"]["spec"]["containers"]
    live = container["livenessProbe"]["httpGet"]
    (port,) = [one["containerPort"] for one in container["ports"] if one["name"] == live["port"]]
    for side in SIDES:
        active = gateway.render().one("BackendTrafficPolicy", side)["spec"]["healthCheck"]["active"]
        assert (active["http"]["path"], active["overrides"]["port"]) == (live["path"], port)


@pytest.mark.parametrize(
    ("interval", "milliseconds"), [("1s", 1000), ("500ms", 500), ("1m30s", 90_000), ("1h1ms", 3_600_001)]
)
def test_pods_that_nobody_was_sent_to_are_asked_as_often(
    gateway: Chart, interval: str, milliseconds: int
) -> None:
    manifests = gateway.render(at("backend.activeCheck.interval", interval))
    for side in SIDES:
        (patch,) = manifests.one("EnvoyProxy", side)["spec"]["bootstrap"]["jsonPatches"]
        assert patch["path"].rpartition("/")[2] == "health_check.max_interval"
        assert patch["value"] == milliseconds
        check = manifests.one("BackendTrafficPolicy", side)["spec"]["healthCheck"]["active"]
        assert check["interval"] == interval
    unchecked = gateway.render(at("backend.activeCheck.enabled", False))
    assert "bootstrap" not in unchecked.one("EnvoyProxy", SIDES[0])["spec"]


def test_a_gateway_that_checks_pods_less_often_does_so_for_those_too(gateway: Chart) -> None:
    over = at("gateways.internal.backendTraffic.healthCheck.active.interval", "7s")
    found = {
        side: gateway.render(over).one("EnvoyProxy", side)["spec"]["bootstrap"]["jsonPatches"][0]["value"]
        for side in SIDES
    }
    assert found == {"public": 1000, "internal": 7000}


@pytest.mark.parametrize("failures", [3, 5])
def test_one_bad_moment_takes_no_pod_out(gateway: Chart, failures: int) -> None:
    """If it took all out at once, Envoy would ask every pod it knows of, those too that are only starting."""
    values = (
        {}
        if failures == default("backend.activeCheck.failures")
        else at("backend.activeCheck.failures", failures)
    )
    found = [one for one in yaml.safe_load_all(gateway.render(values).text) if one]
    policies = [one["spec"] for one in found if one["kind"] == "BackendTrafficPolicy"]
    assert policies
    for spec in policies:
        check = spec["healthCheck"]["active"]
        assert check["unhealthyThreshold"] == failures
        # Envoy counts to the threshold only what is said here to be worth another try.
        assert check["http"]["retriableStatuses"] == [503]
