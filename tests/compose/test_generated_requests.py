"""Thousands of requests made up from the OpenAPI schema: none may crash the app or be answered otherwise."""

import json
import os
import secrets
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import tomli_w
import yaml

from dev.settings import ROOT
from tests.compose.stack import Person, Stack

CONFIG = Path(__file__).with_name("schemathesis.toml")

CASES = 10_000
PER_OPERATION = 800
"""In the fuzzing phase, for each of thirteen operations; the other phases add the rest."""

LIMIT_SECONDS = 1800
"""A machine that takes longer is stuck; two quiet cores need two minutes."""

TRIPS = "^/api/trips"

OPERATIONS = {
    "GET /api/cities", "GET /api/users", "GET /api/users/me", "PATCH /api/users/me",
    "GET /api/trips", "POST /api/trips", "GET /api/trips/{public_id}", "PATCH /api/trips/{public_id}",
    "DELETE /api/trips/{public_id}", "GET /api/matches", "GET /api/matches/{public_id}",
    "PATCH /api/matches/{public_id}", "GET /api/map",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a run of schemathesis came to."""

    said: str
    report: dict[str, Any]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """What went wrong, and where."""
        return [
            (failure["title"], name) for failure in self.report["failures"] for name in failure["operations"]
        ]


def schemathesis(schema: Path, base_url: str, person: Person, config: dict[str, Any], *options: str) -> Run:
    """Run schemathesis as somebody who is logged in."""
    folder = schema.parent
    (name,) = yaml.safe_load(schema.read_text())["components"]["securitySchemes"]
    session = next(cookie.value for cookie in person.cookies.jar if cookie.name == "sessionid")
    token = person.cookies["csrftoken"]
    config |= {"auth": {"openapi": {name: {"api_key": session}}}, "headers": {"X-CSRFToken": token}}
    (folder / "schemathesis.toml").write_text(tomli_w.dumps(config))
    command = [
        str(Path(sys.executable).parent / "schemathesis"), f"--config-file={folder}/schemathesis.toml", "run",
        f"--url={base_url}", "--no-color", "--report=json", f"--report-json-path={folder}/report.json",
        *options, str(schema),
    ]  # fmt: skip
    result = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"CSRF_TOKEN": token, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert (folder / "report.json").exists(), result.stdout + result.stderr
    return Run(result.stdout, json.loads((folder / "report.json").read_text()))


def configuration(cities: list[int], matches: list[str]) -> dict[str, Any]:
    """The committed configuration with ids that exist."""
    config = tomllib.loads(CONFIG.read_text())
    config["dictionaries"] = {"cities": {"values": cities}, "matches": {"values": matches}}
    config["operations"] = [
        {
            "include-path": "/api/matches/{public_id}",
            "parameters": {"path.public_id": {"dictionary": "matches", "probability": 0.7}},
        }
    ]
    return config


@pytest.fixture
def schema(internal: httpx.Client, tmp_path: Path) -> Path:
    file = tmp_path / "schema.yaml"
    file.write_text(internal.get("/internal/schema").text)
    return file


def test_the_schema_documents_every_operation_and_no_other(schema: Path) -> None:
    documented = yaml.safe_load(schema.read_text())["paths"]

    assert {
        f"{method.upper()} {path}"
        for path, methods in documented.items()
        for method in methods
        if path.startswith("/api/") and method != "parameters"
    } == OPERATIONS


def test_an_id_that_the_gateway_refuses_is_documented(
    stack: Stack, schema: Path, city: Callable[[str], int]
) -> None:
    """An encoded slash or backslash never reaches the app, so its own description has to name the 400."""
    (somebody,) = stack.people(somebody=city("Paris"))
    documented = yaml.safe_load(schema.read_text())["paths"]

    for path in ("/api/trips/{public_id}", "/api/matches/{public_id}"):
        for method in documented[path].keys() - {"parameters"}:
            for spelling in ("%5C", "%2F", "%5c", "a%2fb"):
                answer = somebody.request(method.upper(), path.replace("{public_id}", spelling))
                assert answer.status_code == 400, f"{method} {path} {spelling}: {answer.text}"
                assert answer.json()["code"] == "parse_error"
            assert "400" in documented[path][method]["responses"], f"{method} {path}"


def test_ten_thousand_generated_requests_are_answered_as_documented(
    stack: Stack,
    schema: Path,
    city: Callable[[str], int],
    tmp_path: Path,
    tell: Callable[[str], None],
    pytestconfig: pytest.Config,
) -> None:
    """Values out of range, wrong types, surplus and missing fields, undeclared methods, no login."""
    names = ("Paris", "London", "Rome", "Cambridge", "Tokyo", "Lima")
    cities = [city(name) for name in names]
    fuzzer, mate = stack.people(fuzzer=cities[0], mate=cities[1])
    mate.book(cities[0], "2031-03-01", "2031-03-30")
    mate.book(cities[0], "2032-03-01", "2032-03-30")
    matches = [match["id"] for match in fuzzer.results("/api/matches")]
    chosen = pytestconfig.getoption("--seed")
    seed = secrets.randbelow(2**31) if chosen is None else chosen

    def run(part: str, choice: str) -> Run:
        options = (f"--seed={seed}", f"--max-examples={PER_OPERATION}", choice)
        (folder := tmp_path / part).mkdir()
        own = folder / schema.name
        own.write_text(schema.read_text())
        return schemathesis(own, stack.url, fuzzer, configuration(cities, matches), *options)

    # Side by side: whether one request disturbs another is a question as well.
    with ThreadPoolExecutor() as pool:
        runs = list(
            pool.map(
                run, ["trips", "others"], [f"--include-path-regex={TRIPS}", f"--exclude-path-regex={TRIPS}"]
            )
        )

    for part in runs:
        # The first line is all that a summary shows: it has to say what went wrong, and how to see it again.
        assert not part.failures, f"--seed {seed}: {sorted(set(part.failures))}\n{part.said}"
        assert part.report["complete"], part.said
        assert part.report["test_cases"]["errored"] == 0, part.said
    assert sum(part.report["operations"]["tested"] for part in runs) == len(OPERATIONS)
    generated = sum(part.report["test_cases"]["generated"] for part in runs)
    seconds = max(part.report["running_time"] for part in runs)
    tell(f"{generated:,} generated requests in {seconds:.0f} s, seed {seed}")
    assert generated >= CASES


class Crashing(BaseHTTPRequestHandler):
    """An app that answers everything with a 500."""

    def do_GET(self) -> None:
        self.send_response(500)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def crashing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Crashing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_crash_is_found(stack: Stack, schema: Path, crashing: str) -> None:
    (somebody,) = stack.people(somebody=None)
    few = ("--max-examples=5", "--include-path=/api/users/me", "--include-method=GET")

    run = schemathesis(schema, crashing, somebody, configuration([1], ["match_x"]), *few)

    assert ("Server error", "GET /api/users/me") in run.failures, run.said


def test_an_answer_that_is_not_as_documented_is_found(stack: Stack, schema: Path) -> None:
    promised = yaml.safe_load(schema.read_text())
    profile = promised["paths"]["/api/users/me"]["get"]
    profile["responses"]["200"]["content"] = {"application/json": {"schema": {"type": "string"}}}
    promised["paths"] = {"/api/users/me": {"get": profile}}
    schema.write_text(yaml.safe_dump(promised))
    (somebody,) = stack.people(somebody=None)

    run = schemathesis(schema, stack.url, somebody, configuration([1], ["match_x"]), "--max-examples=5")

    assert ("Response violates schema", "GET /api/users/me") in run.failures, run.said
