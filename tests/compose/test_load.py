"""`./witw load` and plain locust on the stack: load comes, is measured, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.load import document, environment
from dev.settings import ROOT
from tests.compose.stack import Stack

OBJECTIVES = """
objectives:
  - {name: nothing fails, measure: failures.share_percent, at_most: 0}
  - {name: there is load, measure: requests.total, at_least: 20}
"""

COUNT = (
    "from people.models import User; from trips.models import Trip; "
    "print(User.objects.filter(email__endswith='@load.invalid').count(), Trip.objects.count())"
)


def counted(stack: Stack) -> list[str]:
    """People of load runs, and all trips."""
    return stack.manage("shell", "--no-imports", "-c", COUNT).split()


def witw(stack: Stack, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dev", "load", "--target", stack.url, *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def report_of(said: str) -> document.Document:
    """The data of the report that a run says it has written."""
    page = Path(said.rpartition("The report")[2].split()[0])
    assert page.stat().st_size > 50_000, "its pictures are within"
    return document.read(page.parent)


@pytest.fixture
def objectives(tmp_path: Path) -> str:
    """A file of what has to be reached on a machine of any speed."""
    file = tmp_path / "objectives.yaml"
    file.write_text(OBJECTIVES)
    return f"--objectives={file}"


def test_a_small_spike_serves_everybody_and_takes_its_people_away(stack: Stack, objectives: str) -> None:
    before = counted(stack)

    run = witw(stack, "--profile=spike", "--users=8", "--time=15", objectives)
    said = run.communicate(timeout=300)[0]

    assert run.returncode == 0, said
    made = report_of(said)
    names = {row["name"] for row in made["requests"]}
    assert {"POST /login", "GET /", "GET /api/map", "GET /api/cities?search="} <= names
    assert made["measures"]["users.most"] == 8
    assert made["measures"]["generator.times_the_stack"] > 3
    assert {"queue.in_flight", "gateway.retries", "cpu/app-1"} <= set(made["samples"]["series"])
    assert made["facts"]["image of app"].startswith("sha256:")
    assert counted(stack) == before


def test_arrivals_keep_to_their_rate(stack: Stack, objectives: str) -> None:
    run = witw(stack, "--profile=soak", "--rate=10", "--time=10", objectives)
    said = run.communicate(timeout=300)[0]

    assert run.returncode == 0, said
    assert 70 <= report_of(said)["measures"]["requests.total"] <= 115


def test_a_run_that_is_interrupted_reports_what_there_is_and_tidies_up(stack: Stack, objectives: str) -> None:
    before = counted(stack)
    run = witw(stack, "--profile=soak", "--users=5", "--time=600", objectives)
    assert run.stdout is not None
    said = ""
    for line in run.stdout:
        said += line
        if line.startswith("load: ..."):
            break
    time.sleep(20)
    run.send_signal(signal.SIGINT)
    said += run.communicate(timeout=300)[0]

    assert run.returncode == 128 + signal.SIGINT, said
    made = report_of(said)
    assert made["interrupted"]
    assert made["measures"]["requests.total"] > 0
    assert counted(stack) == before


def test_plain_locust_makes_its_own_people_and_takes_them_away(stack: Stack) -> None:
    environment.ensure(lambda _: None)
    before = counted(stack)
    command = [str(environment.python()), "-m", "locust", "-f", "tests/load/locustfile.py", "--headless"]
    options = [f"--host={stack.url}", "-u5", "-r5", "-t10s", "--json"]

    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout[done.stdout.index("[") :])
    assert sum(row["num_requests"] for row in rows) > 5
    assert sum(row["num_failures"] for row in rows) == 0
    assert counted(stack) == before
