"""Debian packages on this machine: installed where needed, remembered, and taken away again on a purge.

Standard library only: the launcher uses it before `.venv` exists.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from dev import process
from dev.errors import HostError, ProcessError

LEDGER = Path("/var/lib/witw/packages")
"""Names of the packages that were not here before we installed them."""

QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "a", "LC_ALL": "C.UTF-8"}
LOCK_WAIT = 120
"""Seconds to wait for another apt or dpkg on this machine."""

APT = ["apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}"]

UPDATE_TIMEOUT, INSTALL_TIMEOUT = 180.0, 600.0


def distribution() -> tuple[str, str]:
    """Id and codename of the Linux distribution, e.g. `("debian", "bookworm")`; empty elsewhere."""
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return "", ""
    return facts.get("ID", ""), facts.get("VERSION_CODENAME", "")


def can_install() -> bool:
    """Whether we may install packages: root on Debian or Ubuntu."""
    return os.geteuid() == 0 and has_apt()


def has_apt() -> bool:
    """Whether this machine's packages are apt's."""
    return distribution()[0] in ("debian", "ubuntu") and shutil.which("apt-get") is not None


def installed() -> set[str]:
    """Names of the packages that are on this machine, whole."""
    return {name for status, _, name in _query() if status.startswith("ii")}


def missing(names: Iterable[str]) -> list[str]:
    """Those of the packages that are not on this machine."""
    return sorted(set(names) - installed())


def install(*names: str) -> list[str]:
    """Install what is missing and remember what came with it.

    A dpkg run that was interrupted before is brought to its end first.

    Returns:
        The packages that were missing.

    Raises:
        HostError: apt could not do it.
    """
    wanted = missing(names)
    if not wanted:
        return []
    # The lists may be older than the archive, and then name versions that are gone.
    update()
    command = ["install", "--no-install-recommends", *wanted]
    try:
        if process.run(["dpkg", "--audit"], env=QUIET).stdout.strip():
            process.run(["dpkg", "--configure", "-a", "--force-confdef"], timeout=INSTALL_TIMEOUT, env=QUIET)
        plan = process.run([*APT, "--simulate", *command], timeout=UPDATE_TIMEOUT, env=QUIET).stdout
        # Before it is done, as it may be interrupted. An update would have the old version in brackets next.
        _remember(re.findall(r"^Inst (\S+) \(", plan, re.MULTILINE))
        process.run([*APT, *command], timeout=INSTALL_TIMEOUT, env=QUIET)
    except ProcessError as error:
        raise HostError(
            f"apt could not install {', '.join(wanted)}",
            details=error.tail(),
            remedy="install them by hand, or mend what the lines above say; then run the same command again",
        ) from error
    return wanted


def update() -> None:
    """Bring apt's lists up to date.

    Raises:
        HostError: No source could be reached.
    """
    try:
        process.run([*APT, "update"], timeout=UPDATE_TIMEOUT, env=QUIET)
    except ProcessError as error:
        raise HostError(
            "apt could not read its sources",
            details=error.tail(),
            remedy="`apt-get update` must work on this machine (network, sources, proxy); "
            "then run the same command again",
        ) from error


def ours() -> list[str]:
    """Packages that are here because we installed them."""
    try:
        known = set(LEDGER.read_text().split())
    except OSError:
        return []
    # One that was interrupted may be here in part. Nothing that Debian cannot do without is ever ours.
    absent = ("n", "c")
    here = {name for status, essential, name in _query() if status[1:2] not in absent and essential != "yes"}
    return sorted(known & here)


def remove_ours() -> list[str]:
    """Take away the packages that we brought, unless something that is not ours has come to need them.

    Returns:
        The names of those that were taken away.
    """
    names = ours()
    gone: list[str] = []
    if names:
        planned = process.run([*APT, "--simulate", "purge", *names], env=QUIET, timeout=UPDATE_TIMEOUT).stdout
        doomed = {line.split()[1] for line in planned.splitlines() if line.startswith(("Remv ", "Purg "))}
        if doomed <= set(names):
            process.run([*APT, "purge", *names], env=QUIET, timeout=INSTALL_TIMEOUT)
            gone = names
    LEDGER.unlink(missing_ok=True)
    return gone


def _query() -> list[list[str]]:
    """Status, whether it is essential, and name of every package that dpkg knows."""
    form = "${db:Status-Abbrev}|${Essential}|${Package}\n"
    known = process.run(["dpkg-query", "--show", f"--showformat={form}"], env=QUIET).stdout
    return [line.split("|") for line in known.splitlines()]


def _remember(names: Iterable[str]) -> None:
    new = set(names)
    if new:
        LEDGER.parent.mkdir(parents=True, exist_ok=True)
        with LEDGER.open("a") as file:
            file.write("".join(f"{name}\n" for name in sorted(new)))
