"""No value without an effect: each one, changed, changes what is rendered."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.rendering import Chart, Object, Values, at, defaults, merged

# A release that uses everything, so that every value has something to work on.
EVERYTHING: Values = {
    "config": {
        "BASE_URL": "https://witw.example.com",
        "OIDC_ISSUER": "https://login.example.com",
        "ENVIRONMENT": "test",
    },
    "secrets": {
        name: {"name": name} for name in ("django", "database", "sentry", "oidc", "google", "github", "demo")
    },
    "database": {"host": "pgpool.database.svc"},
    "autoscaling": {"by": "hpa"},
    "ingress": {
        "enabled": True,
        "className": "public",
        "internal": {"enabled": True, "className": "internal", "hosts": ["inside.example.com"]},
    },
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "public"}],
        "internal": {"enabled": True, "parentRefs": [{"name": "internal"}]},
    },
    "canary": {"enabled": True, "image": {"tag": "2"}},
    "networkPolicy": {"enabled": True},
    "monitoring": {name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard")},
    "cities": {"refresh": {"enabled": True}},
    "migrations": {"installAs": "post-install"},
}

# What has to be there besides for a value to matter.
BESIDES: dict[str, Values] = {
    "database.ca.key": at("database.ca.secret", "ca"),
    "httpRoute.enabled": at("canary.enabled", False),
    "replicas": at("autoscaling.by", "replicas"),
}

# What cannot be changed at will.
WANTED: dict[str, Any] = {
    "autoscaling.by": "external",
    "canary.config": {"LOG_LEVEL": "DEBUG"},
    "canary.image": {"tag": "3"},
    "config": {"LOG_LEVEL": "DEBUG"},
    "config.BASE_URL": "https://other.example.com",
    "database.sslmode": "require",
    "extraContainers": [{"name": "a", "image": "b"}],
    "extraEnvFrom": [{"secretRef": {"name": "a"}}],
    "extraInitContainers": [{"name": "a", "image": "b"}],
    "extraObjects": ["{kind: ConfigMap, metadata: {name: a}}"],
    "httpRoute.hostnames": ["other.example.com"],
    "httpRoute.internal.rules": [{"matches": [{"method": "GET"}]}],
    "httpRoute.parentRefs": [{"name": "other"}],
    "httpRoute.rules": [{"matches": [{"method": "GET"}]}],
    "image.digest": "sha256:" + "ef" * 32,
    "image.pullPolicy": "Always",
    "migrations.installAs": "pre-install",
    "monitoring.dashboard.labels": {"other": "1"},
    "podDisruptionBudget.unhealthyPodEvictionPolicy": "IfHealthyBudget",
    "podSecurityContext": {"runAsUser": 1},
    "securityContext": {"runAsUser": 1},
    "service.type": "NodePort",
    "spread.whenUnsatisfiable": "DoNotSchedule",
    "strategy.type": "Recreate",
    "strategy.rollingUpdate.maxSurge": 3,
    "web.port": 9000,
    "web.terminationGracePeriodSeconds": 99,
}


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path; lists and empty maps are values."""
    if isinstance(values, dict) and values:
        for name, inner in values.items():
            yield from leaves(inner, f"{path}.{name}".strip("."))
    else:
        yield path, values


# By the end of its path, what else a text could be.
TEXTS = {
    "cpu": "7m", "directory": "/other", "for": "77s", "interval": "77s", "memory": "7Mi", "minAvailable": 1,
    "path": "/other", "request": "77s", "scrapeTimeout": "77s", "sizeLimit": "7Mi", "tmpSizeLimit": "7Mi",
}  # fmt: skip
LISTS_OF_TEXTS = {
    "args", "command", "hostnames", "hosts", "imagePullSecrets", "internalPaths", "manage", "over",
}  # fmt: skip


def another(path: str, value: Any) -> Any:
    """A value of the same kind that differs."""
    last = path.rpartition(".")[2]
    if path in WANTED:
        return WANTED[path]
    match value:
        case bool():
            other: Any = not value
        case int() | float():
            other = value / 2 if last.endswith("Ratio") else value + 1
        case str():
            other = TEXTS.get(last, "other")
        case list():
            other = ["/other"] if last in LISTS_OF_TEXTS else [{"name": "other"}]
        case _:
            other = {"other": "a"}
    return other


@pytest.fixture(scope="module")
def base(chart: Chart) -> list[Object]:
    """Everything, unchanged."""
    return chart.render(EVERYTHING).objects


LEAVES = dict(leaves(merged(defaults(), EVERYTHING)))

# Only errors come of these: see test_checks.py.
ONLY_CHECKED = {"database.pool.sessions", "database.pool.spare"}


@pytest.mark.parametrize("path", sorted(set(LEAVES) - ONLY_CHECKED))
def test_a_value_has_an_effect(chart: Chart, base: list[Object], path: str) -> None:
    besides = BESIDES.get(path, {})
    before = chart.render(EVERYTHING, besides).objects if besides else base
    assert chart.render(EVERYTHING, besides, at(path, another(path, LEAVES[path]))).objects != before


def test_without_a_change_nothing_changes(chart: Chart, base: list[Object]) -> None:
    assert chart.render(EVERYTHING, {"replicas": 99}).objects == base
