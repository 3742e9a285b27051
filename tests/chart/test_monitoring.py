"""What Prometheus and Grafana are told: only of metrics that the app has."""

import json
import re

import pytest

from dev.settings import ROOT
from tests.chart.rendering import Chart, Manifests, Object, at

ALL = {
    "monitoring": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "prometheusRule": {"enabled": True, "alertLabels": {"team": "travel"}},
        "dashboard": {"enabled": True},
    }
}
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def exposed() -> set[str]:
    """The names under which the app counts."""
    sources = "".join((ROOT / "app" / "ops" / name).read_text() for name in ("metrics.py", "exposition.py"))
    return set(re.findall(r'"(witw_[a-z_]+)"', sources))


def asked(text: str) -> set[str]:
    """The metrics that an expression asks for."""
    names = set(re.findall(r"\bwitw_[a-z_]+(?=\{)", text))
    return {next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name) for name in names}


def alerts(manifests: Manifests) -> dict[str, Object]:
    """Alerts by name."""
    (group,) = manifests.one("PrometheusRule")["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@pytest.mark.parametrize("name", ["serviceMonitor", "prometheusRule", "dashboard"])
def test_each_is_made_only_if_asked_for(chart: Chart, name: str) -> None:
    without, with_it = chart.render({}), chart.render(at(f"monitoring.{name}.enabled", True))
    assert len(with_it.objects) == len(without.objects) + 1


def test_the_monitor_finds_the_metrics_service_and_its_path(chart: Chart) -> None:
    manifests = chart.render(ALL)
    monitor = manifests.one("ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    found = [
        one["metadata"]["name"]
        for one in manifests.all("Service")
        if wanted <= one["metadata"]["labels"].items()
    ]
    assert found == ["witw-metrics"]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor["spec"]["endpoints"]
    assert f'METRICS_PATH = "{endpoint["path"]}"' in (ROOT / "app" / "ops" / "exposition.py").read_text()
    assert endpoint["port"] == "metrics"


def test_alerts_ask_for_metrics_that_the_app_has(chart: Chart) -> None:
    found = alerts(chart.render(ALL))
    assert set(found) == {"WitwDown", "WitwErrors", "WitwSlow", "WitwFull"}
    for name, rule in found.items():
        assert asked(rule["expr"]), name
        assert asked(rule["expr"]) <= exposed(), name
        assert rule["labels"]["team"] == "travel"
        assert 'namespace="travel", job="witw-metrics"' in rule["expr"]


def test_alerts_go_off_where_one_says(chart: Chart) -> None:
    limits = {"enabled": True, "errorRatio": 0.05, "seconds": 2.5, "busyRatio": 0.8, "for": "1m"}
    found = alerts(chart.render(at("monitoring.prometheusRule", limits)))
    assert found["WitwErrors"]["expr"].endswith("> 0.05")
    assert found["WitwSlow"]["expr"].endswith("> 2.5")
    assert found["WitwFull"]["expr"].endswith("> 0.8")
    assert {rule["for"] for rule in found.values()} == {"1m"}


def test_the_dashboard_asks_for_metrics_that_the_app_has(chart: Chart) -> None:
    config_map = chart.render(ALL).one("ConfigMap", "witw-dashboard")
    dashboard = json.loads(config_map["data"]["witw.json"])
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert asked(target["expr"]), panel["title"]
            assert asked(target["expr"]) <= exposed(), panel["title"]
            assert 'namespace="travel", job="witw-metrics"' in target["expr"]


def test_panels_do_not_overlap(chart: Chart) -> None:
    dashboard = json.loads(chart.render(ALL).one("ConfigMap", "witw-dashboard")["data"]["witw.json"])
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)


def test_scrape_annotations_are_templated(chart: Chart) -> None:
    pod = chart.render({"podAnnotations": {"prometheus.io/port": "{{ .Values.web.metricsPort }}"}}).pod
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == "8001"
