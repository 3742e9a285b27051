"""A Compose stack of the same shape as ours, small enough to be up in seconds."""

import secrets
from pathlib import Path

import pytest

from dev import compose, host, process
from dev.settings import Settings, load

COMPOSE = """
name: ${WITW_PROJECT}
services:
  secrets:
    image: small/app:${WITW_TAG}
    command: [sh, -c, "umask 022; echo open-sesame > /run/secrets/app/demo_password"]
    volumes: ["keys:/run/secrets/app"]
  postgres:
    image: small/postgres:${WITW_TAG}
    build: {context: postgres, args: {BASE_IMAGE: "${WITW_BASE_IMAGE:-}"}}
    restart: unless-stopped
    volumes: ["data:/var/lib/postgresql"]
    healthcheck: {test: ["CMD", "test", "-e", "/var/lib/postgresql/17/PG_VERSION"], interval: 1s, retries: 30}
  app:
    image: small/app:${WITW_TAG}
    build: {context: app, args: {BASE_IMAGE: "${WITW_BASE_IMAGE:-}"}}
    restart: unless-stopped
    command: [perl, /serve.pl]
    depends_on:
      secrets: {condition: service_completed_successfully}
      postgres: {condition: service_healthy}
    volumes: ["keys:/run/secrets/app:ro"]
    ports: ["127.0.0.1:${WITW_PORT}:80", "127.0.0.1:${WITW_INTERNAL_PORT}:81"]
    stop_grace_period: 1s
volumes: {data: {}, keys: {}}
"""

APP = """ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY serve.pl /
COPY --chmod=755 python /usr/local/bin/python
"""

# perl-base is in every Debian; a web server that says yes is all that is needed.
SERVE = r"""
use IO::Socket::INET;
$SIG{TERM} = sub { exit };
my $server = IO::Socket::INET->new(LocalPort => 81, Listen => 9, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  while (<$client>) { last if /^\r?$/ }
  print $client "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\": \"ok\"}";
  close $client;
}
"""

POSTGRES = """ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN mkdir -p /usr/lib/postgresql/17
WORKDIR /var/lib/postgresql
CMD ["sh", "-c", "mkdir -p 17; echo 17 > 17/PG_VERSION; sleep infinity & wait"]
STOPSIGNAL SIGKILL
"""


class SmallStack:
    """Its files and its settings."""

    def __init__(self, folder: Path, project: str, base: str) -> None:
        self.folder, self.project, self.base = folder, project, base
        self.port = host.free_port("127.0.0.1", 20000 + secrets.randbelow(20000))
        self.internal_port = host.free_port("127.0.0.1", self.port)
        self.write("compose.yaml", COMPOSE)
        self.write("app/Dockerfile", APP)
        self.write("app/serve.pl", SERVE)
        self.write("app/python", '#!/bin/sh\necho "$@"\n')
        self.write("postgres/Dockerfile", POSTGRES)

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        """Exchange some text in one of its files."""
        before = (self.folder / name).read_text()
        assert old in before
        self.write(name, before.replace(old, new))

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the harness take this stack for its own."""
        monkeypatch.setattr(compose, "ROOT", self.folder)
        monkeypatch.setattr(compose, "FILE", self.folder / "compose.yaml")
        for name, value in self.settings_environment().items():
            monkeypatch.setenv(name, value)

    def settings_environment(self) -> dict[str, str]:
        """Its settings, as variables."""
        return {
            "WITW_PROJECT": self.project,
            "WITW_TAG": self.project,
            "WITW_PORT": str(self.port),
            "WITW_INTERNAL_PORT": str(self.internal_port),
            "WITW_CACHE_DIR": str(self.folder / "cache"),
            "WITW_BASE_IMAGE": self.base,
        }

    def settings(self) -> Settings:
        """Its settings, read the usual way."""
        return load()

    def compose(self) -> compose.Compose:
        """Its Compose."""
        return compose.Compose(self.settings(), {"WITW_BASE_IMAGE": self.base})

    def remove(self) -> None:
        """Leave nothing of it in the engine."""
        self.write("compose.yaml", COMPOSE)
        self.compose().run("down", "--volumes", "--remove-orphans", "--timeout=1", timeout=120)
        for image in ("app", "postgres"):
            process.run(["docker", "image", "rm", "--force", f"small/{image}:{self.project}"], check=False)
