"""What this machine is: its ports, memory, disk, certificates, clock and limits."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import os
import shutil
import socket
import ssl
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from dev import process

DEBIAN_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
DEBIAN_PRIVATE = Path("/usr/local/share/ca-certificates")
"""Where a Debian administrator puts certificates of the house."""

BUNDLE_SETTINGS = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

CLOCK_TIMEOUT = 3.0

CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Owner:
    """The process that has a port."""

    pid: int | None
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})" if self.pid else self.name


def private_ca_bundle() -> Path | None:
    """The bundle that builds need as a secret: the one that this machine's own tools are told to use.

    None where nothing special is configured, as the certificates of the base image then do.
    """
    for name in BUNDLE_SETTINGS:
        if (value := os.environ.get(name)) and Path(value).is_file():
            return Path(value).resolve()
    if DEBIAN_BUNDLE.exists() and DEBIAN_PRIVATE.is_dir() and any(DEBIAN_PRIVATE.rglob("*.crt")):
        return DEBIAN_BUNDLE
    return None


def count_certificates(bundle: Path) -> int:
    """How many certificates a PEM bundle holds; `ssl.SSLError` when it is no such bundle."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    return len(context.get_ca_certs())


def pip_options() -> dict[str, str]:
    """This machine's pip configuration, from its files and the environment, as pip itself sees it."""
    answer = process.Result(1, "", "")
    for python in (sys.executable, f"{sys.base_prefix}/bin/python3"):
        if (answer := process.run([python, "-m", "pip", "config", "list"], check=False)).ok:
            break
    options: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        # Of the sections only these hold for an install; pip lists the strongest, the environment, last.
        section, _, option = name.partition(".")
        if section in ("global", "install", ":env:"):
            options[option] = value.strip().strip("'\"").replace("\\n", "\n")
    return options


def port_is_free(address: str, port: int) -> bool:
    """Whether a server could be started there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def port_owner(port: int) -> Owner:
    """Who listens on a port, as far as we may know."""
    with contextlib.suppress(psutil.AccessDenied):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                with contextlib.suppress(psutil.NoSuchProcess):
                    return Owner(
                        connection.pid,
                        psutil.Process(connection.pid).name() if connection.pid else "another user's process",
                    )
    return Owner(None, "an unknown process")


def free_port(address: str, after: int) -> int:
    """The next free port after another."""
    return next(port for port in range(after + 1, 65536) if port_is_free(address, port))


def memory_available() -> int:
    """Bytes that new processes can have."""
    return int(psutil.virtual_memory().available)


def disk_free(path: Path) -> int:
    """Free bytes of the disk that a path is on, or will be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def cgroup_version() -> int:
    """1 or 2; 0 where there are none."""
    if (CGROUP / "cgroup.controllers").exists():
        return 2
    return 1 if (CGROUP / "memory").exists() else 0


def missing_capabilities() -> list[str]:
    """Capabilities that no process here can have, of those that containers ask for."""
    wanted = {
        "cap_sys_admin": 21,
        "cap_net_admin": 12,
        "cap_sys_resource": 24,
        "cap_sys_ptrace": 19,
        "cap_mknod": 27,
    }
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapBnd:"):
                bits = int(line.split()[1], 16)
                return [name for name, bit in wanted.items() if not bits >> bit & 1]
    return []


def inotify_limits() -> dict[str, int]:
    """The kernel's limits on watching files; empty where it is not Linux."""
    folder = Path("/proc/sys/fs/inotify")
    return {file.name: int(file.read_text()) for file in folder.glob("max_user_*")}


def clock_error(url: str) -> float | None:
    """Seconds by which this clock is ahead of a web server's; None when it does not answer."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the caller's own sources
    # A clock that is off makes certificates look invalid, and only the time is wanted.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=CLOCK_TIMEOUT, context=context) as answer:  # noqa: S310
            there = email.utils.parsedate_to_datetime(answer.headers["Date"])
    except urllib.error.HTTPError as error:
        there = email.utils.parsedate_to_datetime(error.headers["Date"])
    except (OSError, TypeError, ValueError):
        return None
    return (dt.datetime.now(dt.UTC) - there).total_seconds()
