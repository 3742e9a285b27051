"""The Debian archive, the way this machine's own apt reaches it.

No mirror is named anywhere in this repository.
"""

from __future__ import annotations

import re
from pathlib import Path

from dev import packages, process
from dev.errors import HostError, ProcessError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

POCKETS = ("", "-updates", "-security")
"""Parts of a Debian release that a machine should follow."""

CARRIED_OVER = re.compile(
    r'^(Acquire::(?:(?:http|https|ftp)::Proxy\S*|Check-Valid-Until|Check-Date)) "(.+)";$'
)
"""apt's settings that decide whether the archive can be reached: proxies, the tolerance of snapshots."""

UPDATE_TIMEOUT, DOWNLOAD_TIMEOUT = 180.0, 600.0


def sources(suite: str) -> list[str]:
    """This machine's Debian sources as one-line entries, with the codename exchanged for `suite`.

    Empty on a machine whose apt knows no Debian archive.
    """
    fields = "$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)"
    targets = process.run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]).stdout
    found: list[str] = []
    for line in targets.splitlines():
        origin, *rest = line.split()
        if origin != "Debian" or len(rest) != 3:
            continue
        codename, component, uri = rest
        _, dash, pocket = codename.partition("-")
        if component != "main" or dash + pocket not in POCKETS:
            continue
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        entry = f"deb {signed}{uri} {suite}{dash}{pocket} main"
        if entry not in found:
            found.append(entry)
    return found


def apt_options() -> list[str]:
    """This machine's apt settings that another apt needs to reach the same archive, as `Name "value"`."""
    dump = process.run(["apt-config", "dump", "Acquire"]).stdout.splitlines()
    return [f'{match[1]} "{match[2]}"' for line in dump if (match := CARRIED_OVER.match(line))]


def download(names: list[str], suite: str, folder: Path) -> list[Path]:
    """Fetch packages of a Debian release, signed and checked by apt, without installing them.

    What an earlier call brought is used again. Lists and cache are kept apart from the machine's own.

    Returns:
        The .deb files.

    Raises:
        HostError: The archive cannot be reached, or does not have them.
    """
    if all(files := [_kept(folder, name) for name in names]):
        return [file for file in files if file is not None]
    entries = sources(suite)
    if not entries:
        packages.update()
        entries = sources(suite)
    private = folder / "apt"
    for part in ("lists/partial", "cache/archives/partial", "parts"):
        (private / part).mkdir(parents=True, exist_ok=True)
    (private / "sources.list").write_text("".join(f"{entry}\n" for entry in entries))
    options = {
        "Dir::Etc::sourcelist": private / "sources.list",
        "Dir::Etc::sourceparts": private / "parts",
        "Dir::Etc::preferencesparts": private / "parts",
        "Dir::State::lists": private / "lists",
        "Dir::Cache": private / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]
    try:
        process.run([*apt, "update", "--error-on=any"], timeout=UPDATE_TIMEOUT, env=packages.QUIET)
        process.run([*apt, "download", *names], timeout=DOWNLOAD_TIMEOUT, env=packages.QUIET, cwd=folder)
    except ProcessError as error:
        raise HostError(
            f"the packages {', '.join(names)} of Debian {suite} could not be fetched",
            details=error.tail(),
            remedy="`apt-get update` must work on this machine, and its package debian-archive-keyring must "
            "be up to date; or install Docker yourself; then run the same command again",
        ) from error
    return [file for name in names if (file := _kept(folder, name)) is not None]


def _kept(folder: Path, name: str) -> Path | None:
    # apt writes a download under another name until it is whole.
    return next(folder.glob(f"{name}_*.deb"), None)
