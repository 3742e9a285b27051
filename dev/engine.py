"""The Docker engine: found, started where it has died, installed where there is none and we may.

A working engine, wherever the client's context or DOCKER_HOST points, is used as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from dev import engine_setup, process
from dev.errors import EngineError, ProcessError
from dev.settings import Settings

USUAL_PLACE = "unix:///var/run/docker.sock"

OLDEST_API = (1, 44)
"""Docker 25, the first whose health checks know `start_interval`; its BuildKit can do all that we build."""

OLDEST_COMPOSE = (2, 20)
"""The first whose `up --wait` takes finished one-shot services for ready."""

ANSWER_TIMEOUT = 60.0
"""Seconds for an engine to say its version."""

START_TIMEOUT = 60.0
"""Seconds for an engine that was started to answer; 3 are usual."""

PID_FILE = Path("/var/run/docker.pid")
PID_FILES = {PID_FILE: "dockerd", Path("/var/run/docker/containerd/containerd.pid"): "containerd"}
"""The engine's pid files, and the program that each one names."""


@dataclass(frozen=True)
class Engine:
    """An engine that answers."""

    version: str
    api: tuple[int, ...]
    endpoint: str

    @property
    def ours(self) -> bool:
        """Whether we installed it on this machine."""
        return self.endpoint == USUAL_PLACE and engine_setup.is_ours()


def find() -> Engine | None:
    """The engine that the docker client reaches, or None when none answers.

    Raises:
        EngineError: There is one, but not for us: no permission, or a context that leads nowhere.
    """
    if shutil.which("docker") is None:
        return None
    where = endpoint()
    try:
        answer = process.run(
            ["docker", "version", "--format", "{{json .Server}}"], timeout=ANSWER_TIMEOUT, check=False
        )
    except ProcessError as error:
        raise EngineError(
            f"the engine at {where} does not answer within {error.timeout:g} s",
            remedy="restart it, or choose another (`docker context ls`)",
        ) from error
    if answer.ok and (server := json.loads(answer.stdout or "null")):
        return Engine(server["Version"], version(server["ApiVersion"]), where)
    if "permission denied" in answer.stderr.lower():
        raise EngineError(
            f"an engine runs at {where}, but this user may not use it",
            remedy='sudo usermod -aG docker "$USER", log in again, and run the same command again',
        )
    if where != USUAL_PLACE:
        source = "DOCKER_HOST" if os.environ.get("DOCKER_HOST") else "the docker client's context"
        raise EngineError(
            f"{source} names an engine at {where}, and it does not answer",
            details=answer.stderr.strip(),
            remedy="start that engine, or go back to this machine's own: "
            "unset DOCKER_HOST; docker context use default",
        )
    return None


def endpoint() -> str:
    """Where the docker client looks for its engine: DOCKER_HOST, or else the context in use."""
    with contextlib.suppress(ProcessError):
        return process.run(
            ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
        ).stdout.strip()
    return os.environ.get("DOCKER_HOST") or USUAL_PLACE


def version(text: str) -> tuple[int, ...]:
    """The numbers of a version: `v2.26.1-4` is (2, 26, 1)."""
    numbers = text.lstrip("v").split("-")[0].split("+")[0].split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def lacks(engine: Engine) -> EngineError | None:
    """What a working engine is too old for, if anything."""
    if engine.api < OLDEST_API:
        return EngineError(
            f"the engine at {engine.endpoint} is Docker {engine.version}, too old for compose.yaml",
            remedy="update it to Docker 25 or newer, or choose another engine (`docker context use ...`)",
        )
    return None


def plugin(name: str) -> tuple[int, ...] | None:
    """The version of a plugin of the docker client, such as compose; None when it is missing."""
    answer = process.run(["docker", name, "version"], timeout=ANSWER_TIMEOUT, check=False)
    words = [word for word in answer.stdout.split() if word.lstrip("v")[:1].isdigit()]
    return version(words[0]) if answer.ok and words else None


def missing_plugins() -> list[str]:
    """The plugins that we need and that are missing or too old."""
    compose = plugin("compose")
    missing = [] if compose is not None and compose >= OLDEST_COMPOSE else ["compose"]
    return missing + ([] if plugin("buildx") is not None else ["buildx"])


def packages_needed() -> list[str]:
    """Debian packages that `ensure` will want; known ahead so that all can be installed in one go."""
    if find() is not None or _daemon() is not None or not engine_setup.possible():
        return []
    return engine_setup.packages_needed()


def ensure(settings: Settings) -> tuple[Engine, str]:
    """See to it that an engine answers and the client has its plugins.

    Returns:
        The engine and what was done, empty when nothing was.

    Raises:
        EngineError: There is none, and we may not or cannot install one.
    """
    done: list[str] = []
    engine = find()
    if engine is None and sys.platform == "linux" and os.geteuid() == 0:
        if _daemon() is None and engine_setup.possible():
            engine_setup.install(settings.cache_dir)
            done.append("installed")
        if (daemon := _daemon()) is not None:
            start(daemon)
            done.append("started")
        engine = find()
    if engine is None:
        raise EngineError("no Docker engine answers on this machine", remedy=how_to_get_one())
    if (problem := lacks(engine)) is not None:
        raise problem
    if lacking := missing_plugins():
        if not engine_setup.possible():
            raise EngineError(
                f"the docker client has no usable plugin: {', '.join(lacking)}",
                remedy="install Docker Compose 2.20 or newer and Buildx "
                "(docker-compose-plugin and docker-buildx-plugin in Docker's own repository)",
            )
        engine_setup.install_plugins(settings.cache_dir)
        done.append(f"added {', '.join(lacking)}")
    return engine, " and ".join(done)


def can_get_one() -> bool:
    """Whether `ensure` can start or install an engine here."""
    return (
        sys.platform == "linux" and os.geteuid() == 0 and (_daemon() is not None or engine_setup.possible())
    )


def is_local() -> bool:
    """Whether the client's engine is this machine's."""
    return shutil.which("docker") is None or endpoint() == USUAL_PLACE


def facts() -> dict[str, Any]:
    """What the engine says of itself (`docker info`); nothing when it does not answer."""
    try:
        answer = process.run(
            ["docker", "info", "--format", "{{json .}}"], timeout=ANSWER_TIMEOUT, check=False
        )
    except ProcessError:
        return {}
    told = json.loads(answer.stdout) if answer.ok and answer.stdout.strip() else None
    return told if isinstance(told, dict) else {}


def is_rootless(facts: dict[str, Any]) -> bool:
    """Whether an engine runs in a user namespace, without the rights of root."""
    return any("name=rootless" in option.split(",") for option in facts.get("SecurityOptions") or [])


def start(daemon: Path) -> None:
    """Start an installed engine so that it outlives this command, and wait until it answers.

    Raises:
        EngineError: It ended at once or does not answer; its last log lines come with the error.
    """
    log = engine_setup.LOG
    begin = log.stat().st_size if log.exists() else 0
    if engine_setup.systemd_runs():
        unit = engine_setup.unit(daemon)
        if not process.run(["systemctl", "start", unit], timeout=START_TIMEOUT, check=False).ok:
            said = process.run(["journalctl", "-n", "20", "--no-pager", "-u", unit], check=False).stdout
            raise EngineError("the engine does not start", details=said, remedy=f"see `journalctl -u {unit}`")
        child = None
    else:
        _forget_stale_pids()
        child = process.start_daemon([str(daemon)], log=log, env=engine_setup.environment())
    deadline = time.monotonic() + START_TIMEOUT
    while find() is None:
        ended = child is not None and child.poll() is not None
        if ended or time.monotonic() > deadline:
            why = "ended at once" if ended else f"does not answer after {START_TIMEOUT:g} s"
            raise EngineError(
                f"the engine was started but {why}", details=_last_lines(log, begin), remedy=f"see {log}"
            )
        time.sleep(0.1)


def stop() -> None:
    """Stop the engine that we started, and wait until it is gone."""
    daemon = _daemon()
    if daemon is not None and engine_setup.systemd_runs():
        process.run(["systemctl", "stop", engine_setup.unit(daemon)], timeout=START_TIMEOUT, check=False)
        return
    if (pid := _pid(PID_FILE)) is None:
        return
    os.kill(pid, 15)
    deadline = time.monotonic() + START_TIMEOUT
    while _pid(PID_FILE) == pid and time.monotonic() < deadline:
        time.sleep(0.1)


def _daemon() -> Path | None:
    """The engine's program: ours before the machine's."""
    path = os.pathsep.join([engine_setup.environment()["PATH"] or "", "/usr/sbin", "/usr/bin"])
    found = shutil.which("dockerd", path=path)
    return Path(found) if found else None


def _pid(file: Path) -> int | None:
    """The process that a pid file names, if it is alive and the program that it should be."""
    try:
        pid = int(file.read_text())
        found = psutil.Process(pid)
        # In a container without an init nobody buries the dead.
        alive = found.name() == PID_FILES[file] and found.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if alive else None


def _forget_stale_pids() -> None:
    # An engine that was killed leaves its pids behind. Where another process has got such a number, or the
    # dead one was not buried, dockerd believes that the program still runs.
    for file in PID_FILES:
        if _pid(file) is None:
            file.unlink(missing_ok=True)


def _last_lines(log: Path, begin: int) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(begin)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-20:])
    return ""


def how_to_get_one() -> str:
    """What to do on a machine where we cannot install an engine."""
    if sys.platform != "linux":
        return "install and start Docker Desktop, OrbStack or Colima, then run the same command again"
    if engine_setup.supported():
        return (
            "run it as root, which installs one (sudo ./witw up), or install and start Docker Engine yourself"
        )
    return "install Docker Engine 25 or newer with Compose and Buildx, start it, and run this again"
