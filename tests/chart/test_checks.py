"""What no schema can say: values that are missing or contradict one another are refused, with what to do."""

import subprocess
from typing import Any

import pytest
import yaml

from dev.settings import ROOT
from tests.chart.rendering import MINIMAL, RELEASE, Chart, Values, at, merged

PUBLIC = {"name": "public", "namespace": "gateways"}
ROUTE: Values = {"httpRoute": {"enabled": True, "parentRefs": [PUBLIC]}}
INGRESS: Values = {"ingress": {"enabled": True, "className": "public"}}
NEEDED = ["secrets.django.name", "secrets.database.name", "database.host", "config.BASE_URL"]


def inside(**internal: Any) -> Values:
    """Both HTTPRoutes, the internal one with these parts."""
    return merged(ROUTE, {"httpRoute": {"internal": {"enabled": True, **internal}}})


def operators(**internal: Any) -> Values:
    """The internal Ingress with these parts."""
    return at("ingress.internal", {"enabled": True, **internal})


def test_everything_that_is_missing_is_named_at_once(chart: Chart) -> None:
    said = chart.refusal("{}")
    assert "4 values are missing or wrong" in said
    for name in NEEDED:
        assert f"- {name}: " in said


@pytest.mark.parametrize("path", NEEDED)
def test_one_that_is_missing_is_named_alone(chart: Chart, path: str) -> None:
    said = chart.refusal(at(path, ""))
    assert "a value is missing or wrong" in said
    assert said.count("\n  - ") == 1
    assert f"- {path}: " in said


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (at("config.BASE_URL", "witw.example.com"), 'config.BASE_URL: "witw.example.com" is no origin'),
        (at("config.BASE_URL", "https://witw.example.com/app"), "is no origin"),
        (at("config.BASE_URL", "") | {"existingConfigMap": "shared"}, "probes.host: "),
        (
            at("database.ca", {"secret": "a", "configMap": "b"}),
            "database.ca: name a Secret or a ConfigMap, not both",
        ),
        (at("database.sslmode", "verify-full"), "database.ca: verify-full needs the authority"),
        (at("web.metricsPort", 8000), "web.metricsPort: is the same as web.port (8000)"),
        (at("httpRoute.enabled", True), "httpRoute.parentRefs: name the public Gateway"),
        (inside(), "httpRoute.internal.parentRefs: name the internal Gateway"),
        (
            inside(parentRefs=[PUBLIC]),
            "Gateway public is the public one too; /internal/ would be open to everyone",
        ),
        (inside(parentRefs=[PUBLIC | {"port": 80}]), "/internal/ would be open to everyone"),
        (operators(), "ingress.internal.hosts: name the hosts"),
        (
            merged(INGRESS, operators(className="x", hosts=["witw.example.com"])),
            "ingress.internal.hosts: witw.example.com is a public host too",
        ),
        (
            merged(INGRESS, operators(className="public", hosts=["a.b"])),
            "ingress.internal.className: is the same as the public one (public)",
        ),
        (at("canary", {"enabled": True, "image": {"tag": "2"}}), "canary.enabled: needs httpRoute.enabled"),
        (merged(ROUTE, at("canary.enabled", True)), "canary.image: nothing of the canary differs"),
        (at("secrets.oidc.name", "oidc"), "config.OIDC_ISSUER: say who issues"),
        (
            at("config.OIDC_ISSUER", "https://login.example.com"),
            "secrets.oidc.name: name the existing Secret",
        ),
        (at("secrets.demo.name", "demo"), "secrets.demo.name: demo people"),
        (at("autoscaling", {"by": "hpa", "minReplicas": 9}), "autoscaling.minReplicas: 9 is more than"),
        (at("autoscaling", {"by": "hpa", "cpu": 0}), "autoscaling.cpu: the autoscaler has nothing to go by"),
        (at("web.terminationGracePeriodSeconds", 20), "20 cuts off requests; preStopSeconds + drainSeconds"),
    ],
)
def test_values_that_contradict_one_another_are_refused(chart: Chart, values: Values, complaint: str) -> None:
    assert complaint in chart.refusal(values)


@pytest.mark.parametrize(
    "values",
    [
        inside(parentRefs=[{"name": "public", "namespace": "elsewhere"}]),
        inside(parentRefs=[{"name": "internal", "namespace": "gateways"}]),
        merged(
            inside(parentRefs=[{"name": "public", "namespace": "gateways", "sectionName": "inside"}]),
            {
                "httpRoute": {
                    "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "outside"}]
                }
            },
        ),
        at("config.BASE_URL", "") | {"existingConfigMap": "shared", "probes": {"host": "witw.example.com"}},
        merged(at("secrets.demo.name", "demo"), at("config.ENVIRONMENT", "local")),
        at("web.terminationGracePeriodSeconds", 35),
    ],
)
def test_values_that_only_look_alike_are_taken(chart: Chart, values: Values) -> None:
    assert chart.render(values).objects


def test_too_small_a_pool_is_an_error_that_says_the_numbers(chart: Chart) -> None:
    said = chart.refusal(at("database.pool.sessions", 47))
    assert (
        "the pooler has 47 sessions, but 48 are needed: 4 pods (2 replicas + 1 new and 1 draining in an "
        "update + 0 canary) x 2 workers x (4 threads + 1) + 8 spare" in said
    )
    assert "a pooler for APP_REPLICAS=4" in said


@pytest.mark.parametrize(
    ("values", "pods", "workers", "threads"),
    [
        ({}, 4, 2, 4),
        ({"replicas": 5, "web": {"workers": 3, "threads": 8}}, 7, 3, 8),
        ({"replicas": 10, "strategy": {"rollingUpdate": {"maxSurge": "25%"}}}, 16, 2, 4),
        ({"strategy": {"type": "Recreate", "rollingUpdate": None}}, 2, 2, 4),
        ({"autoscaling": {"by": "hpa", "maxReplicas": 8}}, 10, 2, 4),
        ({"autoscaling": {"by": "external", "maxReplicas": 12}}, 14, 2, 4),
        (merged(ROUTE, {"canary": {"enabled": True, "replicas": 2, "image": {"tag": "2"}}}), 6, 2, 4),
    ],
)
def test_the_pool_is_right_for_what_its_own_formula_says(
    chart: Chart, values: Values, pods: int, workers: int, threads: int
) -> None:
    enough = pool_size(pods, workers, threads)
    assert chart.render(values, at("database.pool.sessions", enough)).objects
    assert f"but {enough} are needed: {pods} pods" in chart.refusal(
        values, at("database.pool.sessions", enough - 1)
    )


def test_sessions_that_are_kept_back_are_counted(chart: Chart) -> None:
    pool = {"sessions": 59, "spare": 20}
    assert "but 60 are needed" in chart.refusal(at("database.pool", pool))


def pool_size(replicas: int, workers: int, threads: int) -> int:
    """What the pooler's image makes of the same numbers."""
    done = subprocess.run(
        [ROOT / "dev" / "images" / "shared" / "pool-size", "pgpool"],
        env={"APP_REPLICAS": str(replicas), "WEB_WORKERS": str(workers), "WEB_THREADS": str(threads)},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


def test_a_percentage_of_surge_is_rounded_up_like_kubernetes_does(chart: Chart) -> None:
    values = merged(
        MINIMAL,
        {
            "replicas": 3,
            "strategy": {"rollingUpdate": {"maxSurge": "34%"}},
            "database": {"pool": {"sessions": 1}},
        },
    )
    assert "7 pods (3 replicas + 2 new and 2 draining" in chart.refusal(yaml.safe_dump(values))
    assert RELEASE in chart.render({}).text
