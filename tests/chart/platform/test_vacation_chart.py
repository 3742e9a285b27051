"""dev/platform/vacation: two jobs for each vacation, at their moments, with the least that they need."""

import json
from typing import Any

import pytest

from dev import vacation_plan
from dev.settings import ROOT
from tests.chart import pod_security
from tests.chart.rendering import Chart, Manifests, Values, at

FOLDER = ROOT / "dev" / "platform" / "vacation"

VACATION = {
    "name": "20261224-1800",
    "zone": "Europe/Berlin",
    "begins": "2026-12-24T18:00:00+00:00",
    "ends": "2027-01-04T07:00:00+00:00",
    "sleep": "0 18 24 12 *",
    "wake": "0 7 4 1 *",
}
MINIMAL: Values = {
    "image": "registry.example.com/witw/app:1",
    "scaledObject": "scaler",
    "deployment": "witw",
    "vacations": [VACATION],
}
ROUTE = {
    "gateways": [{"name": "public", "namespace": "gateway"}],
    "hostnames": ["witw.example.com"],
    "backends": [{"name": "witw", "port": 80}],
}


@pytest.fixture(scope="session")
def vacations(chart: Chart) -> Chart:
    """The chart of vacations."""
    return Chart(chart.helm, FOLDER, "vacation", "witw", MINIMAL)


def jobs(manifests: Manifests) -> dict[str, Any]:
    """The jobs' specs by name."""
    return {one["metadata"]["name"]: one["spec"] for one in manifests.all("CronJob")}


def test_each_vacation_has_a_job_at_its_beginning_and_one_at_its_end(vacations: Chart) -> None:
    found = jobs(vacations.render())
    assert {name: spec["schedule"] for name, spec in found.items()} == {
        "vacation-20261224-1800-sleep": "0 18 24 12 *",
        "vacation-20261224-1800-wake": "0 7 4 1 *",
    }
    assert {spec["timeZone"] for spec in found.values()} == {"Etc/UTC"}


def test_a_moment_that_the_cluster_missed_is_made_up_for(vacations: Chart) -> None:
    for spec in jobs(vacations.render()).values():
        assert "startingDeadlineSeconds" not in spec
        assert not spec.get("suspend")


def test_the_pods_satisfy_the_restricted_standard_and_have_a_file_system_to_read_only(
    vacations: Chart,
) -> None:
    pods = list(vacations.render().pods())
    assert len(pods) == 2
    for name, pod in pods:
        assert pod_security.violations(pod["spec"]) == [], name
        assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def test_the_jobs_may_change_the_two_objects_and_nothing_else(vacations: Chart) -> None:
    manifests = vacations.render()
    (account,) = manifests.all("ServiceAccount")
    assert manifests.one("Role")["rules"] == [
        {"apiGroups": ["keda.sh"], "resources": ["scaledobjects"], "resourceNames": ["scaler"],
         "verbs": ["get", "patch"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["witw"],
         "verbs": ["get", "patch"]},
    ]  # fmt: skip
    assert not manifests.all("ClusterRole")
    assert account["automountServiceAccountToken"] is False
    for _, pod in manifests.pods():
        assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_without_a_gateway_there_is_no_route_and_with_one_it_waits_for_the_jobs(vacations: Chart) -> None:
    assert not vacations.render().all("HTTPRoute")
    manifests = vacations.render(json.dumps({**MINIMAL, "route": ROUTE}))
    route = manifests.one("HTTPRoute")
    assert "parentRefs" not in route["spec"], "at no gateway before the vacation begins"
    assert route["spec"]["hostnames"] == ROUTE["hostnames"]
    (rule,) = route["spec"]["rules"]
    assert rule["backendRefs"] == ROUTE["backends"]
    (headers,) = [one["responseHeaderModifier"]["set"] for one in rule["filters"]]
    assert headers == [{"name": "Retry-After", "value": "Mon, 04 Jan 2027 07:00:00 GMT"}]
    for _, pod in manifests.pods():
        (container,) = pod["spec"]["containers"]
        environment = {one["name"]: one["value"] for one in container["env"]}
        assert environment["ROUTE"] == route["metadata"]["name"] == "vacation-20261224-1800"
        assert json.loads(environment["GATEWAYS"]) == ROUTE["gateways"]
    assert manifests.one("Role")["rules"][-1] == {
        "apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"],
        "resourceNames": ["vacation-20261224-1800"], "verbs": ["patch"],
    }  # fmt: skip


def test_the_program_is_the_file_that_the_tests_run(vacations: Chart) -> None:
    data = vacations.render().one("ConfigMap")["data"]
    assert data["rest.py"].rstrip("\n") == (FOLDER / "files" / "rest.py").read_text().rstrip("\n")


def test_what_the_harness_gives_is_what_the_chart_takes(vacations: Chart) -> None:
    sleeper = vacation_plan.Sleeper("witw", 2, None, "image", [{"name": "pull"}], ROUTE)
    manifests = vacations.render(json.dumps(vacation_plan.values(sleeper, [])))
    assert not manifests.all("CronJob")


@pytest.mark.parametrize(
    ("path", "value"),
    [("image", ""), ("scaledObject", ""), ("deployment", ""), ("runAsUser", 0), ("unheard", 1),
     ("vacations", [{**VACATION, "sleep": "@daily"}]), ("vacations", [{**VACATION, "ends": "tomorrow"}]),
     ("route", {"gateway": "public"})],
)  # fmt: skip
def test_values_that_cannot_be_are_refused(vacations: Chart, path: str, value: Any) -> None:
    assert path.partition(".")[0] in vacations.refusal(at(path, value))
