"""What a Compose stack tells while it is under load: containers, the app's queue, the gateway's retries."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from dev import process
from dev.compose import Compose, is_one_shot, service_of
from dev.errors import ProcessError, StackError
from dev.load import metrics
from dev.load.samples import Reading, Source

UNITS = {"B": 1, "kB": 1e3, "KiB": 2**10, "MB": 1e6, "MiB": 2**20, "GB": 1e9, "GiB": 2**30}

METRICS_PORT = 8001

ASK_ENVOY = (
    r"exec 3<>/dev/tcp/127.0.0.1/9901; printf 'GET /stats/prometheus?filter=upstream_rq HTTP/1.1\r\n"
    r"Host: envoy\r\nConnection: close\r\n\r\n' >&3; cat <&3"
)
"""The gateway's admin port is its container's own, and bash the only client in there."""


def sources(compose: Compose) -> list[Source]:
    """What can be asked, and how often. The containers are looked up anew every time."""
    return [
        Source("containers", lambda: _containers(compose)),
        Source("app's metrics", lambda: _queue(compose)),
        Source("gateway's metrics", lambda: _gateway(compose), every=3),
    ]


def _running(compose: Compose, service: str = "") -> list[dict[str, Any]]:
    found = [one for one in compose.containers() if one["State"]["Running"] and not is_one_shot(one)]
    return [one for one in found if service in ("", service_of(one))]


def _containers(compose: Compose) -> Reading:
    there = _running(compose)
    if not there:
        raise StackError("no container runs")
    form = "{{json .}}"
    said = _run(["docker", "stats", "--no-stream", f"--format={form}", *(one["Id"] for one in there)])
    values = {}
    for line in said.splitlines():
        facts = json.loads(line)
        name = facts["Name"].removeprefix(f"{compose.settings.project}-")
        values[f"cpu/{name}"] = float(facts["CPUPerc"].rstrip("%") or 0)
        values[f"memory/{name}"] = _bytes(facts["MemUsage"].partition("/")[0])
    return Reading(values)


def _queue(compose: Compose) -> Reading:
    texts = []
    for container in _running(compose, "app"):
        networks = container["NetworkSettings"]["Networks"]
        address = next(iter(networks[name]["IPAddress"] for name in sorted(networks)), "")
        texts.append(_get(f"http://{address}:{METRICS_PORT}/internal/metrics"))
    return Reading(metrics.queue(texts))


def _gateway(compose: Compose) -> Reading:
    texts = [
        _run(["docker", "exec", one["Id"], "bash", "-c", ASK_ENVOY]) for one in _running(compose, "gateway")
    ]
    return Reading(metrics.of_gateway(texts))


def _get(url: str) -> str:
    try:
        return httpx.get(url, timeout=5, trust_env=False).raise_for_status().text
    except httpx.HTTPError as error:
        raise StackError(f"{url} does not answer: {error}") from error


def _run(command: list[str]) -> str:
    try:
        return process.run(command, timeout=20).stdout
    except ProcessError as error:
        raise StackError(f"`{' '.join(command[:2])}` failed", details=error.tail()) from error


def _bytes(text: str) -> float:
    found = re.fullmatch(r"\s*([\d.]+)\s*([A-Za-z]+)\s*", text)
    if found is None or found[2] not in UNITS:
        raise StackError(f"`docker stats` says {text}, which is no amount of memory")
    return float(found[1]) * UNITS[found[2]]
