"""Memory of containers and of gunicorn's workers, and sizes of images."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterable

from dev import process
from dev.compose import Compose, service_of

MEBIBYTE = 1024**2
UNITS = {"B": 1, "KiB": 1024, "MiB": MEBIBYTE, "GiB": 1024**3}

WORKERS = """
import json, os, pathlib
def read(pid, name): return pathlib.Path(f"/proc/{pid}/{name}").read_text()
parents = {}
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        if "gunicorn" in read(folder.name, "cmdline") and int(folder.name) != os.getpid():
            parents[folder.name] = read(folder.name, "stat").rsplit(")", 1)[1].split()[1]
    except OSError:
        pass
# init and gunicorn's master are parents; what is left are workers
sizes = []
for worker in sorted(parents.keys() - set(parents.values()), key=int):
    lines = dict(line.split(":", 1) for line in read(worker, "smaps_rollup").splitlines()[1:])
    sizes.append(1024 * int(lines["Pss"].split()[0]))
print(json.dumps(sizes))
"""
"""Run inside a container of the app: the proportional set size of each worker, in bytes."""


def of_containers(compose: Compose) -> dict[str, int]:
    """Bytes that each running container holds, by name, without the file cache that could go at any time."""
    running = [str(one["Name"]).lstrip("/") for one in compose.containers() if one["State"]["Running"]]
    said = process.run(
        ["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *running]
    ).stdout
    return {name: parse_size(used) for name, used, *_ in (line.split() for line in said.splitlines())}


def of_idle(names: Iterable[str], seconds: float) -> tuple[float, float]:
    """Bytes and cores that containers take together: the middle and the mean of all looks within a time."""
    command = ["docker", "stats", "--no-stream", "--format", "{{.CPUPerc}} {{.MemUsage}}", *names]
    held: list[int] = []
    busy: list[float] = []
    deadline = time.monotonic() + seconds
    while not held or time.monotonic() < deadline:
        # Each look takes about two seconds: docker counts the processor's time meanwhile.
        rows = [line.split() for line in process.run(command).stdout.splitlines()]
        held.append(sum(parse_size(row[1]) for row in rows))
        busy.append(sum(float(row[0].rstrip("%")) for row in rows) / 100)
    return statistics.median(held), statistics.mean(busy)


def of_workers(compose: Compose) -> dict[str, list[int]]:
    """The proportional set size of gunicorn's workers in bytes, by container."""
    found = {}
    for container in compose.containers():
        if service_of(container) == "app" and container["State"]["Running"]:
            said = process.run(["docker", "exec", str(container["Id"]), "python", "-c", WORKERS])
            found[str(container["Name"]).lstrip("/")] = json.loads(said.stdout)
    return found


def of_images(compose: Compose) -> dict[str, int]:
    """Bytes of the images that the running stack uses, unpacked; each counts all of its layers."""
    names = {str(one["Config"]["Image"]): str(one["Image"]) for one in compose.containers()}
    sizes = process.run(["docker", "image", "inspect", "--format", "{{.Size}}", *names.values()]).stdout
    return dict(zip(names, map(int, sizes.split()), strict=True))


def parse_size(text: str) -> int:
    """What `docker stats` writes, such as 61.5MiB, in bytes."""
    match = re.fullmatch(r"([0-9.]+)([KMG]?i?B)", text)
    if match is None:
        raise ValueError(f"{text!r} is not a size as docker stats writes it")
    return int(float(match[1]) * UNITS[match[2]])
