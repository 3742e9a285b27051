"""`docker compose up` by hand: no harness, no preparation, passwords of its own."""

import os
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from dev import host
from dev.settings import ROOT
from tests.compose.stack import Stack

UP_SECONDS = 300
PROJECT = "witw-plain"


def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Plain `docker compose`, in the checkout, with nothing but other ports and another name."""
    return subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=UP_SECONDS + 60,
    )


PORT = host.free_port("127.0.0.1", 18179)
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name == "WITW_TAG" or not name.startswith("WITW_")
} | {
    "WITW_PROJECT": PROJECT,
    "WITW_PORT": str(PORT),
    "WITW_INTERNAL_PORT": str(host.free_port("127.0.0.1", PORT)),
    # Keep the machine small: one of each will do here.
    "WITW_APP_REPLICAS": "1",
}


@pytest.fixture(scope="module")
def plain(stack: Stack) -> Iterator[httpx.Client]:
    """The app of a plain stack, on a machine that has built the images (for the test stack) before."""
    try:
        result = compose("up", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS))
        assert result.returncode == 0, result.stderr
        with httpx.Client(base_url=f"http://localhost:{PORT}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        compose("down", "--volumes", "--remove-orphans")


def test_the_app_answers(plain: httpx.Client) -> None:
    assert plain.get("/_health").text == "OK"
    assert plain.get("/login").status_code == 200


def test_the_cities_are_there(plain: httpx.Client) -> None:
    count = compose(
        "exec", "-T", "app", "python", "manage.py", "shell", "--no-imports", "-c",
        "from cities.models import City; print(City.objects.count())",
    )  # fmt: skip

    assert int(count.stdout) > 30_000


def test_every_stack_has_passwords_of_its_own(plain: httpx.Client, stack: Stack) -> None:
    names = ("demo_password", "db_password", "secret_key")
    ours = [compose("exec", "-T", "app", "cat", f"/run/secrets/app/{name}").stdout for name in names]
    theirs = [stack.compose("exec", "-T", "app", "cat", f"/run/secrets/app/{name}").stdout for name in names]

    assert all(len(password.strip()) >= 32 for password in ours)
    assert len(set(ours + theirs)) == 6


def test_demo_people_can_be_brought_in_by_hand(plain: httpx.Client) -> None:
    seeded = compose("exec", "-T", "app", "python", "manage.py", "seed_demo")

    assert seeded.returncode == 0, seeded.stderr


def test_a_second_up_changes_nothing(plain: httpx.Client) -> None:
    before = compose("ps", "--format", "{{.ID}} {{.Service}}").stdout
    began = time.monotonic()

    again = compose("up", "--detach", "--wait")

    assert again.returncode == 0, again.stderr
    assert compose("ps", "--format", "{{.ID}} {{.Service}}").stdout == before
    assert time.monotonic() - began < 30


def test_a_restart_keeps_passwords_and_data(plain: httpx.Client) -> None:
    before = compose("exec", "-T", "app", "cat", "/run/secrets/app/secret_key").stdout

    compose("down")
    result = compose("up", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS))

    assert result.returncode == 0, result.stderr
    assert compose("exec", "-T", "app", "cat", "/run/secrets/app/secret_key").stdout == before
    assert plain.get("/_health").text == "OK"
