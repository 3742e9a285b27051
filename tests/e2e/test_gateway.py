"""The gateways from outside: what they let through, what they add, what they refuse."""

import contextlib
import http.client
import json
import re
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.e2e.stack import Stack, until
from tests.internal_paths import READY, SPELLINGS
from tests.people_kit import Person

ITS_OWN_INTERNAL_SIDE = f"http://internal.gateway.svc:8081/{READY}"
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True}


@pytest.fixture
def raw(stack: Stack) -> Iterator[http.client.HTTPConnection]:
    """A connection to the public port that sends a request's target exactly as it is given."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", stack.to.ours.ports.public, timeout=10)
    ) as connection:
        yield connection


@pytest.mark.parametrize("target", [*SPELLINGS, ITS_OWN_INTERNAL_SIDE])
def test_the_public_side_refuses_internal_paths_however_they_are_spelt(
    raw: http.client.HTTPConnection, target: str
) -> None:
    raw.putrequest("GET", target)
    raw.endheaders()
    answer = raw.getresponse()
    error = json.loads(answer.read())
    assert answer.status in {400, 404}
    assert error.keys() == {"type", "code", "detail", "attr"}
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", [f"/{READY}", "/internal/health/live", "/internal/admin/login/"])
def test_the_internal_side_passes_them(internal: httpx.Client, path: str) -> None:
    assert internal.get(path).status_code == httpx.codes.OK


def test_the_internal_side_is_not_a_way_for_people(internal: httpx.Client) -> None:
    answer = internal.get("/api/trips")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_every_answer_carries_a_request_id(public: httpx.Client) -> None:
    from_the_app, from_the_gateway = public.get("/login"), public.get("/internal/")
    made = [answer.headers.get_list("X-Request-ID") for answer in (from_the_app, from_the_gateway)]
    assert all(len(ids) == 1 and uuid.UUID(ids[0]) for ids in made)
    assert made[0] != made[1]


def test_only_operators_choose_a_request_id_themselves(public: httpx.Client, internal: httpx.Client) -> None:
    mine = str(uuid.uuid4())
    assert public.get("/login", headers={"X-Request-ID": mine}).headers["X-Request-ID"] != mine
    assert (
        internal.get("/internal/health/live", headers={"X-Request-ID": mine}).headers["X-Request-ID"] == mine
    )


def test_envoy_says_nothing_of_itself(public: httpx.Client) -> None:
    headers = public.get("/login").headers
    assert headers["Server"] == "witw"
    assert not [name for name in headers if name.startswith("x-envoy")]


def _access_log(stack: Stack) -> list[str]:
    selector = "--selector=app.kubernetes.io/component=proxy"
    said = stack.to.run_kubectl("logs", selector, "--namespace=gateway", "--container=envoy", "--tail=2000")
    return said.stdout.splitlines()


def test_a_request_is_found_in_the_access_log_by_its_id_and_without_its_query(
    stack: Stack, public: httpx.Client
) -> None:
    its_id = public.get("/api/users/me", params={"code": "one-time"}).headers["X-Request-ID"]
    until("the request in the log", lambda: any(its_id in line for line in _access_log(stack)))
    (line,) = [line for line in _access_log(stack) if its_id in line]
    entry = json.loads(line)
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/api/users/me", 403)
    assert {"time", "request_id", "client", "ms", "upstream", "upstream_ms", "attempts"} <= entry.keys()
    assert "one-time" not in line


def test_probes_are_not_logged(stack: Stack, internal: httpx.Client) -> None:
    probe = internal.get(f"/{READY}").headers["X-Request-ID"]
    after = internal.get("/internal/admin/login/").headers["X-Request-ID"]
    until("what came after the probe", lambda: any(after in line for line in _access_log(stack)))
    assert not any(probe in line for line in _access_log(stack))


def test_a_body_beyond_the_limit_is_refused_without_the_app(public: httpx.Client) -> None:
    answer = public.post("/api/trips", content=b"x" * 1_100_000)
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["code"] == "request_too_large"


@pytest.mark.parametrize("headers", [{"X-Big": "x" * 40_000}, {f"X-{n}": "x" for n in range(120)}])
def test_headers_beyond_the_limits_are_refused(public: httpx.Client, headers: dict[str, str]) -> None:
    answer = public.get("/login", headers=headers)
    assert answer.status_code == httpx.codes.REQUEST_HEADER_FIELDS_TOO_LARGE
    assert answer.json()["type"] == "invalid_request"


def test_static_files_of_the_admin_are_served_inside(internal: httpx.Client) -> None:
    page = internal.get("/internal/admin/login/").text
    style = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert style, page
    answer = internal.get(style[1], headers={"Accept-Encoding": "br"})
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Encoding"] == "br"


def test_long_json_is_compressed_for_those_who_ask(people: Callable[..., list[Person]]) -> None:
    (reader,) = people(reader=None)
    asked = reader.get("/api/cities", headers={"Accept-Encoding": "gzip"})
    unasked = reader.get("/api/cities", headers={"Accept-Encoding": "identity"})
    assert asked.headers.get("Content-Encoding") == "gzip"
    assert "Content-Encoding" not in unasked.headers
    assert asked.content == unasked.content


# Alone, for everyone's attempts to log in are counted together.
@pytest.mark.alone
# Beside it nobody could log in.
@pytest.mark.xdist_group("login")
def test_guessing_passwords_is_slowed_down(public: httpx.Client) -> None:
    answers = [public.post("/login", data={"login": "x"}) for _ in range(10)]
    while answers[-1].status_code != httpx.codes.TOO_MANY_REQUESTS and len(answers) < 2000:
        answers.append(public.post("/login", data={"login": "x"}))
    refused = answers[-1]
    assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert refused.json()["code"] == "throttled"
    assert int(refused.headers["Retry-After"]) > 0
    assert len(answers) > 50, "people who log in at the same time are not held up"
    assert public.get("/login").status_code == httpx.codes.OK


def test_every_policy_is_in_force(stack: Stack) -> None:
    kinds = "clienttrafficpolicies,backendtrafficpolicies,envoypatchpolicies"
    said = stack.to.run_kubectl("get", kinds, "--namespace=gateway", "--output=json").stdout
    found = json.loads(said)["items"]
    assert len(found) == 6
    for policy in found:
        for place in policy["status"]["ancestors"]:
            states = {one["type"]: one["status"] for one in place["conditions"]}
            assert "False" not in states.values(), (policy["kind"], place["conditions"])


def test_the_proxies_are_restricted_and_run_our_image_by_digest(stack: Stack) -> None:
    label = "app.kubernetes.io/component=proxy"
    pods = stack.to.kube.list("Pod", "gateway", label_selector=label)
    assert {pod["metadata"]["labels"]["witw/gateway"] for pod in pods} == {"public", "internal"}
    for pod in pods:
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in pod["spec"]["containers"]:
            assert "@sha256:" in container["image"]
            assert container["securityContext"].items() >= RESTRICTED.items()
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
