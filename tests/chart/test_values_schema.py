"""values.schema.json: it knows every value and no other, and its errors say where."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from config import environment
from tests.chart.rendering import CHART, MINIMAL, Chart, at, defaults

SCHEMA = json.loads((CHART / "values.schema.json").read_text())

# Maps of which the values show only a part: what is left out has Kubernetes' own default.
PARTIAL = {
    "canary.config", "canary.image", "cities.refresh.resources", "config", "httpRoute.internal.timeouts",
    "httpRoute.timeouts", "migrations.resources", "migrations.wait.resources", "probes.liveness",
    "probes.readiness", "probes.startup", "resources", "tests.resources",
}  # fmt: skip

# Maps whose keys are Kubernetes' own, or the user's.
OPEN = {
    "affinity", "autoscaling.behavior", "commonAnnotations", "commonLabels", "deploymentAnnotations",
    "dnsConfig", "global", "httpRoute.annotations", "httpRoute.internal.annotations",
    "ingress.annotations", "ingress.internal.annotations", "migrations.annotations",
    "monitoring.dashboard.annotations", "monitoring.dashboard.labels",
    "monitoring.prometheusRule.alertLabels", "monitoring.prometheusRule.labels",
    "monitoring.serviceMonitor.labels", "nodeSelector", "podAnnotations", "podLabels",
    "podSecurityContext", "securityContext", "service.annotations", "service.spec",
    "serviceAccount.annotations",
    *(f"{one}.{kind}" for one in PARTIAL if one.endswith("resources") for kind in ("limits", "requests")),
}  # fmt: skip

# What the values say in places of their own: config must not say it again.
ELSEWHERE = {
    "CITIES_DATA_DIR", "DB_HOST", "DB_NAME", "DB_PORT", "DB_SSLMODE", "DB_USER", "METRICS_PORT", "PORT",
    "SECRETS_DIR", "WEB_DRAIN_SECONDS", "WEB_GRACEFUL_TIMEOUT", "WEB_THREADS", "WEB_WORKERS",
}  # fmt: skip
IN_SECRETS = {"GITHUB_CLIENT_ID", "GOOGLE_CLIENT_ID", "OIDC_CLIENT_ID"}


def maps(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every map of the schema, with its path."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object":
        yield path, schema
        for name, inner in schema.get("properties", {}).items():
            yield from maps(inner, f"{path}.{name}".strip("."))


def value(path: str) -> dict[str, Any]:
    """The default that stands at a path."""
    place = defaults()
    for key in path.split(".") if path else []:
        place = place.get(key, {})
    return place


@pytest.mark.parametrize("path", sorted({path for path, _ in maps(SCHEMA)} - OPEN))
def test_the_schema_knows_the_same_values_as_values_yaml(path: str) -> None:
    known, shown = set(dict(maps(SCHEMA))[path].get("properties", {})), set(value(path))
    assert shown <= known if path in PARTIAL else shown == known


def test_no_map_takes_unknown_keys_but_those_that_are_not_ours() -> None:
    assert {path for path, schema in maps(SCHEMA) if schema.get("additionalProperties") is not False} == OPEN


def test_config_takes_the_settings_of_the_app_and_no_secret() -> None:
    secret = {
        name.upper()
        for name, field in environment.Environment.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert (
        set(SCHEMA["$defs"]["config"]["properties"])
        == set(environment.names()) - secret - ELSEWHERE - IN_SECRETS
    )


def test_bounds_of_numbers_are_those_of_the_app() -> None:
    app = environment.Environment.model_json_schema()["properties"]
    for name, known in SCHEMA["$defs"]["config"]["properties"].items():
        for bound in ("minimum", "maximum"):
            assert known.get(bound) == app[name.lower()].get(bound), name


@pytest.mark.parametrize(
    "path", sorted(path for path, schema in maps(SCHEMA) if schema.get("additionalProperties") is False)
)
def test_a_misspelt_key_is_refused_by_name(chart: Chart, path: str) -> None:
    said = chart.refusal(at(f"{path}.mispelt".strip("."), 1))
    assert "additional properties 'mispelt' not allowed" in said
    assert f"at '/{path.replace('.', '/')}'" in said or not path


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("replicas", "two", "want integer"),
        ("replicas", -1, "minimum"),
        ("parked", "yes", "want boolean"),
        ("image.digest", "sha256:abc", "pattern"),
        ("image.tag", "a b", "pattern"),
        ("image.repository", "UPPER/case", "pattern"),
        ("image.pullPolicy", "Sometimes", "value must be one of"),
        ("config.LOG_LEVEL", "LOUD", "value must be one of"),
        ("config.NEAR_METRES", 3_000_000, "maximum"),
        ("config.SECRET_KEY", "x" * 50, "additional properties 'SECRET_KEY' not allowed"),
        ("config.DB_PASSWORD", "x", "additional properties 'DB_PASSWORD' not allowed"),
        ("config.WEB_WORKERS", 4, "additional properties 'WEB_WORKERS' not allowed"),
        ("database.port", 70000, "maximum"),
        ("database.sslmode", "on", "value must be one of"),
        ("secrets.django.name", "Not A Name", "pattern"),
        ("secrets.django.key", "", "minLength"),
        ("autoscaling.by", "keda", "value must be one of"),
        ("canary.weight", 101, "maximum"),
        ("strategy.type", "Rolling", "value must be one of"),
        ("strategy.rollingUpdate.maxSurge", "1 pod", "pattern"),
        ("migrations.installAs", "pre-upgrade", "value must be one of"),
        ("migrations.args", [], "minItems"),
        ("httpRoute.timeouts.request", "30", "pattern"),
        ("internalPaths", ["internal"], "pattern"),
        ("cities.sizeLimit", "much", "pattern"),
        ("podAnnotations", {"prometheus.io/scrape": True}, "want string"),
        ("spread.whenUnsatisfiable", "Never", "value must be one of"),
        ("extraEnv", {"A": "b"}, "want array"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_where_it_stands(
    chart: Chart, path: str, value: Any, complaint: str
) -> None:
    said = chart.refusal(at(path, value))
    assert complaint in said
    place = path.replace(".", "/")
    assert f"at '/{place}" in said or f"at '/{place.rpartition('/')[0]}'" in said


def test_all_that_is_wrong_is_named_at_once(chart: Chart) -> None:
    said = chart.refusal({"replicas": "two", "parked": 1, "nothing": {}})
    assert all(part in said for part in ("/replicas", "/parked", "'nothing'"))


def test_the_schema_is_a_schema_and_takes_the_defaults(chart: Chart) -> None:
    assert chart.render(defaults(), MINIMAL).objects
