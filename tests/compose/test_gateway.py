"""The gateway from outside: what it lets through, what it adds, and what happens when a container leaves."""

import contextlib
import http.client
import json
import re
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.compose.containers import docker, ids, is_healthy, wait_until
from tests.compose.load import load
from tests.compose.stack import Stack
from tests.internal_paths import READY, SPELLINGS

ITS_OWN_INTERNAL_SIDE = f"http://gateway:8081/{READY}"


@pytest.fixture
def raw(stack: Stack) -> Iterator[http.client.HTTPConnection]:
    """A connection to the public port that sends a request's target exactly as it is given."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    yield connection
    connection.close()


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


@pytest.mark.parametrize(
    "path", [f"/{READY}", "/internal/health/live", "/internal/metrics", "/internal/admin/login/"]
)
def test_the_internal_side_passes_them(internal: httpx.Client, path: str) -> None:
    assert internal.get(path, follow_redirects=True).status_code == httpx.codes.OK


def test_the_internal_side_is_bound_to_loopback(stack: Stack) -> None:
    assert stack.compose("port", "gateway", "8081").stdout.strip() == f"127.0.0.1:{stack.internal_port}"


def test_admin_of_envoy_is_not_published(stack: Stack) -> None:
    published = docker("port", ids(stack, "gateway")[0]).stdout
    assert "9901" not in published


def test_every_answer_carries_a_request_id(public: httpx.Client) -> None:
    from_the_app, from_the_gateway = public.get("/login"), public.get("/internal/")
    made = [answer.headers.get_list("X-Request-ID") for answer in (from_the_app, from_the_gateway)]
    assert all(len(ids_of_one) == 1 and uuid.UUID(ids_of_one[0]) for ids_of_one in made)
    assert made[0] != made[1]


def test_only_operators_choose_a_request_id_themselves(public: httpx.Client, internal: httpx.Client) -> None:
    mine = str(uuid.uuid4())
    assert public.get("/login", headers={"X-Request-ID": mine}).headers["X-Request-ID"] != mine
    assert internal.get("/login", headers={"X-Request-ID": mine}).headers["X-Request-ID"] == mine


def test_a_request_is_found_by_its_id_in_the_logs_of_gateway_and_app(
    stack: Stack, public: httpx.Client
) -> None:
    # A host that is not ours: the app writes of what fails, the gateway of all.
    asked = public.get("/api/users/me", params={"code": "one-time"}, headers={"Host": "elsewhere.example"})
    its_id = asked.headers["X-Request-ID"]

    def lines(service: str) -> list[str]:
        logged = stack.compose("logs", "--no-log-prefix", "--tail", "200", service).stdout
        return [line for line in logged.splitlines() if its_id in line]

    wait_until("the request in both logs", lambda: bool(lines("gateway") and lines("app")), seconds=15)
    entry = json.loads(lines("gateway")[0].removeprefix("\x1b[2K"))
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/api/users/me", 400)
    assert "one-time" not in lines("gateway")[0] + lines("app")[0]


def test_time_in_the_queue_is_measured_from_the_gateway(stack: Stack, public: httpx.Client) -> None:
    def waited() -> tuple[float, float]:
        script = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8001/internal/metrics').read().decode())"
        replicas = range(1, len(ids(stack, "app")) + 1)
        text = "".join(
            stack.compose("exec", "-T", "--index", str(index), "app", "python", "-c", script).stdout
            for index in replicas
        )
        count, total = (
            sum(
                float(value) for value in re.findall(rf"^witw_queue_seconds_{name} (\S+)", text, re.MULTILINE)
            )
            for name in ("count", "sum")
        )
        return count, total

    count_before, seconds_before = waited()
    # What a client claims counts for nothing: this one would have waited since 1970.
    for _ in range(20):
        public.get("/login", headers={"X-Request-Start": "t=1"})
    count, seconds = waited()
    assert count - count_before >= 20
    assert 0 < seconds - seconds_before < 20


def test_a_body_beyond_the_limit_is_refused_without_the_app(public: httpx.Client) -> None:
    answer = public.post("/api/trips", content=b"x" * 1_100_000)
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["code"] == "request_too_large"


def test_headers_beyond_the_limit_are_refused(public: httpx.Client) -> None:
    answer = public.get("/login", headers={"X-Big": "x" * 40_000})
    assert answer.status_code == httpx.codes.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_static_files_come_compressed_once_and_may_be_kept_for_ever(internal: httpx.Client) -> None:
    page = internal.get("/internal/admin/login/").text
    style = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert style, page
    answer = internal.get(style[1], headers={"Accept-Encoding": "br"})
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]


def test_long_json_is_compressed_for_those_who_ask(stack: Stack) -> None:
    (reader,) = stack.people(reader=None)
    with contextlib.closing(reader):
        asked = reader.get("/api/cities", headers={"Accept-Encoding": "gzip"})
        unasked = reader.get("/api/cities", headers={"Accept-Encoding": "identity"})
    assert asked.headers.get("Content-Encoding") == "gzip"
    assert "Content-Encoding" not in unasked.headers
    assert asked.content == unasked.content


def test_guessing_passwords_is_slowed_down(public: httpx.Client) -> None:
    answers = [public.post("/login", data={"login": "x"}) for _ in range(10)]
    while answers[-1].status_code != httpx.codes.TOO_MANY_REQUESTS and len(answers) < 500:
        answers.append(public.post("/login", data={"login": "x"}))
    refused = answers[-1]
    assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert refused.json()["code"] == "throttled"
    assert int(refused.headers["Retry-After"]) > 0
    pages = [public.post("/login", headers={"Accept": "text/html"}) for _ in range(50)]
    page = next(one for one in pages if one.status_code == httpx.codes.TOO_MANY_REQUESTS)
    assert "Too many attempts to log in" in page.text
    assert page.headers["Content-Type"].startswith("text/html")
    assert len(answers) > 50, "people who log in at the same time are not held up"
    assert public.get("/login").status_code == httpx.codes.OK


def test_a_container_that_is_stopped_under_load_loses_no_request(stack: Stack) -> None:
    leaving = ids(stack, "app")[0]
    readers: list[httpx.Client] = [stack.browser() for _ in range(4)]
    writers: list[httpx.Client] = [stack.browser() for _ in range(4)]
    # Anonymous writes are refused, but never repeated by the gateway: one that gets lost is seen.
    with load(readers, path="/login") as reads, load(writers, "POST", "/api/trips", {}) as writes:
        wait_until("some load", lambda: len(reads.answers) > 50)
        docker("stop", leaving)
        served_by_one = len(reads.answers)
        wait_until("load on the other container", lambda: len(reads.answers) > served_by_one + 50)
        docker("start", leaving)
        wait_until("the container's return", lambda: is_healthy(leaving))
        served_by_both = len(reads.answers)
        wait_until("load on both containers", lambda: len(reads.answers) > served_by_both + 50)
    assert not reads.failed()
    assert not writes.failed()
    assert {answer.status for answer in writes.answers} == {403}
