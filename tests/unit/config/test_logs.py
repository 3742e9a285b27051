"""Logs: one JSON object per line, with the request's identity and without what must not be in logs."""

import json
import logging
import sys
from logging.config import dictConfig
from typing import Any

import pytest

from config import logs
from ops import tracing


def formatted(**attributes: Any) -> dict[str, Any]:
    """What one record becomes."""
    record = logging.makeLogRecord(
        {"name": "ops", "levelname": "INFO", "msg": "hello %s", "args": ("you",)} | attributes
    )
    line = logs.JSONFormatter().format(record)
    assert "\n" not in line
    return dict(json.loads(line))


@pytest.fixture
def in_a_request() -> Any:
    """A request with known ids is being worked on."""
    trace = tracing.Trace("request-1", "a" * 32, "b" * 16, "01")
    token = tracing.current.set(trace)
    yield trace
    tracing.current.reset(token)


def test_a_line_says_when_who_and_what() -> None:
    entry = formatted(created=1_700_000_000.123, msecs=123.0)
    assert (entry["time"], entry["level"], entry["logger"]) == ("2023-11-14T22:13:20.123Z", "INFO", "ops")
    assert entry["message"] == "hello you"


def test_a_line_carries_the_ids_of_its_request(in_a_request: tracing.Trace) -> None:
    entry = formatted()
    assert (entry["request_id"], entry["trace_id"], entry["span_id"]) == in_a_request[:3]


def test_plain_extras_are_fields_and_objects_stay_out() -> None:
    entry = formatted(status=200, request=object())
    assert entry["status"] == 200
    assert "request" not in entry


def test_a_traceback_is_one_field() -> None:
    try:
        int("broken")
    except ValueError:
        entry = formatted(exc_info=sys.exc_info())
    assert "ValueError: invalid literal" in entry["exception"]


def test_what_strangers_can_provoke_is_logged_without_traceback() -> None:
    record = logging.makeLogRecord({"exc_info": (ValueError, ValueError(), None)})
    assert logs.WithoutTraceback().filter(record)
    assert record.exc_info is None


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_configuration_is_one_that_python_accepts(form: str) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        dictConfig(logs.configuration(form, "WARNING"))
        assert root.level == logging.WARNING
        assert logging.getLogger("urllib3").getEffectiveLevel() >= logging.INFO
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.getLogger("django").setLevel(logging.NOTSET)
