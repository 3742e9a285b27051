"""What every request gets: an identity, headers, a line in the log, a place in the metrics."""

import logging
import runpy
import time
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import resolve
from prometheus_client import REGISTRY

from ops import metrics, tracing
from tests.unit.factories import PASSWORD, UserFactory

TRACE = "0af7651916cd43dd8448eb211c80319c"


def value(name: str, **labels: str) -> float:
    """A series of the default registry, 0 if it has not begun."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_the_gateways_request_id_is_kept_and_returned(client: Client) -> None:
    answer = client.get("/internal/ok", headers={"X-Request-ID": "4f1c-from-the-gateway"})
    assert answer["X-Request-ID"] == "4f1c-from-the-gateway"


@pytest.mark.parametrize("given", ["", "short", "x" * 200, "with space", "semi;colon-and-more"])
def test_an_id_that_makes_no_sense_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/internal/ok", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 32


def test_a_trace_is_continued_with_a_span_of_our_own(client: Client) -> None:
    client.get("/internal/ok", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    trace = tracing.current.get()
    assert trace is not None
    assert (trace.trace_id, trace.flags, trace.request_id) == (TRACE, "01", TRACE)
    assert trace.span_id != "b7ad6b7169203331"
    assert trace.traceparent == f"00-{TRACE}-{trace.span_id}-01"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_a_trace_that_is_not_one_is_begun_anew(client: Client, header: str) -> None:
    client.get("/internal/ok", headers={"traceparent": header})
    trace = tracing.current.get()
    assert trace is not None
    assert trace.trace_id not in (TRACE, "0" * 32)


def test_every_answer_tells_browsers_what_they_may_do(client: Client) -> None:
    for path in ("/internal/ok", "/login", "/api/users/me", "/_health"):
        answer = client.get(path)
        assert "default-src 'none'" in answer["Content-Security-Policy"], path
        assert "camera=()" in answer["Permissions-Policy"]
    answer = client.get("/login")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/internal/ok", "/login", "/api/users/me", "/nowhere", "/static/no.css"])
def test_pages_and_the_api_are_never_cached(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


SETTINGS = Path(metrics.__file__).parents[1] / "config" / "settings.py"


@pytest.fixture
def tls(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings that follow from an address with https; returns what its gateway says of a request."""
    monkeypatch.setenv("BASE_URL", "https://witw.example.com")
    for name, value in runpy.run_path(str(SETTINGS)).items():
        if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_")) or name == "ALLOWED_HOSTS":
            setattr(settings, name, value)
    return {"Host": "witw.example.com", "X-Forwarded-Proto": "https"}


def test_behind_tls_browsers_are_told_to_keep_to_it(client: Client, tls: dict[str, str]) -> None:
    answer = client.get("/login", headers=tls)
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_without_tls_nobody_is_told_of_it(client: Client) -> None:
    assert "Strict-Transport-Security" not in client.get("/login")


def test_whoever_comes_without_tls_is_sent_there(client: Client, tls: dict[str, str]) -> None:
    answer = client.get("/login?next=/trips", headers=tls | {"X-Forwarded-Proto": "http"})
    assert (answer.status_code, answer["Location"]) == (301, "https://witw.example.com/login?next=/trips")
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize("path", ["/internal/ok", "/internal/health/live", "/_health"])
def test_probes_and_operators_come_past_the_gateway_that_ends_tls(
    client: Client, tls: dict[str, str], path: str
) -> None:
    assert client.get(path, headers={"Host": tls["Host"]}).status_code == 200


def log_in_from(origin: str, tls: dict[str, str]) -> tuple[Any, Client]:
    """Log in behind TLS as a browser would that shows a page of this origin."""
    user, browser = UserFactory(), Client(enforce_csrf_checks=True)
    browser.get("/login", headers=tls)
    form = {
        "email": user.email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": browser.cookies["csrftoken"].value,
    }
    return browser.post("/login", form, headers=tls | {"Origin": origin}), browser


@pytest.mark.django_db
def test_behind_tls_our_own_pages_log_in_and_cookies_stay_there(tls: dict[str, str]) -> None:
    answer, browser = log_in_from("https://witw.example.com", tls)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    for name in ("sessionid", "csrftoken"):
        assert browser.cookies[name]["secure"], name
        assert browser.cookies[name]["samesite"] == "Lax", name
    assert browser.cookies["sessionid"]["httponly"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.org", "http://witw.example.com", "https://witw.example.com.evil.example", "null"],
)
def test_pages_of_others_log_nobody_in(tls: dict[str, str], origin: str) -> None:
    """Even with a token that is right: a sister domain can set cookies for all of them."""
    answer, browser = log_in_from(origin, tls)
    assert answer.status_code == 403
    assert "sessionid" not in browser.cookies


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The lines about requests."""
    return [record for record in caplog.records if record.name == "ops.access"]


def test_a_request_that_went_well_is_left_to_the_gateways_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ops.access"):
        client.get("/internal/ok")
        client.get("/static/nothing.css")
    assert logged(caplog) == []


def test_one_line_says_how_a_request_failed_without_the_query(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: HttpRequest) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(resolve("/internal/ok").func, "__code__", fail.__code__)
    client.raise_request_exception = False
    client.get("/internal/ok?code=one-time-code", headers={"X-Request-ID": "from-the-gateway"})
    (record,) = logged(caplog)
    assert (record.levelname, record.getMessage()) == ("WARNING", "GET /internal/ok 500")
    assert record.__dict__["route"] == "/internal/ok"
    assert record.__dict__["ms"] >= 0


def test_a_slow_request_is_logged(client: Client, caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    settings.LOG_SLOW_SECONDS = 0
    client.get("/internal/ok")
    assert [record.levelname for record in logged(caplog)] == ["WARNING"]


def test_every_request_can_be_logged_but_for_probes(
    client: Client, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.LOG_ALL_REQUESTS = True
    with caplog.at_level(logging.INFO, "ops.access"):
        client.get("/internal/ok?code=one-time-code")
        client.get("/internal/health/live")
    assert [record.getMessage() for record in logged(caplog)] == ["GET /internal/ok 200"]


def test_requests_are_counted_by_route_method_and_status(client: Client) -> None:
    labels = {"route": "/internal/ok", "method": "GET", "status": "200"}
    before = value("witw_requests_total", **labels)
    client.get("/internal/ok")
    assert value("witw_requests_total", **labels) == before + 1
    assert value("witw_request_seconds_count", route="/internal/ok", method="GET") >= 1
    assert value("witw_requests_in_flight") == 0


def test_paths_and_methods_that_people_make_up_add_no_series(client: Client) -> None:
    client.generic("BREW", "/internal/teapot-4711")
    assert value("witw_requests_total", route="unmatched", method="other", status="404") >= 1
    client.get("/static/nothing-4712.css")
    assert value("witw_requests_total", route="static", method="GET", status="404") >= 1


@pytest.mark.django_db
def test_a_requests_statements_and_database_time_are_counted(client: Client) -> None:
    client.get("/login")
    before = (
        value("witw_request_database_queries_sum", route="/login"),
        value("witw_request_database_seconds_count", route="/login"),
    )
    client.post("/login", {"email": "nobody@example.com", "password": "x"})
    assert value("witw_request_database_queries_sum", route="/login") >= before[0] + 4
    assert value("witw_request_database_seconds_count", route="/login") == before[1] + 1


def test_the_time_before_a_thread_took_the_request_is_counted(client: Client) -> None:
    before = value("witw_queue_seconds_sum")
    client.get("/internal/ok", headers={"X-Request-Start": f"t={time.time() - 2:.3f}"})
    assert 1.9 < value("witw_queue_seconds_sum") - before < 3
    client.get("/internal/ok", headers={"X-Request-Start": "soon"})
    assert value("witw_queue_seconds_sum") - before < 3


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("t=1700000000.5", 0.5),
        ("1700000000.5", 0.5),
        ("t=1700000000500", 0.5),
        ("1700000000500000", 0.5),
        ("t=1700000001.2", 0.0),  # the gateway's clock is ahead
        ("t=1600000000", None),
        ("t=1800000000", None),
        ("now", None),
        ("t=nan", None),
        ("", None),
    ],
)
def test_the_gateways_time_is_read_in_every_unit(header: str, waited: float | None) -> None:
    found = metrics.queue_time(header, 1_700_000_001.0)
    assert found == (pytest.approx(waited) if waited is not None else None)
