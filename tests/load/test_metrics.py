"""The layer metrics: everything is measured, rules are evaluated, an alert goes off and calms down again."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dev.load import cluster_sources
from tests.e2e.stack import Stack, until
from tests.load.scaled import Scaled

LAYER = "metrics"
JOBS = {
    "app",
    "cadvisor",
    "envoy",
    "envoy-gateway",
    "kube-state-metrics",
    "kubelet",
    "pgpool",
    "postgres",
    "prometheus",
}


def ask(internal: httpx.Client, path: str, **parameters: str) -> Any:
    """What Prometheus answers, through the internal gateway."""
    return internal.get(f"/prometheus/api/v1/{path}", params=parameters).raise_for_status().json()["data"]


def value(internal: httpx.Client, query: str) -> float | None:
    """The one value of a query; None if there is none."""
    found = ask(internal, "query", query=query)["result"]
    return float(found[0]["value"][1]) if found else None


def state_of(internal: httpx.Client, alert: str, **labels: str) -> str:
    """`firing`, `pending`, or empty."""
    found = [
        one["state"]
        for one in ask(internal, "alerts")["alerts"]
        if labels.items() | {("alertname", alert)} <= one["labels"].items()
    ]
    return str(found[0]) if found else ""


@contextlib.contextmanager
def nobody_says_how_objects_are(stack: Stack) -> Iterator[None]:
    """kube-state-metrics without a pod, for a while."""
    scale = ("scale", "deployment/kube-state-metrics", f"--namespace={LAYER}")
    stack.to.run_kubectl(*scale, "--replicas=0")
    try:
        yield
    finally:
        stack.to.run_kubectl(*scale, "--replicas=1")


@pytest.mark.short
def test_everything_is_measured(internal: httpx.Client) -> None:
    def missing() -> list[str]:
        targets = ask(internal, "targets", state="active")["activeTargets"]
        down = [f"{one['scrapeUrl']}: {one['lastError']}" for one in targets if one["health"] != "up"]
        return down + sorted(JOBS - {one["labels"]["job"] for one in targets})

    until("all targets are there and up", lambda: not missing(), seconds=90)


@pytest.mark.short
def test_every_pod_of_the_app_is_seen(internal: httpx.Client, stack: Stack) -> None:
    def seen() -> set[str]:
        result = ask(internal, "query", query='witw_threads{job="app"}')["result"]
        return {one["metric"]["pod"] for one in result}

    until("Prometheus sees the pods that there are", lambda: seen() >= set(stack.pods()), seconds=90)


@pytest.mark.short
def test_kubernetes_knows_what_the_apps_pods_use(stack: Stack) -> None:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{stack.namespace}/pods"

    def used() -> dict[str, float]:
        items = json.loads(cluster_sources.get(stack.to.kube, path))["items"]
        return {
            one["metadata"]["name"]: cluster_sources.quantity(one["containers"][0]["usage"]["memory"])
            for one in items
        }

    until("the metrics API tells of every pod", lambda: set(used()) >= set(stack.pods()), seconds=60)
    assert all(memory > 2**24 for memory in used().values())
    assert stack.to.run_kubectl("top", "pods", f"--namespace={stack.namespace}").stdout.startswith("NAME")


@pytest.mark.short
def test_all_rules_are_evaluated(internal: httpx.Client) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in ask(internal, "rules")["groups"] for rule in group["rules"]]

    assert len(rules()) > 30
    until("each has had its turn", lambda: all(rule["health"] != "unknown" for rule in rules()), seconds=90)
    assert [rule["name"] for rule in rules() if rule["health"] != "ok"] == []


@pytest.mark.short
def test_what_people_do_is_counted_at_the_gateway(internal: httpx.Client, public: httpx.Client) -> None:
    query = 'sum(envoy_http_downstream_rq_xx{gateway="public"})'
    before = value(internal, query) or 0
    for _ in range(5):
        assert public.get("/login").status_code == httpx.codes.OK
    until("they are counted", lambda: (value(internal, query) or 0) >= before + 5, seconds=60)


@pytest.mark.short
def test_disks_pool_and_threads_are_known(internal: httpx.Client) -> None:
    for series in "node:disk_free:ratio", "pgpool:sessions_used:ratio", "app:threads_busy:ratio":
        # In a cluster that is just up its rule may not have had its turn yet.
        until(f"{series} is known", lambda series=series: value(internal, series) is not None, seconds=90)
        assert 0 <= (value(internal, series) or 0) <= 1, series


@pytest.mark.short
def test_the_autoscalers_second_witness_knows_the_app(internal: httpx.Client, scaled: Scaled) -> None:
    queries = [one["metadata"]["query"] for one in scaled.spec["triggers"] if one["type"] == "prometheus"]
    for query in queries:
        until(f"{query} has a value", lambda query=query: value(internal, query) is not None, seconds=90)
    assert queries


@pytest.mark.short
def test_people_do_not_reach_it(public: httpx.Client) -> None:
    answer = public.get("/prometheus/api/v1/alerts", follow_redirects=False)
    assert answer.status_code != httpx.codes.OK
    assert "alerts" not in answer.text


@pytest.mark.short
def test_nobody_changes_it_from_outside(internal: httpx.Client) -> None:
    assert internal.post("/prometheus/-/quit").status_code in {403, 404, 405}
    assert internal.post("/prometheus/-/reload").status_code in {403, 404, 405}
    assert internal.post("/prometheus/api/v1/admin/tsdb/snapshot").status_code != httpx.codes.OK


def test_silence_is_an_alert_until_it_is_over(internal: httpx.Client, stack: Stack) -> None:
    assert state_of(internal, "NoMetrics") == ""
    with nobody_says_how_objects_are(stack):
        until(
            "the alert goes off, two minutes after",
            lambda: state_of(internal, "NoMetrics", job="kube-state-metrics") == "firing",
            seconds=240,
        )
    until("it calms down", lambda: state_of(internal, "NoMetrics") == "", seconds=90)
