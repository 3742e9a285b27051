"""Prometheus' text form, as far as the app's and the gateway's metrics need it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>[^ ]+)")


def samples(text: str) -> Iterator[tuple[str, str, float]]:
    """Name, labels as they stand, and value of every sample; lines that are none are passed over."""
    for line in text.splitlines():
        if not line.startswith("#") and (found := _SAMPLE.match(line)):
            try:
                value = float(found["value"])
            except ValueError:
                continue
            yield found["name"], found["labels"] or "", value


def total(text: str, name: str, of: Callable[[str], bool] = lambda _: True) -> float:
    """The sum of a metric over those of its labels that are asked for."""
    return sum(value for one, labels, value in samples(text) if one == name and of(labels))


IN_FLIGHT, WAITING, THREADS = "witw_requests_in_flight", "witw_connections_waiting", "witw_threads"


def queue(texts: list[str]) -> dict[str, float]:
    """In flight, queued, and the threads there are, over all of the app's containers or pods."""
    return {
        "queue.in_flight": sum(total(text, IN_FLIGHT) for text in texts),
        "queue.waiting": sum(total(text, WAITING) for text in texts),
        "queue.threads": sum(total(text, THREADS) for text in texts),
    }


def of_gateway(texts: list[str]) -> dict[str, float]:
    """Retries so far, and requests that are pending, active or were refused, on the way to the app."""

    def is_app(labels: str) -> bool:
        return 'envoy_cluster_name="app"' in labels or "/witw/" in labels

    names = {
        "gateway.retries": "envoy_cluster_upstream_rq_retry",
        "gateway.pending": "envoy_cluster_upstream_rq_pending_active",
        "gateway.active": "envoy_cluster_upstream_rq_active",
        "gateway.overflow": "envoy_cluster_upstream_rq_pending_overflow",
    }
    return {series: sum(total(text, name, is_app) for text in texts) for series, name in names.items()}
