"""A whole stack of its own for the tests, and the people in it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from dev import host, settings, state
from dev.settings import ROOT
from tests import people_kit
from tests.people_kit import Person

UP_SECONDS = 1800


@dataclass(frozen=True)
class Stack:
    """One Compose project: where it is and how to reach into it. `stamp` is where its ports are kept."""

    stamp: str
    project: str
    port: int
    internal_port: int
    browsers: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, compare=False)

    @classmethod
    def choose(cls, name: str = "test") -> "Stack":
        """The stack of this name that an earlier run kept, or free ports for a new one."""
        stamp, project = f"{name}-stack", f"{settings.load().project}-{name}"
        known = state.stamp(stamp)
        if known.get("project") == project:
            return cls(stamp, project, known["port"], known["internal_port"])
        port = host.free_port("127.0.0.1", 18079)
        chosen = cls(stamp, project, port, host.free_port("127.0.0.1", port))
        state.set_stamp(stamp, project=project, port=port, internal_port=chosen.internal_port)
        return chosen

    @classmethod
    @contextlib.contextmanager
    def running(cls, name: str = "test", *, keep: bool) -> Iterator["Stack"]:
        """The stack of this name, up with cities and demo data; its data goes at the end, unless kept."""
        chosen = cls.choose(name)
        try:
            chosen.up()
            with chosen.browsers:
                yield chosen
        finally:
            if not keep:
                chosen.down()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def internal_url(self) -> str:
        return f"http://localhost:{self.internal_port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "WITW_PROJECT": self.project,
            "WITW_PORT": str(self.port),
            "WITW_INTERNAL_PORT": str(self.internal_port),
        }

    def up(self) -> None:
        """Bring it up as a person would; what that prints is shown when a test fails."""
        subprocess.run(
            [sys.executable, "-m", "dev", "up"],
            cwd=ROOT,
            env=self.environment,
            check=True,
            timeout=UP_SECONDS,
        )

    def down(self) -> None:
        """Take the containers, the networks and the data away; images and engine stay."""
        self.compose("down", "--volumes", "--remove-orphans")
        state.forget(self.stamp)

    def compose(
        self, *arguments: str, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` on this stack."""
        command = ["docker", "compose", "--project-directory", str(ROOT), *arguments]
        result = subprocess.run(
            command,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr}")
        return result

    def manage(self, *arguments: str) -> str:
        """Run manage.py in a container of the app."""
        return self.compose("exec", "--no-TTY", "app", "python", "manage.py", *arguments).stdout

    def browser(self) -> httpx.Client:
        """Somebody who is not logged in, at the public gateway."""
        return self.browsers.enter_context(httpx.Client(base_url=self.url, timeout=30, trust_env=False))

    def operator(self) -> httpx.Client:
        """Somebody at the internal gateway."""
        return self.browsers.enter_context(
            httpx.Client(base_url=self.internal_url, timeout=30, trust_env=False)
        )

    def people(self, **homes: int | None) -> list[Person]:
        """A new team of people, each with a home city (or None), logged in already."""
        return [
            self.browsers.enter_context(person) for person in people_kit.make(self.manage, self.url, homes)
        ]
