"""An engine for a machine that has none: installing it and taking it away again.

A Debian older than the catalogue's release gets that release's engine, in a folder of its own and with the
machine's own runc (the newer one wants a newer C library). Its own, older engine would refuse privileged
containers where the capability set is reduced. Debian from that release on and Ubuntu get their own packages.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path

from dev import archive, catalogue, packages, process, state

PLACE = Path("/opt/witw/engine")
RECORD = Path("/var/lib/witw/engine.json")
"""Says that the engine of this machine is ours, and what came with it."""

LOG = Path("/var/log/witw-engine.log")
CLIENT_DATA = Path.home() / ".docker" / "buildx"
DATA = (
    Path("/var/lib/docker"),
    Path("/var/lib/containerd"),
    Path("/opt/containerd"),
    Path("/etc/docker"),
    CLIENT_DATA,
)
RUNTIME = Path("/var/run/docker"), Path("/var/run/docker.sock"), Path("/var/run/docker.pid")
BRIDGE = "docker0"
CLIENT = Path("/usr/local/bin/docker")
PLUGINS = Path("/usr/local/lib/docker/cli-plugins")
UNIT = Path("/etc/systemd/system/witw-engine.service")

AROUND = ["ca-certificates", "debian-archive-keyring", "iptables", "runc", "tini"]
"""What that engine needs from the machine's own release."""

OLDER_DEBIAN = ("bookworm",)
OWN_PACKAGES = {
    "debian": ["docker-buildx", "docker-cli", "docker-compose", "docker.io", "iptables", "tini"],
    "ubuntu": ["docker-buildx", "docker-compose-v2", "docker.io", "iptables"],
}
OWN_PLUGINS = {
    "debian": ["docker-buildx", "docker-compose"],
    "ubuntu": ["docker-buildx", "docker-compose-v2"],
}


def supported() -> bool:
    """Whether we know how to install an engine on this distribution."""
    return packages.distribution()[0] in OWN_PACKAGES


def possible() -> bool:
    """Whether we can do it: a known distribution, and we are root."""
    return supported() and packages.can_install()


def record() -> dict[str, list[str]] | None:
    """What came with the engine that we installed; None when it is not ours."""
    try:
        known = json.loads(RECORD.read_text())
    except (OSError, ValueError):
        return None
    return {name: list(value) for name, value in known.items()}


def is_ours() -> bool:
    """Whether the engine of this machine, and not only a plugin of its client, was installed by us."""
    return "data" in (record() or {})


def packages_needed() -> list[str]:
    """The packages from the machine's own release."""
    name, codename = packages.distribution()
    return AROUND if codename in OLDER_DEBIAN else OWN_PACKAGES[name]


def install(cache: Path) -> None:
    """Install the engine without starting it, and remember what is ours."""
    fresh = [str(path) for path in DATA if not path.exists() or not any(path.iterdir())]
    _remember(data=fresh)
    packages.install(*packages_needed())
    if packages.distribution()[1] in OLDER_DEBIAN:
        _unpack(catalogue.load().engine.packages, cache)
        _link(PLACE / "usr/bin/docker-init", Path("/usr/bin/tini-static"))
        if shutil.which("docker") is None:
            _link(CLIENT, PLACE / "usr/bin/docker")
        _link_plugins()


def install_plugins(cache: Path) -> None:
    """Give the docker client of this machine Compose and Buildx; the engine is left as it is."""
    name, codename = packages.distribution()
    if codename in OLDER_DEBIAN:
        if not (PLACE / "usr/libexec/docker/cli-plugins/docker-compose").exists():
            _unpack(["docker-buildx", "docker-compose"], cache)
        _link_plugins()
    else:
        packages.install(*OWN_PLUGINS[name])


def remove() -> list[str]:
    """Take away the engine that we installed, its data and what came with it. It must be stopped.

    Returns:
        What was taken away.
    """
    known = record() or {}
    for path in [*known.get("links", []), *known.get("data", []), str(PLACE), str(LOG)]:
        _delete(Path(path))
    if is_ours():
        for path in map(str, RUNTIME):
            _delete(Path(path))
        if shutil.which("ip"):
            process.run(["ip", "link", "delete", BRIDGE], check=False)
    if UNIT.exists():
        UNIT.unlink()
        process.run(["systemctl", "daemon-reload"], check=False)
    RECORD.unlink(missing_ok=True)
    gone = [str(PLACE), *known.get("data", []), *packages.remove_ours()]
    for empty in (PLUGINS, PLUGINS.parent, PLACE.parent, CLIENT_DATA.parent, RECORD.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()
    return gone


def environment() -> dict[str, str | None]:
    """The environment of our engine: its own programs come first."""
    return {
        "PATH": os.pathsep.join(
            [f"{PLACE}/usr/sbin", f"{PLACE}/usr/bin", os.environ["PATH"], "/usr/sbin", "/sbin"]
        )
    }


def systemd_runs() -> bool:
    """Whether systemd is what runs this machine's services."""
    return Path("/run/systemd/system").is_dir()


def unit(daemon: Path) -> str:
    """The systemd unit of an engine; ours is written when it is missing."""
    if not daemon.is_relative_to(PLACE):
        return "docker.service"
    if not UNIT.exists():
        state.write(
            UNIT,
            "[Unit]\nDescription=Docker engine installed by witw\nAfter=network-online.target\n\n"
            f"[Service]\nType=notify\nEnvironment=PATH={environment()['PATH']}\nExecStart={daemon}\n"
            "Delegate=yes\nKillMode=process\nLimitNOFILE=infinity\nRestart=always\n\n"
            "[Install]\nWantedBy=multi-user.target\n",
        )
        process.run(["systemctl", "daemon-reload"])
        process.run(["systemctl", "enable", UNIT.name], check=False)
    return UNIT.name


def _unpack(names: list[str], cache: Path) -> None:
    folder = cache / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    files = archive.download(names, catalogue.load().engine.suite, folder)
    aside = PLACE.with_name("engine.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)

    def unpack(file: Path) -> None:
        try:
            process.run(["dpkg-deb", "--extract", str(file), str(aside)], timeout=120)
        except Exception:
            # A damaged file must not be found again.
            file.unlink(missing_ok=True)
            raise

    process.side_by_side(*(lambda file=file: unpack(file) for file in files))
    for part in ("usr/share", "usr/lib", "etc", "lib"):
        shutil.rmtree(aside / part, ignore_errors=True)
    shutil.rmtree(PLACE, ignore_errors=True)
    aside.rename(PLACE)


def _link_plugins() -> None:
    for plugin in (PLACE / "usr/libexec/docker/cli-plugins").iterdir():
        _link(PLUGINS / plugin.name, plugin)


def _link(link: Path, target: Path) -> None:
    """Make a link, unless somebody else's file is there; remember it if it lies outside our folder."""
    if link.exists() and not link.is_symlink():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    if not link.is_relative_to(PLACE):
        _remember(links=[str(link)])


def _remember(**facts: list[str]) -> None:
    known = record() or {}
    for name, values in facts.items():
        known[name] = sorted({*known.get(name, []), *values})
    state.write(RECORD, json.dumps(known, indent=1) + "\n")


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
