"""A throw-away PostgreSQL of our own image, for the length of one test run."""

import os
import secrets
import time
from dataclasses import dataclass

import psutil
import psycopg2

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # the reaper is an image of a registry

from testcontainers.core.container import DockerContainer

from dev import base_image, engine, images, process, settings
from dev.compose import Compose

READY_SECONDS = 60

LABEL = "witw.unit-tests"
"""Marks the container, with the process that it belongs to."""


@dataclass(frozen=True)
class Database:
    """A running container and how to reach it."""

    container: DockerContainer
    password: str

    @classmethod
    def start(cls) -> "Database":
        """Start PostgreSQL on tmpfs and without fsync: nothing here outlives the run."""
        name = image()
        _remove_leftovers()
        password = secrets.token_urlsafe(16)
        container = (
            DockerContainer(name)
            .with_env("POSTGRES_USER", "witw")
            .with_env("POSTGRES_PASSWORD", password)
            .with_env("POSTGRES_ROLE_ATTRIBUTES", "CREATEDB")  # Django makes a database per worker
            .with_env("APP_REPLICAS", "10")  # connections enough for tests that open several at once
            .with_exposed_ports(5432)
            .with_tmpfs_mount("/var/lib/postgresql", "uid=10002,gid=10002,mode=0700")
            .with_kwargs(labels={LABEL: str(os.getpid())})
            .with_command("postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off")
        )
        return cls(container.start(), password)

    def environment(self) -> dict[str, str]:
        """The app's own settings for this database."""
        return {
            "DB_HOST": self.container.get_container_host_ip(),
            "DB_PORT": str(self.container.get_exposed_port(5432)),
            "DB_NAME": "witw",
            "DB_USER": "witw",
            "DB_PASSWORD": self.password,
        }

    def stop(self) -> None:
        """Remove the container with its data."""
        self.container.stop()

    @staticmethod
    def wait_until_ready() -> None:
        """Return when the server that the environment names answers a query.

        Raises:
            TimeoutError: it did not within READY_SECONDS; the last error of the server is in the message.
        """
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                psycopg2.connect(
                    host=os.environ["DB_HOST"],
                    port=os.environ.get("DB_PORT", "5432"),
                    dbname="postgres",
                    user=os.environ.get("DB_USER", "witw"),
                    password=os.environ.get("DB_PASSWORD", ""),
                    connect_timeout=5,
                ).close()
                return
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the test database does not answer: {error}") from error
                time.sleep(0.1)


def image() -> str:
    """The name of our PostgreSQL image; it is built, and the engine for it started, if need be."""
    chosen = settings.load()
    engine.ensure(chosen)
    base, _ = base_image.ensure(chosen, _say)
    stack = Compose(chosen, images.build_environment(chosen, base))
    images.build(stack, base, _say, only="postgres")
    return str(stack.config()["services"]["postgres"]["image"])


def _remove_leftovers() -> None:
    """Take away what runs left behind that were killed before they could."""
    listed = process.run(
        ["docker", "ps", f"--filter=label={LABEL}", f'--format={{{{.ID}}}} {{{{.Label "{LABEL}"}}}}']
    )
    for line in listed.stdout.splitlines():
        container, pid = line.split()
        if not psutil.pid_exists(int(pid)):
            process.run(["docker", "rm", "--force", "--volumes", container])


def _say(line: str) -> None:
    """Say nothing: pytest's own output has not begun, and what fails says so itself."""
