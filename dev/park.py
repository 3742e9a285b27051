"""Stacks that sleep: frozen (no CPU, the memory stays) or stopped, and awake again with all their data.

A stack is asleep when its containers are; the note of `dev/parked.py` only says since when.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from dev import cluster, containers, parked, process
from dev.base_image import Say
from dev.compose import Compose, is_one_shot
from dev.errors import ClusterError, StackError
from dev.settings import Settings

STOP_TIMEOUT = 180.0
"""Seconds; the app is given 40 to end its requests, PostgreSQL 60 for its checkpoint."""

ANSWER_TIMEOUT = 180.0
"""Seconds until the app answers again."""

PAUSE = 0.05
"""Seconds between two questions whether it does."""

PATH = "/login"


@dataclass(frozen=True)
class Container:
    """One container of a stack that is meant to run: a service, or the node of a cluster."""

    id: str
    name: str
    running: bool
    frozen: bool

    @property
    def awake(self) -> bool:
        """Whether it does its work."""
        return self.running and not self.frozen


@dataclass(frozen=True)
class Stack:
    """A stack that can sleep.

    Args:
        kind: Where the app runs.
        name: The Compose project, or the cluster.
        settings: Of this run.
        port: Of this machine, where people reach the app.
    """

    kind: Literal["compose", "cluster"]
    name: str
    settings: Settings
    port: int

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return f"{self.kind} {self.name}"

    @property
    def url(self) -> str:
        """A page that the app itself makes, through the public gateway."""
        return self.settings.model_copy(update={"port": self.port}).url + PATH

    def is_asleep(self) -> bool:
        """Whether any of its containers sleeps."""
        return any(not one.awake for one in self.containers())

    def containers(self) -> list[Container]:
        """Those that are meant to run; what runs to its end and is gone is none of them."""
        label = "com.docker.compose.project" if self.kind == "compose" else cluster.NODE_LABEL
        filtered = f"--filter=label={label}={self.name}"
        ids = process.run(["docker", "ps", "--all", "--quiet", "--no-trunc", filtered]).stdout.split()
        found = json.loads(process.run(["docker", "container", "inspect", *ids]).stdout) if ids else []
        return [_container(facts) for facts in found if self.kind == "cluster" or not is_one_shot(facts)]


def _container(facts: dict[str, Any]) -> Container:
    now = facts["State"]
    return Container(facts["Id"], facts["Name"].lstrip("/"), now["Running"], now.get("Paused", False))


def all_of_them(settings: Settings) -> list[Stack]:
    """The stacks of this checkout, asleep or awake: the project's containers and every cluster."""
    found = [compose(settings), *(_cluster(name, settings) for name in cluster.names())]
    return [one for one in found if one and one.containers()]


def choose(settings: Settings, name: str | None = None, *, only_compose: bool = False) -> list[Stack]:
    """The stacks that are meant.

    Args:
        settings: Of this run.
        name: A cluster; without it all that is up.
        only_compose: The project's containers and no cluster.

    Raises:
        ClusterError: There is no such cluster.
        StackError: Nothing is up.
    """
    if name is not None:
        cluster.find(name, settings)
        chosen = _cluster(name, settings)
        found = [chosen] if chosen and chosen.containers() else []
    elif only_compose:
        found = [one for one in [compose(settings)] if one.containers()]
    else:
        found = all_of_them(settings)
    if not found:
        raise StackError("nothing is up here", remedy="./witw up, or ./witw up --kind")
    return found


def compose(settings: Settings) -> Stack:
    """The project's containers, whether they are there or not."""
    return Stack("compose", settings.project, settings, settings.port)


def _cluster(name: str, settings: Settings) -> Stack | None:
    facts = cluster.recorded(name)
    return Stack("cluster", name, settings, int(facts["ports"]["public"])) if facts.get("ready") else None


def park(stack: Stack, *, deep: bool = False) -> bool:
    """Put a stack to sleep; one that is frozen can be stopped as well. Returns whether anything was done.

    Args:
        stack: Which.
        deep: Stop its containers, which frees their memory, in place of freezing them.
    """
    there = stack.containers()
    todo = [one for one in there if one.running and (deep or not one.frozen)]
    if not todo:
        return False
    # Written first: whatever ends this, `resume` mends it, and `status` says so.
    parked.write(stack.title, deep=deep)
    if not deep:
        process.run(["docker", "pause", *(one.id for one in todo)])
        return True
    thaw(there)
    if stack.kind == "compose":
        # In the order of their needs: the database last.
        Compose(stack.settings).run("stop", timeout=STOP_TIMEOUT)
    else:
        process.run(["docker", "stop", *(one.id for one in todo)], timeout=STOP_TIMEOUT)
    return True


def thaw(containers: list[Container]) -> list[str]:
    """Let frozen containers go on. Returns their names."""
    frozen = [one for one in containers if one.frozen]
    if frozen:
        process.run(["docker", "unpause", *(one.id for one in frozen)])
    return [one.name for one in frozen]


def wake(stack: Stack) -> bool:
    """Let the containers of a stack run again, without waiting for the app. Returns whether any slept.

    All are started at once: what needs another tries again until it is there.
    """
    there = stack.containers()
    stopped = [one.id for one in there if not one.running]
    thawed = thaw(there)
    if stopped:
        containers.start(stopped, remedy="./witw down and up again, which may choose another port")
    parked.forget(stack.title)
    return bool(stopped or thawed)


def resume(stack: Stack, say: Say = lambda _: None) -> float | None:
    """Wake a stack, and wait until the app answers through the gateway.

    Returns:
        The seconds from the first look to the first 200; None when it was awake.

    Raises:
        WitwError: It does not answer within the time.
    """
    began = time.monotonic()
    if not wake(stack):
        return None
    say(f"waiting for {stack.url}")
    wait_for_answer(stack, ask)
    return time.monotonic() - began


def wait_for_answer(stack: Stack, ask: Callable[[str], str]) -> None:
    """Wait until a page of the app is there.

    Raises:
        WitwError: It is not within the time; the last answer is named.
    """
    deadline = time.monotonic() + ANSWER_TIMEOUT
    while said := ask(stack.url):
        if time.monotonic() > deadline:
            kind = ClusterError if stack.kind == "cluster" else StackError
            raise kind(
                f"the {stack.title} runs again, but {stack.url} does not answer after "
                f"{ANSWER_TIMEOUT:.0f} s: {said}",
                remedy="./witw status says what is not ready; ./witw vacation --cancel ends a vacation",
            )
        time.sleep(PAUSE)


def ask(url: str) -> str:
    """Why an address does not answer with 200; nothing when it does."""
    try:
        answer = _client().get(url)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return "" if answer.status_code == httpx.codes.OK else str(answer.status_code)


@functools.cache
def _client() -> httpx.Client:
    """One for all questions: to make one reads many certificates, while the stack needs the processors.

    A proxy of this machine has no business between us and our own port, and a connection that was kept may
    lead to what is gone. What has not answered after two seconds may never do: it was asked too early.
    """
    return httpx.Client(timeout=2, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
