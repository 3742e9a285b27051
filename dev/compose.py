"""Docker Compose, given our settings as its environment."""

from __future__ import annotations

import json
import sys
from typing import Any

from dev import parked, process
from dev.errors import ProcessError, StackError
from dev.settings import ROOT, Settings

FILE = ROOT / "compose.yaml"

CONFIG_TIMEOUT, DOWN_TIMEOUT = 60.0, 180.0


class Compose:
    """The stack of one set of settings."""

    def __init__(self, settings: Settings, extra: dict[str, str] | None = None) -> None:
        self.settings = settings
        self.env: dict[str, str | None] = {**settings.environment(), **(extra or {}), "COMPOSE_MENU": "0"}

    def command(self, *arguments: str) -> list[str]:
        """A whole `docker compose` command line."""
        folder = [
            "--project-directory",
            str(ROOT),
            "--file",
            str(FILE),
            "--project-name",
            self.settings.project,
        ]
        return ["docker", "compose", *folder, *arguments]

    def run(
        self, *arguments: str, timeout: float | None = 60, check: bool = True, on_line: Any = None
    ) -> process.Result:
        """Run one `docker compose` command and capture what it says."""
        return process.run(
            self.command(*arguments), timeout=timeout, env=self.env, cwd=ROOT, check=check, on_line=on_line
        )

    def hand_over(self, *arguments: str) -> int:
        """Give the terminal to one `docker compose` command."""
        return process.hand_over(self.command(*arguments), env=self.env, cwd=ROOT)

    def exec_in_terminal(self, service: str, *program: str) -> int:
        """Run a program in a container of a service, with the terminal if there is one."""
        terminal = [] if sys.stdin.isatty() else ["--no-TTY"]
        return self.hand_over("exec", *terminal, service, *program)

    def is_running(self, service: str) -> bool:
        """Whether a container of a service runs."""
        return any(
            service_of(container) == service
            and container["State"]["Running"]
            and not container["State"].get("Paused")
            for container in self.containers()
        )

    def require_services(self, names: list[str]) -> None:
        """Make sure that compose.yaml has these services.

        Raises:
            StackError: It does not; those that it has are listed.
        """
        known = sorted(self.config()["services"])
        if unknown := [name for name in names if name not in known]:
            raise StackError(
                f"no such service: {', '.join(unknown)}", remedy=f"choose from {', '.join(known)}"
            )

    def config(self) -> dict[str, Any]:
        """compose.yaml with everything filled in.

        Raises:
            StackError: It cannot be read.
        """
        try:
            loaded = json.loads(self.run("config", "--format", "json", timeout=CONFIG_TIMEOUT).stdout)
        except ProcessError as error:
            raise StackError(
                "compose.yaml cannot be read", details=error.tail(), remedy="mend what the line above names"
            ) from error
        return dict(loaded)

    def containers(self) -> list[dict[str, Any]]:
        """The containers of the stack, stopped ones too, as `docker inspect` describes them."""
        label = f"label=com.docker.compose.project={self.settings.project}"
        ids = process.run(
            ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", label]
        ).stdout.split()
        if not ids:
            return []
        # One that goes between the two calls is not there for the second.
        found = process.run(["docker", "inspect", *ids], check=False).stdout
        return sorted(json.loads(found or "[]"), key=lambda container: str(container["Name"]))

    def down(self, *options: str) -> None:
        """Take the containers and networks away, of profiles too; `--volumes` takes the data as well."""
        # What is frozen could not end by itself.
        if frozen := [one["Id"] for one in self.containers() if one["State"].get("Paused")]:
            process.run(["docker", "unpause", *frozen])
        parked.forget(f"compose {self.settings.project}")
        self.run("--profile=*", "down", "--remove-orphans", *options, timeout=DOWN_TIMEOUT)


def service_of(container: dict[str, Any]) -> str:
    """The service that a container belongs to."""
    return str(container["Config"]["Labels"].get("com.docker.compose.service", ""))


def state_of(container: dict[str, Any]) -> str:
    """What a container is doing: its health where it has a check, its exit code when it has ended."""
    now = container["State"]
    if now["Status"] == "exited":
        return f"exited ({now['ExitCode']})"
    health = now.get("Health", {}).get("Status")
    return str(health if health and now["Status"] == "running" else now["Status"])


def is_one_shot(container: dict[str, Any]) -> bool:
    """Whether a container is meant to end."""
    return container["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")


def is_ready(container: dict[str, Any]) -> bool:
    """Whether a container does its work, or has done it."""
    return state_of(container) in ("running", "healthy") or (
        is_one_shot(container) and state_of(container) == "exited (0)"
    )
