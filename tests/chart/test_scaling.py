"""How many pods there are: by hand, by the chart's autoscaler, by somebody else's, or none while parked."""

from typing import Any

import pytest

from tests.chart.rendering import Chart, at, merged

PARKED = {"parked": True}
HPA = at("autoscaling", {"by": "hpa"})


def test_replicas_are_written_where_nobody_else_decides(chart: Chart) -> None:
    manifests = chart.render({"replicas": 4})
    assert manifests.one("Deployment")["spec"]["replicas"] == 4
    assert manifests.all("HorizontalPodAutoscaler") == []


@pytest.mark.parametrize("by", ["hpa", "external"])
def test_replicas_are_left_out_where_somebody_else_decides(chart: Chart, by: str) -> None:
    assert "replicas" not in chart.render(at("autoscaling.by", by)).one("Deployment")["spec"]


def test_an_external_autoscaler_gets_no_rival(chart: Chart) -> None:
    assert chart.render(at("autoscaling.by", "external")).all("HorizontalPodAutoscaler") == []


def test_the_autoscaler_scales_this_deployment_by_what_one_says(chart: Chart) -> None:
    own = {
        "type": "Pods",
        "pods": {"metric": {"name": "x"}, "target": {"type": "AverageValue", "averageValue": "2"}},
    }
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60}}
    scaling = {
        "minReplicas": 3,
        "maxReplicas": 9,
        "cpu": 50,
        "memory": 80,
        "metrics": [own],
        "behavior": behavior,
    }
    spec = chart.render(HPA, {"autoscaling": scaling}).one("HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "witw"}
    assert (spec["minReplicas"], spec["maxReplicas"], spec["behavior"]) == (3, 9, behavior)
    cpu, memory, last = spec["metrics"]
    assert cpu["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    assert memory["resource"]["target"]["averageUtilization"] == 80
    assert last == own


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ({"replicas": 1}, False),
        ({"replicas": 2}, True),
        (at("autoscaling", {"by": "hpa", "minReplicas": 1, "maxReplicas": 1}), False),
        (HPA, True),
        (at("autoscaling.by", "external"), True),
        (at("podDisruptionBudget.enabled", False), False),
    ],
)
def test_a_disruption_budget_where_there_may_be_more_than_one_pod(
    chart: Chart, values: dict[str, Any], there: bool
) -> None:
    assert bool(chart.render(values).all("PodDisruptionBudget")) is there


@pytest.mark.parametrize(
    ("budget", "spec"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"maxUnavailable": "50%"}, {"maxUnavailable": "50%"}),
        ({"minAvailable": 0}, {"minAvailable": 0}),
        ({"minAvailable": "60%"}, {"minAvailable": "60%"}),
    ],
)
def test_a_disruption_budget_says_one_of_the_two(
    chart: Chart, budget: dict[str, Any], spec: dict[str, Any]
) -> None:
    made = chart.render(at("podDisruptionBudget", budget)).one("PodDisruptionBudget")["spec"]
    assert {key: made[key] for key in ("maxUnavailable", "minAvailable") if key in made} == spec


@pytest.mark.parametrize("by", ["replicas", "hpa", "external"])
def test_parked_means_no_pods_whoever_scales(chart: Chart, by: str) -> None:
    manifests = chart.render(PARKED, at("autoscaling.by", by))
    assert manifests.one("Deployment")["spec"]["replicas"] == 0


def test_parked_keeps_everything_but_work(chart: Chart) -> None:
    busy = merged(
        HPA,
        at("cities.refresh.enabled", True),
        {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
        at("canary", {"enabled": True, "image": {"tag": "2"}}),
    )
    awake, asleep = chart.render(busy), chart.render(busy, PARKED)
    gone = awake.names() - asleep.names()
    assert gone == {("Job", "witw-migrate-1"), ("Pod", "witw-test")}
    assert asleep.one("CronJob")["spec"]["suspend"] is True
    assert [one["spec"]["replicas"] for one in asleep.all("Deployment")] == [0, 0]


def test_resuming_gives_back_what_was_there(chart: Chart) -> None:
    assert chart.render({"parked": False}).text == chart.render({}).text


def test_cities_are_refreshed_by_schedule_one_run_at_a_time(chart: Chart) -> None:
    refresh = {"enabled": True, "schedule": "5 4 * * 0", "timeZone": "Europe/London", "deadlineSeconds": 60}
    spec = chart.render(at("cities.refresh", refresh)).one("CronJob")["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("5 4 * * 0", "Europe/London")
    assert (spec["concurrencyPolicy"], spec["suspend"]) == ("Forbid", False)
    job = spec["jobTemplate"]["spec"]
    assert job["activeDeadlineSeconds"] == 60
    (container,) = job["template"]["spec"]["containers"]
    assert container["args"] == ["python", "manage.py", "import_cities", "--download"]
    assert chart.render({}).all("CronJob") == []
