"""Containers that were stopped, started again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dev import host, process
from dev.errors import HostError, ProcessError

TIMEOUT = 120.0


def start(ids: Sequence[str], *, remedy: str) -> None:
    """Start containers that are stopped; their ports on this machine are those that they were made with.

    Args:
        ids: Their ids or names.
        remedy: What else can be done where somebody else has such a port by now.

    Raises:
        HostError: Somebody has.
    """
    try:
        process.run(["docker", "start", *ids], timeout=TIMEOUT)
    except ProcessError as error:
        # Docker says so in other words with every version.
        if not (taken := _taken(ids)):
            raise
        owners = ", ".join(
            f"port {port} of {name} by {host.port_owner(port)}" for name, port in sorted(taken.items())
        )
        raise HostError(
            f"what was stopped cannot be started again, its ports are taken: {owners}",
            details=error.tail(5),
            remedy=f"end what has it, then run the same command again; or {remedy}",
        ) from error


def _taken(ids: Sequence[str]) -> dict[str, int]:
    """The containers that do not run, each with a port of this machine that it cannot have."""
    found = json.loads(process.run(["docker", "container", "inspect", *ids]).stdout)
    return {
        item["Name"].lstrip("/"): int(binding["HostPort"])
        for item in found
        if not item["State"]["Running"]
        for bindings in (item["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings or []
        if not host.port_is_free(binding.get("HostIp") or "0.0.0.0", int(binding["HostPort"] or 0))  # noqa: S104
    }
