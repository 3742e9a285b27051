"""What an operator sees: probes, metrics and the schema, on the internal gateway only."""

import re

import httpx
import pytest
import yaml

from tests.compose.stack import Stack


def test_live_says_so_and_asks_nobody(internal: httpx.Client) -> None:
    answer = internal.get("/internal/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("probe", ["startup", "ready"])
def test_probes_report_each_dependency_with_its_time(internal: httpx.Client, probe: str) -> None:
    answer = internal.get(f"/internal/health/{probe}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["status"] == "ok"
    checks = answer.json()["checks"]
    assert set(checks) == {"database", "migrations", "cities"}
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert all(0 <= check["ms"] < 2000 for check in checks.values())


def test_old_monitors_still_get_their_answer(public: httpx.Client) -> None:
    answer = public.get("/_health")

    assert (answer.status_code, answer.text) == (200, "OK")


def test_metrics_tell_requests_latency_queue_threads_and_database(
    stack: Stack, internal: httpx.Client, public: httpx.Client
) -> None:
    (somebody,) = stack.people(somebody=None)
    for _ in range(20):  # enough for every container of the app to have had some
        somebody.get("/api/users/me")
        public.get("/api/users")

    text = internal.get("/internal/metrics").text

    assert re.search(r'witw_requests_total\{method="GET",route="/api/users/me",status="200"\} [1-9]', text)
    assert re.search(r'witw_requests_total\{method="GET",route="/api/users",status="403"\} [1-9]', text)
    assert re.search(
        r'witw_request_seconds_bucket\{le="0.1",method="GET",route="/api/users/me"\} [1-9]', text
    )
    assert re.search(r"^witw_queue_seconds_count [1-9]", text, re.MULTILINE)
    assert re.search(r'witw_request_database_seconds_count\{route="/api/users/me"\} [1-9]', text)
    assert re.search(r"^witw_requests_in_flight \d", text, re.MULTILINE)
    assert re.search(r"^witw_threads [1-9]", text, re.MULTILINE)
    assert re.search(r"^witw_threads_busy \d", text, re.MULTILINE)


def test_an_id_in_a_path_makes_no_series_of_its_own(stack: Stack, internal: httpx.Client) -> None:
    (somebody,) = stack.people(somebody=None)
    for number in range(10):
        somebody.get(f"/api/trips/trip_{number:024d}")
        somebody.get(f"/nowhere/{number}")

    assert "000000000000" not in internal.get("/internal/metrics").text
    assert "nowhere" not in internal.get("/internal/metrics").text


def test_the_schema_is_served(internal: httpx.Client) -> None:
    answer = internal.get("/internal/schema")

    assert answer.status_code == 200
    assert yaml.safe_load(answer.text)["openapi"].startswith("3.")


@pytest.mark.parametrize("path", ["health/live", "health/ready", "metrics", "schema", "admin/", "ok", ""])
def test_strangers_do_not_see_what_is_internal(public: httpx.Client, path: str) -> None:
    assert public.get(f"/internal/{path}").status_code == 404
