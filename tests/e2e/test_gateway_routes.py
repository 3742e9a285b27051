"""What the app is told of a request, and how often it is asked: an echo behind a copy of the app's routes."""

import os
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e import echo
from tests.e2e.stack import Stack, until


@pytest.fixture(scope="module")
def repeater(stack: Stack) -> Iterator[Stack]:
    """The echo. Until the gateways know it, its host is answered by the app."""
    namespace = f"e2e-echo-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    stack.to.run_kubectl("delete", "namespace", namespace, "--ignore-not-found", timeout=120)
    try:
        made = echo.create(stack, namespace)
        public, internal = made.browser(), made.operator()
        until("the echo at the public gateway", lambda: "asked" in public.get("/echo").text)
        until("the echo at the internal gateway", lambda: "asked" in internal.get("/internal/echo").text)
        yield made
    finally:
        stack.to.run_kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def client(repeater: Stack) -> httpx.Client:
    """Somebody at the public gateway."""
    return repeater.browser()


@pytest.fixture(scope="module")
def operator(repeater: Stack) -> httpx.Client:
    """Somebody at the internal gateway."""
    return repeater.operator()


def seen(client: httpx.Client, headers: dict[str, str], path: str = "/") -> dict[str, list[str]]:
    """The headers that the app would get, in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in client.get(path, headers=headers).json()["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


def asked(client: httpx.Client, request: str) -> int:
    """How often the app was asked something."""
    return int(client.get("/").json()["asked"].get(request, 0))


def healthy_pods(app: Stack) -> dict[str, list[str]]:
    """How many pods of an app each Envoy finds healthy."""
    series = f'envoy_cluster_membership_healthy{{envoy_cluster_name="service/{app.namespace}/witw/'

    def ask(envoy: str) -> list[str]:
        path = f"/api/v1/namespaces/gateway/pods/{envoy}:19001/proxy/stats/prometheus"
        lines = app.to.run_kubectl("get", f"--raw={path}").stdout.splitlines()
        return [line.split()[-1] for line in lines if line.startswith(series)]

    envoys = app.to.kube.list("Pod", "gateway", label_selector="witw/gateway")
    return {envoy["metadata"]["name"]: ask(envoy["metadata"]["name"]) for envoy in envoys}


def test_a_pod_that_was_asked_while_it_started_is_soon_asked_again(repeater: Stack) -> None:
    """Also where nobody was sent to it before. If none is healthy, those are asked too that only start."""

    def all_find_it() -> bool:
        found = healthy_pods(repeater)
        return len(found) > 1 and all(healthy == ["1"] for healthy in found.values())

    until("every Envoy's finding it healthy", all_find_it, 10)


def test_a_client_cannot_claim_to_have_come_by_https(client: httpx.Client) -> None:
    headers = seen(client, {"X-Forwarded-Proto": "https", "X_Forwarded_Proto": "https"})
    assert headers["x-forwarded-proto"] == ["http"]
    assert "x_forwarded_proto" not in headers


def test_the_clients_address_is_the_last_one_named(client: httpx.Client) -> None:
    claimed, own = seen(client, {"X-Forwarded-For": "1.2.3.4"})["x-forwarded-for"][0].split(",")
    assert claimed == "1.2.3.4"
    assert own.count(".") == 3
    assert own != claimed


@pytest.mark.parametrize(("side", "path"), [("client", "/x"), ("operator", "/internal/x")])
def test_the_time_of_arrival_is_the_gateways_own_in_microseconds(
    request: pytest.FixtureRequest, side: str, path: str
) -> None:
    (stamp,) = seen(request.getfixturevalue(side), {"X-Request-Start": "t=1"}, path)["x-request-start"]
    assert stamp.startswith("t=")
    assert abs(int(stamp[2:]) / 1e6 - time.time()) < 5


def test_the_trace_of_the_client_is_passed_on(client: httpx.Client) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert seen(client, {"traceparent": trace})["traceparent"] == [trace]


def test_the_app_is_given_the_path_in_its_one_form(client: httpx.Client) -> None:
    assert client.get("/api//trips/%2e/x/..").json()["path"] == "/api/trips/"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("fate", ["unavailable", "breaks-off"])
def test_requests_that_only_read_are_repeated(client: httpx.Client, method: str, fate: str) -> None:
    assert client.request(method, f"/{fate}").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert asked(client, f"{method} /{fate}") == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("fate", ["unavailable", "breaks-off"])
def test_requests_that_may_write_reach_the_app_once(client: httpx.Client, method: str, fate: str) -> None:
    assert client.request(method, f"/{fate}").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert asked(client, f"{method} /{fate}") == 1


def test_what_a_probe_asks_is_what_it_gets(client: httpx.Client, operator: httpx.Client) -> None:
    path = "/internal/health/unavailable"
    assert operator.get(path).status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert asked(client, f"GET {path}") == 1


def test_a_body_within_the_limit_arrives_whole(client: httpx.Client) -> None:
    assert client.post("/x", content=b"x" * 1_048_576).json()["sent"] == 1_048_576


def test_json_is_compressed_and_pages_with_their_tokens_are_not(client: httpx.Client) -> None:
    ask = {"Accept-Encoding": "gzip"}
    assert client.get("/x", headers=ask).headers.get("Content-Encoding") == "gzip"
    assert "Content-Encoding" not in client.get("/page", headers=ask).headers


def test_an_answer_that_takes_too_long_is_a_clear_error(operator: httpx.Client) -> None:
    answer = operator.get("/internal/health/slow")
    assert answer.status_code == httpx.codes.GATEWAY_TIMEOUT
    assert answer.json()["code"] == "timeout"


def test_a_client_that_dawdles_is_sent_away(repeater: Stack) -> None:
    with socket.create_connection(("127.0.0.1", repeater.to.ours.ports.public), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_an_app_that_is_gone_is_a_clear_error(repeater: Stack, client: httpx.Client) -> None:
    repeater.kubectl("scale", "deployment/witw", "--replicas=0")
    repeater.kubectl("wait", "pod", "--selector=app=echo", "--for=delete", "--timeout=60s")
    answer = client.post("/x")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
