"""How this process logs: one JSON object (or one plain line) per event on standard error, without secrets."""

import logging
import time
from typing import Any

import orjson

from ops import tracing

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
# What every record has; anything else on it was given as `extra`.
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
PLAIN = (str, int, float, bool)


class JSONFormatter(logging.Formatter):
    """One line of JSON: time, level, logger, message, ids of the request, plain extras, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (trace := tracing.current.get()) is not None:
            entry |= {"request_id": trace.request_id, "trace_id": trace.trace_id, "span_id": trace.span_id}
        for name, value in record.__dict__.items():
            # Requests and other objects, which Django hangs on its records, may hold anything: they stay out.
            if name not in STANDARD and isinstance(value, PLAIN):
                entry[name] = value
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


class WithoutTraceback(logging.Filter):
    """For messages that anybody on the network can provoke, and that say all in one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback, keep the message."""
        record.exc_info = None
        return True


def configuration(form: str, level: str) -> dict[str, Any]:
    """The logging dictionary for Django, gunicorn and everything below them.

    Args:
        form: "json" or "text".
        level: least level that is written.
    """
    no_traceback = {"()": "config.logs.WithoutTraceback"}
    ours = {"handlers": [], "level": level, "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"text": {"format": TEXT}, "json": {"()": "config.logs.JSONFormatter"}},
        "filters": {"without_traceback": no_traceback},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": ours,
            "django.request": {"level": "ERROR"},  # 4xx stand in the gateway's log
            "django.security.DisallowedHost": {"filters": ["without_traceback"]},
            "gunicorn.error": ours,
            "gunicorn.access": ours,
            # Their debug output shows addresses with one-time codes in them.
            "urllib3": {"level": "INFO"},
            "requests_oauthlib": {"level": "INFO"},
        },
    }
