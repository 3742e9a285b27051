"""The running stack: started, watched until it is ready, filled with demo data."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from typing import Any

import httpx

from dev import host, process, state
from dev.base_image import Say, image_id
from dev.compose import Compose, is_one_shot, is_ready, service_of, state_of
from dev.errors import HostError, ProcessError, StackError
from dev.settings import Settings

READY_TIMEOUT = 300
"""Seconds for every container to become ready; the first import of the cities is the longest of it."""

GRACE = 5.0
"""More seconds for Compose, which does not count the time that it waits for a dependency."""

APP_TIMEOUT = 60.0
"""Seconds for the app to be ready when its containers are."""

RESTARTS = 3
"""A container that has come back so often will not stay by itself."""

DEMO_EMAIL = "alice@example.com"
"""The first of the demo people (app/people/demo.py), who sees the admin too."""

ANONYMOUS = re.compile("[0-9a-f]{64}")

LOG_LINES = 15
SEED_TIMEOUT = 120.0

DATA_IN = "/data"
VERSIONS = f"ls /usr/lib/postgresql; find {DATA_IN} -maxdepth 3 -name PG_VERSION | sort | xargs -r cat"
"""Run in our PostgreSQL image: the major version that it has, then the one that the data is of."""


def check_ports(settings: Settings, containers: list[dict[str, Any]]) -> None:
    """Make sure that our ports are free, or ours already.

    Raises:
        HostError: One is taken; its owner and a free one are named.
    """
    ours = {
        int(binding["HostPort"])
        for container in containers
        for bindings in (container["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or []
    }
    wanted = {
        "WITW_PORT": (settings.bind, settings.port),
        "WITW_INTERNAL_PORT": ("127.0.0.1", settings.internal_port),
    }
    taken = [
        (name, address, port)
        for name, (address, port) in wanted.items()
        if port not in ours and not host.port_is_free(address, port)
    ]
    if taken:
        raise HostError(
            "; ".join(
                f"port {port} of {address} is taken by {host.port_owner(port)}" for _, address, port in taken
            ),
            remedy="end that program, or choose another port: "
            + " ".join(f"{name}={host.free_port(address, port)}" for name, address, port in taken)
            + " ./witw up (or a line in .env)",
        )


def check_data(compose: Compose, config: dict[str, Any]) -> None:
    """Make sure that the data volume was written by the PostgreSQL version that is going to read it.

    Raises:
        StackError: It was another major version; nothing is started and the data is left as it is.
    """
    postgres = config["services"].get("postgres", {})
    names = {
        name: config["volumes"][name]["name"]
        for name in (volume["source"] for volume in postgres.get("volumes", []) if volume["type"] == "volume")
    }
    for volume in names.values():
        if not process.run(["docker", "volume", "inspect", volume], check=False).ok:
            continue
        looking = ["docker", "run", "--rm", "--network=none", "--user=0", "--entrypoint=sh"]
        looking += [f"--volume={volume}:{DATA_IN}:ro", postgres["image"], "-c", VERSIONS]
        has, *written = process.run(looking).stdout.split()
        if written and written[0] != has:
            raise StackError(
                f"the data volume {volume} is of PostgreSQL {written[0]}, this stack runs PostgreSQL {has}",
                remedy=f"with a checkout that runs PostgreSQL {written[0]}, dump the data (`./witw shell "
                "postgres`, pg_dumpall) and load it here afterwards; or begin anew: ./witw down --purge",
            )


def is_current(compose: Compose, config: dict[str, Any], containers: list[dict[str, Any]]) -> bool:
    """Whether every service is up and ready as compose.yaml wants it, of the image that is here now.

    `docker compose up` would run the one-shot services again, so it is not asked when there is nothing to do.
    """
    hashes = dict(line.split() for line in compose.run("config", "--hash", "*").stdout.splitlines())
    for service, facts in config["services"].items():
        mine = [container for container in containers if service_of(container) == service]
        wanted = facts.get("deploy", {}).get("replicas", 1)
        image = image_id(facts["image"])
        if len(mine) != wanted or not all(
            is_ready(container)
            and container["Image"] == image
            and container["Config"]["Labels"]["com.docker.compose.config-hash"] == hashes[service]
            for container in mine
        ):
            return False
    return all(service_of(container) in config["services"] for container in containers)


def start(compose: Compose, say: Say) -> dict[str, float]:
    """`docker compose up --wait`, watched: a container that cannot become ready ends the wait early.

    Returns:
        The one-shot services that ran, and the seconds that each took.

    Raises:
        StackError: Names each container that is not ready, what it does, and its last log lines.
    """
    old = compose.containers()
    before = {container["Id"]: container["State"]["StartedAt"] for container in old}
    through = threading.Event()
    waiting = ["--detach", "--wait", f"--wait-timeout={READY_TIMEOUT}", "--no-build", "--remove-orphans"]

    def up() -> None:
        try:
            compose.run("up", *waiting, timeout=READY_TIMEOUT + GRACE)
        finally:
            through.set()

    def watch() -> None:
        while not through.wait(0.5):
            containers = compose.containers()
            if lost := [container for container in containers if _is_lost(container)]:
                raise _report(lost)
            say(
                ", ".join(
                    f"{_name(container)} {state_of(container)}"
                    for container in containers
                    if not is_ready(container)
                )
            )

    try:
        process.side_by_side(up, watch)
    except ProcessError as error:
        not_ready = [container for container in compose.containers() if not is_ready(container)]
        raise _report(not_ready, said=error.tail(5)) from error
    new = compose.containers()
    if forgotten := sorted(_anonymous_volumes(old) - _anonymous_volumes(new)):
        process.run(["docker", "volume", "rm", *forgotten], check=False)
    ran = [one for one in new if before.get(one["Id"]) != one["State"]["StartedAt"]]
    return {service_of(container): _seconds(container) for container in ran if is_one_shot(container)}


def wait_ready(settings: Settings) -> dict[str, Any]:
    """Wait until the app says through the gateway that it is ready.

    Returns:
        What it says about its dependencies.

    Raises:
        StackError: It does not within the time; its last answer comes with the error.
    """
    url = f"{settings.internal_url}/internal/health/ready"
    deadline = time.monotonic() + APP_TIMEOUT
    while True:
        try:
            # A proxy of this machine has no business between us and our own port.
            answer = httpx.get(url, timeout=10, trust_env=False)
            if answer.status_code == httpx.codes.OK:
                return dict(answer.json())
            said = answer.text
        except (httpx.HTTPError, ValueError) as error:
            said = str(error)
        if time.monotonic() > deadline:
            raise StackError(
                f"{url} is not ready after {APP_TIMEOUT:g} s",
                details=said[-2000:],
                remedy="see `./witw logs app`",
            )
        time.sleep(0.2)


def seed(compose: Compose) -> bool:
    """Bring the demo people and trips, once for each set of data and version of the app.

    Returns:
        Whether there was anything to do.
    """
    facts = {"volumes": _volumes(compose), "image": _app_image(compose)}
    if state.stamp("demo") == facts:
        return False
    try:
        compose.run("exec", "--no-TTY", "app", "python", "manage.py", "seed_demo", timeout=SEED_TIMEOUT)
    except ProcessError as error:
        raise StackError(
            "the app is up, but the demo data could not be brought",
            details=error.tail(),
            remedy="see the lines above; `./witw up --no-demo` leaves it out",
        ) from error
    state.set_stamp("demo", **facts)
    return True


def demo_password(compose: Compose) -> str:
    """The password of the demo people, from the volume where it was generated."""
    return compose.run("exec", "--no-TTY", "app", "cat", "/run/secrets/app/demo_password").stdout.strip()


def _volumes(compose: Compose) -> list[str]:
    label = f"label=com.docker.compose.project={compose.settings.project}"
    names = process.run(["docker", "volume", "ls", "--quiet", "--filter", label]).stdout.split()
    if not names:
        return []
    return process.run(
        ["docker", "volume", "inspect", "--format", "{{.Name}} {{.CreatedAt}}", *names]
    ).stdout.splitlines()


def _app_image(compose: Compose) -> str:
    return next(
        (str(container["Image"]) for container in compose.containers() if service_of(container) == "app"), ""
    )


def _anonymous_volumes(containers: list[dict[str, Any]]) -> set[str]:
    """Volumes that a container has because its image asked for one; its successor does not know them."""
    names = {mount.get("Name", "") for container in containers for mount in container["Mounts"]}
    return {name for name in names if ANONYMOUS.fullmatch(name)}


def _is_lost(container: dict[str, Any]) -> bool:
    failed = (
        is_one_shot(container)
        and container["State"]["Status"] == "exited"
        and container["State"]["ExitCode"] != 0
    )
    return bool(failed or (container["RestartCount"] >= RESTARTS and not is_ready(container)))


def _report(containers: list[dict[str, Any]], said: str = "") -> StackError:
    names = ", ".join(f"{_name(container)} is {state_of(container)}" for container in containers)
    logs = "\n".join(f"--- {_name(container)}\n{_last_words(container)}" for container in containers)
    first = service_of(containers[0]) if containers else ""
    return StackError(
        f"the stack is not ready: {names or 'docker compose gave up'}",
        details="\n".join(part for part in (logs, said) if part),
        remedy=f"see `./witw logs {first}`".rstrip("` ") + "`; once mended, `./witw up` goes on from here",
    )


def _last_words(container: dict[str, Any]) -> str:
    said = process.run(["docker", "logs", f"--tail={LOG_LINES}", container["Id"]], check=False)
    checks = container["State"].get("Health", {}).get("Log") or []
    check = f"\nhealth check: {checks[-1]['Output'].strip()}" if checks and not is_ready(container) else ""
    return (said.stdout + said.stderr).rstrip() + check


def _name(container: dict[str, Any]) -> str:
    return str(container["Name"]).lstrip("/")


def _seconds(container: dict[str, Any]) -> float:
    # Docker's nanoseconds are more than Python reads.
    began, ended = (
        dt.datetime.fromisoformat(container["State"][name].split(".")[0].rstrip("Z"))
        for name in ("StartedAt", "FinishedAt")
    )
    return (ended - began).total_seconds()
