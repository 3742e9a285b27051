"""The checks of this machine, each with what mends it."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import ssl
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dev import archive, catalogue, catalogue_images, engine, engine_setup, host, packages, stack
from dev import disk as disks
from dev.compose import Compose
from dev.errors import HostError, WitwError
from dev.settings import Settings

GIB = 1024**3
MEMORY_NEEDED, MEMORY_WANTED = 1 * GIB, 2 * GIB
DISK_NEEDED, DISK_WANTED = 4 * GIB, 10 * GIB
"""The images take 2 GiB, the build cache as much again."""

WATCHES_WANTED, INSTANCES_WANTED = 65536, 256
CLOCK_TOLERANCE = 120.0
"""Seconds; apt refuses lists from the future, and certificates have their dates."""


class Level(StrEnum):
    """How bad a finding is. Only `FAIL` keeps `up` from working."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One finding and, unless all is well, its remedy."""

    name: str
    level: Level
    found: str
    fix: str = ""

    def __str__(self) -> str:
        """As a line of other output."""
        return f"{self.name}: {self.found}" + (f" (to mend it: {self.fix})" if self.fix else "")


def before_the_engine(settings: Settings) -> Iterable[Check]:
    """The quick checks, those that `up` makes first. They need neither engine nor network."""
    yield from (
        python(),
        memory(settings),
        disk(settings),
        text_encoding(),
        certificates(settings),
        proxies(),
    )


def everything(settings: Settings) -> Iterable[Check]:
    """All checks, in the order of the table."""
    yield from before_the_engine(settings)
    yield from (clock(), capabilities(), cgroups(), inotify())
    yield docker(settings)
    if _has_engine():
        yield from (plugin("compose"), plugin("buildx"), rootless(), ports(settings), base_image(settings))
        yield network_policies(settings)


def of_nodes(settings: Settings) -> list[Check]:
    """What may keep the nodes of a cluster from running; nothing where all is well."""
    made = (inotify(), cgroups(), rootless(), memory(settings), disk(settings))
    return [check for check in made if check.level is not Level.OK]


def require(checks: Iterable[Check]) -> int:
    """Count the checks.

    Raises:
        HostError: Some failed; all of these are listed.
    """
    made = list(checks)
    if failed := [check for check in made if check.level is Level.FAIL]:
        raise HostError(
            "this machine cannot run the stack: "
            + "; ".join(f"{check.name}: {check.found}" for check in failed),
            remedy="; ".join(check.fix for check in failed),
        )
    return len(made)


def python() -> Check:
    """The launcher has seen to it; worth knowing all the same."""
    return Check("python", Level.OK, f"{platform.python_version()} ({sys.executable})")


def memory(settings: Settings) -> Check:
    """Memory that can still be had; a stack that runs already has taken its part."""
    free = host.memory_available()
    found = f"{free / GIB:.1f} GiB available"
    if free >= MEMORY_WANTED:
        return Check("memory", Level.OK, found)
    level = Level.FAIL if free < MEMORY_NEEDED and not _is_up(settings) else Level.NOTE
    return Check(
        "memory",
        level,
        f"{found}, {MEMORY_WANTED / GIB:g} GiB are wanted",
        "end some programs, or give the machine more",
    )


def disk(settings: Settings) -> Check:
    """Room for images and caches."""
    places = {place: host.disk_free(place) for place in disks.places(settings.cache_dir)}
    path, free = min(places.items(), key=lambda place: place[1])
    found = f"{free / GIB:.0f} GiB free for {path}"
    if free >= DISK_WANTED:
        return Check("disk", Level.OK, found)
    level = Level.FAIL if free < DISK_NEEDED and not _is_up(settings) else Level.NOTE
    return Check("disk", level, f"{found}, {DISK_WANTED / GIB:g} GiB are wanted", disks.REMEDY)


def text_encoding() -> Check:
    """Names of cities are not ASCII."""
    encoding = locale.getencoding()
    if encoding.lower().replace("-", "") == "utf8":
        return Check("locale", Level.OK, encoding)
    return Check(
        "locale", Level.NOTE, f"{encoding}; names of cities may look wrong here", "export LC_ALL=C.UTF-8"
    )


def certificates(settings: Settings) -> Check:
    """The bundle that builds are given."""
    bundle = Path(settings.ca_bundle) if settings.ca_bundle else host.private_ca_bundle()
    if bundle is None:
        return Check("certificates", Level.OK, "none of this machine's own; the usual ones do")
    try:
        count = host.count_certificates(bundle)
    except (OSError, ssl.SSLError) as error:
        fix = "let WITW_CA_BUNDLE, SSL_CERT_FILE or PIP_CERT name a PEM file with certificates"
        return Check("certificates", Level.FAIL, f"{bundle} cannot be used: {error}", fix)
    return Check("certificates", Level.OK, f"{count} in {bundle}, given to builds and containers")


def proxies() -> Check:
    """Proxies hold for the engine and builds as well."""
    found = [
        name
        for name in ("http_proxy", "https_proxy", "no_proxy")
        if os.environ.get(name) or os.environ.get(name.upper())
    ]
    if "no_proxy" not in found and found:
        fix = "export no_proxy=localhost,127.0.0.1"
        return Check("proxies", Level.NOTE, f"{', '.join(found)} without no_proxy", fix)
    return Check("proxies", Level.OK, ", ".join(found) or "none")


def clock() -> Check:
    """A clock that is off breaks apt and TLS in ways that do not name it."""
    uris = (
        [entry.split()[-3] for entry in archive.sources(catalogue.load().engine.suite)]
        if packages.has_apt()
        else []
    )
    url = os.environ.get("PIP_INDEX_URL") or next((uri for uri in uris if uri.startswith("http")), "")
    off = host.clock_error(url) if url else None
    if off is None:
        return Check("clock", Level.OK, "no server to compare it with")
    if abs(off) <= CLOCK_TOLERANCE:
        return Check("clock", Level.OK, f"{abs(off):.0f} s from the network's")
    word = "ahead" if off > 0 else "behind"
    return Check("clock", Level.NOTE, f"{abs(off):.0f} s {word}", "set it (timedatectl set-ntp true)")


def capabilities() -> Check:
    """Containers cannot have what the machine itself lacks."""
    if missing := host.missing_capabilities():
        fix = "the stack runs without them; an engine older than Docker 24 refuses privileged containers"
        return Check("capabilities", Level.NOTE, f"without {', '.join(missing)}", fix)
    return Check("capabilities", Level.OK, "all that containers ask for")


def cgroups() -> Check:
    """Compose runs on either; a current Kubernetes wants version 2."""
    version = host.cgroup_version()
    if version == 1:
        return Check(
            "cgroups", Level.NOTE, "version 1", "the stack runs with it; boot with version 2 if you can"
        )
    return Check(
        "cgroups", Level.OK, f"version {version}" if version else "none here (the engine runs elsewhere)"
    )


def inotify() -> Check:
    """Limits that many containers on one machine use up."""
    limits = host.inotify_limits()
    wanted = {"max_user_watches": WATCHES_WANTED, "max_user_instances": INSTANCES_WANTED}
    low = {name: least for name, least in wanted.items() if limits.get(name, least) < least}
    found = ", ".join(f"{name.removeprefix('max_user_')} {value}" for name, value in sorted(limits.items()))
    if low:
        fix = "sysctl " + " ".join(f"fs.inotify.{name}={least}" for name, least in low.items())
        return Check("inotify", Level.NOTE, found, fix)
    return Check("inotify", Level.OK, found or "not Linux")


def docker(settings: Settings) -> Check:
    """The engine, or whether `up` can get one."""
    try:
        found = engine.find()
    except WitwError as error:
        return Check("engine", Level.FAIL, error.message, error.remedy)
    if found is None:
        if engine.can_get_one():
            return Check("engine", Level.NOTE, "none runs", "`./witw up` installs or starts one")
        return Check("engine", Level.FAIL, "none answers", engine.how_to_get_one())
    if problem := engine.lacks(found):
        return Check("engine", Level.FAIL, problem.message, problem.remedy)
    ours = ", installed by ./witw" if found.ours else ""
    return Check("engine", Level.OK, f"Docker {found.version} at {found.endpoint}{ours}")


def rootless() -> Check:
    """An engine without root can limit what systemd lets its user have; nodes of a cluster want all."""
    told = engine.facts()
    if not engine.is_rootless(told):
        return Check("rootless", Level.OK, "no")
    limits = {"CpuCfsQuota": "cpu", "CPUSet": "cpuset", "MemoryLimit": "memory", "PidsLimit": "pids"}
    missing = [controller for name, controller in limits.items() if not told.get(name)]
    if missing or told.get("CgroupVersion") != "2":
        fix = (
            "boot with cgroup version 2; write `[Service]` and `Delegate=yes` into "
            "/etc/systemd/system/user@.service.d/delegate.conf, and log in again"
        )
        lacking = f"may not limit {', '.join(missing)}" if missing else "has no cgroup version 2"
        return Check("rootless", Level.NOTE, f"the engine {lacking}; nodes of a cluster cannot run", fix)
    return Check("rootless", Level.OK, "clusters get kubelet's settings for user namespaces")


def plugin(name: str) -> Check:
    """A plugin of the docker client."""
    version = engine.plugin(name)
    if name in engine.missing_plugins():
        old = f"{'.'.join(map(str, version))} is too old" if version else "missing"
        can = engine_setup.possible()
        fix = (
            "`./witw up` adds it"
            if can
            else f"install docker-{name}-plugin (Docker's repository) or docker-{name}"
        )
        return Check(name, Level.NOTE if can else Level.FAIL, old, fix)
    return Check(name, Level.OK, ".".join(map(str, version or ())))


def ports(settings: Settings) -> Check:
    """Our two ports: free, or ours already."""
    try:
        stack.check_ports(settings, Compose(settings).containers())
    except HostError as error:
        return Check("ports", Level.FAIL, error.message, error.remedy)
    return Check("ports", Level.OK, f"{settings.port} and {settings.internal_port} are free or ours")


def base_image(settings: Settings) -> Check:
    """Where the base image will come from."""
    from dev import base_image as base  # noqa: PLC0415 - its name is the check's

    if reference := base.present(settings):
        return Check("base image", Level.OK, f"{reference} is here")
    if settings.pull != "always" and base.tarball(settings).exists():
        return Check("base image", Level.OK, "made here earlier, will be imported")
    if settings.pull != "never" and base.registry_answers(settings):
        return Check("base image", Level.OK, "will be pulled")
    if settings.pull != "always" and (shutil.which("mmdebstrap") or packages.can_install()):
        return Check("base image", Level.OK, "no registry answers; will be made from the Debian archive")
    fix = "install mmdebstrap, or name a registry that can be reached: --mirror HOST:PORT"
    return Check("base image", Level.FAIL, "no registry answers, and it cannot be made here", fix)


def network_policies(settings: Settings) -> Check:
    """Only the pulled node image brings what enforces them."""
    found = catalogue_images.find("node", settings)
    if found is not None and found.origin == catalogue_images.BUILT:
        fix = "with a registry the pulled node image enforces them: --pull always or --mirror HOST:PORT"
        return Check(
            "policies", Level.NOTE, "a cluster accepts NetworkPolicies and does not enforce them", fix
        )
    return Check("policies", Level.OK, "enforced" if found else "no node image yet")


def _has_engine() -> bool:
    try:
        return engine.find() is not None
    except WitwError:
        return False


def _is_up(settings: Settings) -> bool:
    return _has_engine() and any(
        container["State"]["Running"] for container in Compose(settings).containers()
    )
