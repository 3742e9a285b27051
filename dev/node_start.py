"""What a node does at its start, so that a cluster that is started again is soon there."""

from __future__ import annotations

from collections.abc import Iterable

from dev import process
from dev.settings import ROOT

FOLDER = ROOT / "dev" / "kind"

FILES = {
    "before-kubelet": ("/usr/local/lib/witw/before-kubelet", "755"),
    "kubelet.conf": ("/etc/systemd/system/kubelet.service.d/20-witw.conf", "644"),
}
"""What is here, where in the node it goes, and its mode there."""

WRITE = 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"'


def install(containers: Iterable[str]) -> None:
    """Let nodes, by their containers, do it from their next start on."""
    for container in containers:
        for name, (place, mode) in FILES.items():
            command = ["docker", "exec", "--interactive", container, "sh", "-c", WRITE, "sh", place, mode]
            process.run(command, stdin=(FOLDER / name).read_text())
        process.run(["docker", "exec", container, "systemctl", "daemon-reload"])
