"""The app's pods: image, probes, draining, volumes, where they run, and what can be added to them."""

from typing import Any

import pytest
import yaml

from dev.settings import ROOT
from tests.chart.rendering import CHART, Chart, at, merged

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ({}, "witw/app:0.1.0"),
        ({"image": {"tag": "1.2"}}, "witw/app:1.2"),
        ({"image": {"tag": "1.2", "digest": DIGEST}}, f"witw/app@{DIGEST}"),
        ({"image": {"registry": "registry.example.com:5000"}}, "registry.example.com:5000/witw/app:0.1.0"),
        (
            {"image": {"registry": "own.example"}, "global": {"imageRegistry": "mirror.example"}},
            "mirror.example/witw/app:0.1.0",
        ),
    ],
)
def test_the_image_is_named(chart: Chart, values: dict[str, Any], image: str) -> None:
    for name, pod in chart.render(values, at("cities.refresh.enabled", True)).pods():
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            assert container["image"] == image, name


def test_pull_secrets_of_the_parent_chart_and_of_this_one(chart: Chart) -> None:
    values = {"global": {"imagePullSecrets": ["all", "both"]}, "imagePullSecrets": ["both", "own"]}
    for name, pod in chart.render(values).pods():
        assert [one["name"] for one in pod["spec"]["imagePullSecrets"]] == ["all", "both", "own"], name


def test_three_probes_with_the_app_s_host(chart: Chart) -> None:
    app = chart.render({}).app
    for probe, path, port in [
        ("startupProbe", "/internal/health/startup", "http"),
        ("livenessProbe", "/internal/health/live", "metrics"),
        ("readinessProbe", "/internal/health/ready", "http"),
    ]:
        asked = app[probe]["httpGet"]
        assert (asked["path"], asked["port"]) == (path, port)
        assert asked["httpHeaders"] == [{"name": "Host", "value": "witw.example.com"}]


def test_the_app_serves_the_paths_that_probes_ask() -> None:
    health = (ROOT / "app" / "ops" / "health.py").read_text()
    exposition = (ROOT / "app" / "ops" / "exposition.py").read_text()
    probes = yaml.safe_load((CHART / "values.yaml").read_text())["probes"]
    for name in ("startup", "readiness"):
        assert f'"{probes[name]["path"]}"' in health
    assert f'LIVE_PATH = "{probes["liveness"]["path"]}"' in exposition


@pytest.mark.parametrize("name", ["startup", "liveness", "readiness"])
def test_a_probe_can_be_changed_and_switched_off(chart: Chart, name: str) -> None:
    changed = chart.render(at(f"probes.{name}", {"periodSeconds": 77, "initialDelaySeconds": 5})).app[
        f"{name}Probe"
    ]
    assert (changed["periodSeconds"], changed["initialDelaySeconds"]) == (77, 5)
    assert f"{name}Probe" not in chart.render(at(f"probes.{name}.enabled", False)).app


def test_a_pod_drains_before_it_goes_and_is_given_the_time(chart: Chart) -> None:
    web = {"preStopSeconds": 7, "drainSeconds": 3, "gracefulSeconds": 60}
    manifests = chart.render({"web": web})
    assert manifests.app["lifecycle"]["preStop"]["sleep"]["seconds"] == 7
    assert manifests.pod["spec"]["terminationGracePeriodSeconds"] == 7 + 3 + 60 + 5
    assert manifests.environment["WEB_DRAIN_SECONDS"] == "3"
    assert manifests.environment["WEB_GRACEFUL_TIMEOUT"] == "60"


def test_without_a_pre_stop_hook_there_is_none(chart: Chart) -> None:
    assert "lifecycle" not in chart.render(at("web.preStopSeconds", 0)).app


def test_no_pod_goes_before_its_successor_is_ready(chart: Chart) -> None:
    strategy = chart.render({}).one("Deployment")["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def test_a_container_that_fails_says_why_in_its_status(chart: Chart) -> None:
    for name, pod in chart.render(at("cities.refresh.enabled", True)).pods():
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            assert container["terminationMessagePolicy"] == "FallbackToLogsOnError", name


def test_ports_are_values(chart: Chart) -> None:
    manifests = chart.render({"web": {"port": 9000, "metricsPort": 9001}, "service": {"port": 8080}})
    assert [one["containerPort"] for one in manifests.app["ports"]] == [9000, 9001]
    assert (manifests.environment["PORT"], manifests.environment["METRICS_PORT"]) == ("9000", "9001")
    assert manifests.one("Service", "witw")["spec"]["ports"][0]["port"] == 8080
    assert manifests.one("Service", "witw-metrics")["spec"]["ports"][0]["port"] == 9001


def test_metrics_have_a_service_of_their_own_that_asks_every_pod(chart: Chart) -> None:
    manifests = chart.render({})
    assert [one["name"] for one in manifests.one("Service", "witw")["spec"]["ports"]] == ["http"]
    metrics = manifests.one("Service", "witw-metrics")["spec"]
    assert (metrics["clusterIP"], metrics["publishNotReadyAddresses"]) == ("None", True)


def test_the_root_is_read_only_and_what_is_written_goes_to_volumes(chart: Chart) -> None:
    manifests = chart.render({})
    writable = {one["mountPath"] for one in manifests.app["volumeMounts"] if not one.get("readOnly")}
    assert writable == {"/tmp", "/var/lib/witw/cities"}  # noqa: S108  (a volume of the pod's own)
    assert manifests.app["securityContext"]["readOnlyRootFilesystem"] is True


def test_secrets_can_be_read_by_the_app_s_group_and_nobody_else(chart: Chart) -> None:
    (volume,) = [one for one in chart.render({}).pod["spec"]["volumes"] if one["name"] == "secrets"]
    assert volume["projected"]["defaultMode"] == 0o440


def test_cities_can_be_kept_in_a_claim(chart: Chart) -> None:
    (volume,) = [
        one
        for one in chart.render(at("cities.existingClaim", "cities")).pod["spec"]["volumes"]
        if one["name"] == "cities"
    ]
    assert volume == {"name": "cities", "persistentVolumeClaim": {"claimName": "cities"}}


def test_pods_are_spread_softly_each_update_anew(chart: Chart) -> None:
    constraints = chart.render({}).pod["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {one["whenUnsatisfiable"] for one in constraints} == {"ScheduleAnyway"}
    assert all(one["matchLabelKeys"] == ["pod-template-hash"] for one in constraints)


def test_own_spread_constraints_replace_the_chart_s(chart: Chart) -> None:
    own = [{"topologyKey": "rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}]
    assert chart.render({"topologySpreadConstraints": own}).pod["spec"]["topologySpreadConstraints"] == own
    assert "topologySpreadConstraints" not in chart.render(at("spread.over", [])).pod["spec"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("affinity", {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}),
        ("nodeSelector", {"disk": "fast"}),
        ("tolerations", [{"key": "spot", "operator": "Exists"}]),
        ("priorityClassName", "services"),
        ("runtimeClassName", "gvisor"),
        ("schedulerName", "own"),
        ("hostAliases", [{"ip": "10.0.0.1", "hostnames": ["db"]}]),
        ("dnsConfig", {"options": [{"name": "ndots", "value": "1"}]}),
    ],
)
def test_where_and_how_pods_run(chart: Chart, name: str, value: Any) -> None:
    manifests = chart.render({name: value})
    assert manifests.pod["spec"][name] == value
    if name != "affinity":
        assert manifests.job["spec"]["template"]["spec"][name] == value


def test_everything_that_can_be_added_is_templated(chart: Chart) -> None:
    manifests = chart.render(CHART / "ci" / "extended-values.yaml", release="other")
    spec = manifests.one("Deployment", "other-witw")["spec"]["template"]
    assert spec["metadata"]["labels"]["shift"] == "other"
    pod = spec["spec"]
    assert [one["name"] for one in pod["initContainers"]] == ["hello", "wait-for-migrations"]
    assert pod["initContainers"][0]["image"] == "witw/app:0.1.0"
    assert [one["name"] for one in pod["containers"]] == ["app", "beside"]
    app = pod["containers"][0]
    assert app["env"][0]["name"] == "NODE"
    assert app["envFrom"][-1] == {"secretRef": {"name": "other-more"}}
    assert {"name": "more", "mountPath": "/more"} in app["volumeMounts"]
    assert {"name": "more", "emptyDir": {}} in pod["volumes"]
    assert manifests.one("ConfigMap", "other-witw-more")["data"]["host"] == "other.example.com"


def test_labels_and_annotations_of_every_object(chart: Chart) -> None:
    values = merged({"commonLabels": {"team": "a"}, "commonAnnotations": {"owner": "{{ .Release.Name }}"}})
    for one in chart.render(values).objects:
        assert one["metadata"]["labels"]["team"] == "a"
        assert one["metadata"]["annotations"]["owner"] == "witw"


def test_names_can_be_replaced(chart: Chart) -> None:
    assert (
        chart.render({"nameOverride": "trips"}, release="a").one("Deployment")["metadata"]["name"]
        == "a-trips"
    )
    assert (
        chart.render({"fullnameOverride": "trips"}, release="a").one("Deployment")["metadata"]["name"]
        == "trips"
    )


@pytest.mark.parametrize(
    ("account", "made", "used"),
    [
        ({}, "witw", "witw"),
        ({"name": "own"}, "own", "own"),
        ({"create": False}, None, "default"),
        ({"create": False, "name": "theirs"}, None, "theirs"),
    ],
)
def test_the_account_of_the_pods(chart: Chart, account: dict[str, Any], made: str | None, used: str) -> None:
    manifests = chart.render({"serviceAccount": account})
    assert [one["metadata"]["name"] for one in manifests.all("ServiceAccount")] == ([made] if made else [])
    assert manifests.pod["spec"]["serviceAccountName"] == used


def test_variables_of_other_services_are_kept_out(chart: Chart) -> None:
    for name, pod in chart.render({}).pods():
        assert pod["spec"]["enableServiceLinks"] is False, name
