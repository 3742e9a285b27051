"""What a node does at its start, so that a cluster that is started again is soon there."""

from __future__ import annotations

from collections.abc import Iterable

from dev import process
from dev.settings import ROOT

FOLDER = ROOT / "dev" / "kind"

FILES = {
    "before-kubelet": "/usr/local/lib/witw/before-kubelet",
    "kubelet.conf": "/etc/systemd/system/kubelet.service.d/20-witw.conf",
    "system.slice.conf": "/etc/systemd/system/system.slice.d/20-witw.conf",
}
"""What is here, and where in the node it goes."""

WRITE = 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"'


def install(containers: Iterable[str]) -> None:
    """Let nodes, by their containers, do it from their next start on."""
    for container in containers:
        for name, place in FILES.items():
            file = FOLDER / name
            mode = "755" if file.stat().st_mode & 0o100 else "644"
            command = ["docker", "exec", "--interactive", container, "sh", "-c", WRITE, "sh", place, mode]
            process.run(command, stdin=file.read_text())
        process.run(["docker", "exec", container, "systemctl", "daemon-reload"])
