"""The ways in: public ones that refuse /internal, internal ones that serve it, the canary, the fence."""

from typing import Any

import pytest

from tests.chart.rendering import CHART, Chart, Manifests, Object, at, merged

PUBLIC = {"name": "public", "namespace": "gateways"}
INTERNAL = {"name": "internal", "namespace": "gateways"}
ROUTES = {
    "httpRoute": {
        "enabled": True,
        "parentRefs": [PUBLIC],
        "internal": {"enabled": True, "parentRefs": [INTERNAL]},
    }
}
INGRESSES = {
    "ingress": {
        "enabled": True,
        "className": "public",
        "internal": {"enabled": True, "className": "internal", "hosts": ["inside.example.com"]},
    }
}
CANARY = {
    "canary": {
        "enabled": True,
        "weight": 5,
        "replicas": 2,
        "image": {"tag": "2.0"},
        "config": {"LOG_LEVEL": "DEBUG"},
    }
}


def rules(manifests: Manifests, name: str = "witw") -> list[Object]:
    """The rules of an HTTPRoute."""
    return list(manifests.one("HTTPRoute", name)["spec"]["rules"])


def prefixes(rule: Object) -> list[str]:
    """The paths that a rule is for."""
    return [match["path"]["value"] for match in rule["matches"]]


def backends(ingress: Object) -> dict[str, str]:
    """Service by path."""
    (rule,) = ingress["spec"]["rules"]
    return {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}


def test_by_default_nothing_leads_in(chart: Chart) -> None:
    manifests = chart.render({})
    assert manifests.all("Ingress") == manifests.all("HTTPRoute") == []
    assert manifests.one("Service", "witw")["spec"]["type"] == "ClusterIP"


def test_the_public_route_sends_internal_paths_nowhere(chart: Chart) -> None:
    refused, rest = rules(chart.render(ROUTES))
    assert prefixes(refused) == ["/internal"]
    assert "backendRefs" not in refused
    assert prefixes(rest) == ["/"]
    assert rest["backendRefs"] == [{"name": "witw", "port": 80}]


def test_the_internal_route_serves_them_and_nothing_of_people_s(chart: Chart) -> None:
    (rule,) = rules(chart.render(ROUTES), "witw-internal")
    assert prefixes(rule) == ["/internal", "/static"]
    assert rule["backendRefs"] == [{"name": "witw", "port": 80}]


def test_either_route_can_be_had_alone(chart: Chart) -> None:
    only_internal = chart.render(merged(ROUTES, at("httpRoute.enabled", False)))
    assert [one["metadata"]["name"] for one in only_internal.all("HTTPRoute")] == ["witw-internal"]
    only_public = chart.render(merged(ROUTES, at("httpRoute.internal.enabled", False)))
    assert [one["metadata"]["name"] for one in only_public.all("HTTPRoute")] == ["witw"]


@pytest.mark.parametrize(
    ("hostnames", "made"),
    [
        ([], ["witw.example.com"]),
        (["a.example.com", "{{ .Release.Name }}.example.org"], ["a.example.com", "witw.example.org"]),
        (["*"], None),
    ],
)
def test_the_public_route_s_hosts(chart: Chart, hostnames: list[str], made: list[str] | None) -> None:
    spec = chart.render(ROUTES, at("httpRoute.hostnames", hostnames)).one("HTTPRoute", "witw")["spec"]
    assert spec.get("hostnames") == made


def test_a_route_s_filters_limits_and_further_rules(chart: Chart) -> None:
    header = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]},
    }
    login = {
        "matches": [{"path": {"type": "Exact", "value": "/login"}}],
        "backendRefs": [{"name": "x", "port": 1}],
    }
    route = {
        "filters": [header],
        "timeouts": {"request": "5s"},
        "extraRules": [login],
        "refusalFilters": [header],
    }
    refused, further, rest = rules(chart.render(ROUTES, {"httpRoute": route}))
    assert refused["filters"] == rest["filters"] == [header]
    assert further == login
    assert rest["timeouts"] == {"request": "5s"}


def test_some_requests_have_rules_of_their_own_on_both_ways(chart: Chart) -> None:
    reads = {"name": "reads", "matches": [{"path": {"type": "PathPrefix", "value": "/"}, "method": "GET"}]}
    health = {
        "name": "health",
        "matches": [{"path": {"type": "PathPrefix", "value": "/internal/health"}}],
        "timeouts": {"request": "9s"},
    }
    manifests = chart.render(
        ROUTES, CANARY, {"httpRoute": {"rules": [reads], "internal": {"rules": [health]}}}
    )
    _, first, rest = rules(manifests)
    assert (first["name"], first["matches"]) == (reads["name"], reads["matches"])
    assert (first["timeouts"], first["backendRefs"]) == (rest["timeouts"], rest["backendRefs"])
    assert "name" not in rest
    probes, operators = rules(manifests, "witw-internal")
    assert (probes["timeouts"], operators["timeouts"]) == ({"request": "9s"}, {"request": "60s"})
    assert probes["backendRefs"] == operators["backendRefs"] == [{"name": "witw", "port": 80}]


def test_a_gateway_may_refuse_further_spellings(chart: Chart) -> None:
    spelling = {"path": {"type": "RegularExpression", "value": "(?i)/internal.*"}}
    refused, _ = rules(chart.render(ROUTES, at("httpRoute.refusalMatches", [spelling])))
    assert refused["matches"] == [spelling]


def test_the_public_ingress_sends_internal_paths_to_a_service_without_pods(chart: Chart) -> None:
    manifests = chart.render(INGRESSES)
    assert backends(manifests.one("Ingress", "witw")) == {"/internal": "witw-refused", "/": "witw"}
    assert "selector" not in manifests.one("Service", "witw-refused")["spec"]


def test_the_internal_ingress_has_its_own_class_and_hosts(chart: Chart) -> None:
    ingress = chart.render(INGRESSES).one("Ingress", "witw-internal")
    assert ingress["spec"]["ingressClassName"] == "internal"
    assert ingress["spec"]["rules"][0]["host"] == "inside.example.com"
    assert backends(ingress) == {"/internal": "witw", "/static": "witw"}


@pytest.mark.parametrize(
    ("hosts", "made"), [([], ["witw.example.com"]), (["a.b", "c.d"], ["a.b", "c.d"]), (["*"], [None])]
)
def test_the_public_ingress_s_hosts(chart: Chart, hosts: list[str], made: list[str | None]) -> None:
    spec = chart.render(INGRESSES, at("ingress.hosts", hosts)).one("Ingress", "witw")["spec"]
    assert [rule.get("host") for rule in spec["rules"]] == made


def test_an_ingress_s_tls_and_annotations(chart: Chart) -> None:
    ingress = chart.render(CHART / "ci" / "ingress-values.yaml").one("Ingress", "witw")
    assert ingress["spec"]["tls"] == [{"secretName": "witw-tls", "hosts": ["witw.example.com"]}]
    assert ingress["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}


def test_a_service_can_be_of_another_kind(chart: Chart) -> None:
    values = {
        "service": {
            "type": "NodePort",
            "annotations": {"a": "b"},
            "spec": {"trafficDistribution": "PreferClose"},
        }
    }
    service = chart.render(values).one("Service", "witw")
    assert (service["spec"]["type"], service["spec"]["trafficDistribution"]) == ("NodePort", "PreferClose")
    assert service["metadata"]["annotations"] == {"a": "b"}


def test_a_canary_gets_its_share(chart: Chart) -> None:
    _, rest = rules(chart.render(ROUTES, CANARY))
    assert rest["backendRefs"] == [
        {"name": "witw", "port": 80, "weight": 95},
        {"name": "witw-canary", "port": 80, "weight": 5},
    ]


def test_a_canary_is_a_deployment_with_its_own_image_settings_and_service(chart: Chart) -> None:
    manifests = chart.render(ROUTES, CANARY)
    deployment = manifests.one("Deployment", "witw-canary")["spec"]
    (container,) = deployment["template"]["spec"]["containers"]
    assert (deployment["replicas"], container["image"]) == (2, "witw/app:2.0")
    assert container["envFrom"] == [{"configMapRef": {"name": "witw-canary"}}]
    assert manifests.one("ConfigMap", "witw-canary")["data"]["LOG_LEVEL"] == "DEBUG"
    assert "LOG_LEVEL" not in manifests.environment
    assert manifests.one("Service", "witw-canary")["spec"]["selector"]["track"] == "canary"
    assert manifests.one("Service", "witw")["spec"]["selector"]["track"] == "stable"


def test_a_canary_s_tag_is_not_hidden_by_the_other_s_digest(chart: Chart) -> None:
    manifests = chart.render(ROUTES, CANARY, at("image.digest", "sha256:" + "cd" * 32))
    (container,) = manifests.one("Deployment", "witw-canary")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "witw/app:2.0"


def test_a_canary_does_not_touch_the_stable_pods(chart: Chart) -> None:
    without, with_canary = chart.render(ROUTES), chart.render(ROUTES, CANARY)
    assert without.one("Deployment", "witw") == with_canary.one("Deployment", "witw")


def test_without_a_fence_there_is_none(chart: Chart) -> None:
    assert chart.render({}).all("NetworkPolicy") == []


def ports(policy_rules: list[Object]) -> list[set[int]]:
    """The ports of each rule."""
    return [{port["port"] for port in rule["ports"]} for rule in policy_rules]


def test_the_fence_leaves_the_ports_that_are_needed(chart: Chart) -> None:
    database = {"port": 6432, "primary": {"host": "postgres", "port": 5432}}
    policy = chart.render(at("networkPolicy.enabled", True), {"database": database}).one("NetworkPolicy")[
        "spec"
    ]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert ports(policy["ingress"]) == [{8000}, {8001}]
    assert ports(policy["egress"]) == [{53}, {6432, 5432}, {8000, 8001}]


@pytest.mark.parametrize(
    ("name", "direction", "rule", "side"),
    [
        ("from", "ingress", 0, "from"),
        ("metricsFrom", "ingress", 1, "from"),
        ("dns", "egress", 0, "to"),
        ("database", "egress", 1, "to"),
    ],
)
def test_the_fence_s_gates(chart: Chart, name: str, direction: str, rule: int, side: str) -> None:
    peers: list[dict[str, Any]] = [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    open_ = chart.render(at("networkPolicy.enabled", True)).one("NetworkPolicy")["spec"][direction][rule]
    narrow = chart.render(at("networkPolicy", {"enabled": True, name: peers})).one("NetworkPolicy")["spec"]
    assert side not in open_
    assert narrow[direction][rule][side][:1] == peers


def test_the_fence_s_further_rules(chart: Chart) -> None:
    more = {"ports": [{"port": 443, "protocol": "TCP"}]}
    policy = chart.render(
        at("networkPolicy", {"enabled": True, "extraEgress": [more], "extraIngress": [more]})
    )
    spec = policy.one("NetworkPolicy")["spec"]
    assert spec["egress"][-1] == spec["ingress"][-1] == more
