"""What a node does before kubelet, so that a cluster that is started again is soon there."""

from __future__ import annotations

from collections.abc import Iterable

from dev import process
from dev.settings import ROOT

SCRIPT = ROOT / "dev" / "kind" / "before-kubelet"

PLACE = "/usr/local/lib/witw/before-kubelet"
UNIT = "/etc/systemd/system/kubelet.service.d/20-witw.conf"

INSTALL = f"""set -eu
mkdir -p {PLACE.rpartition("/")[0]}
cat >{PLACE}
chmod 755 {PLACE}
# With a dash: a node that cannot do this still starts, only more slowly.
printf '[Service]\\nExecStartPre=-{PLACE}\\n' >{UNIT}
systemctl daemon-reload
"""


def install(containers: Iterable[str]) -> None:
    """Let nodes, by their containers, do it from their next start on."""
    text = SCRIPT.read_text()
    for container in containers:
        process.run(["docker", "exec", "--interactive", container, "sh", "-c", INSTALL], stdin=text)
