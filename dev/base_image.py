"""The one Debian image that all of ours start from: pulled where a registry answers, or else made here."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from dev import archive, catalogue, console, packages, process, programs, state
from dev.errors import ImageError, ProcessError
from dev.settings import Settings

PROBE_TIMEOUT = 3.0
"""Seconds in which a registry has to answer, or the image is made here."""

PULL_TIMEOUT, BOOTSTRAP_TIMEOUT, IMPORT_TIMEOUT = 600.0, 600.0, 180.0

DEFAULT_REGISTRY = "registry-1.docker.io"
"""Where Docker looks for images whose name has no registry."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

TOOLS = ["mmdebstrap"]

Say = Callable[[str], None]


def wanted(settings: Settings) -> str:
    """The reference that is pulled, by way of the mirror if there is one."""
    return catalogue.mirrored(settings.base_image or catalogue.load().base.reference, settings.mirror)


def own_tag() -> str:
    """The name of the stand-in that is made here; it follows the recipe's content."""
    recipe = catalogue.load().base.bootstrap.model_dump_json()
    return f"witw/base:{state.digest(recipe)[:12]}"


def bundled_tag(settings: Settings) -> str:
    """The name of the pinned image when it came with a bundle, where digests of registries are lost."""
    reference = settings.base_image or catalogue.load().base.reference
    return f"witw/base:bundle-{state.digest(reference)[:12]}"


def image_id(reference: str) -> str | None:
    """The id of an image that the engine has."""
    answer = process.run(["docker", "image", "inspect", "--format", "{{.Id}}", reference], check=False)
    return answer.stdout.strip() if answer.ok else None


def present(settings: Settings) -> str | None:
    """The base image that the engine has already, by the reference that builds should use."""
    choices = [wanted(settings)]
    if settings.base_image:
        choices.append(settings.base_image)
    if not settings.mirror:
        choices.append(bundled_tag(settings))
        choices += [] if settings.base_image else [own_tag()]
    return next((reference for reference in choices if image_id(reference)), None)


def tarball(settings: Settings) -> Path:
    """Where the stand-in is kept, so that another engine need not wait for it."""
    return settings.cache_dir / "base" / f"{own_tag().rpartition(':')[2]}.tar"


def checksum_file(file: Path) -> Path:
    """Where the sha256 of a stand-in is kept."""
    return file.with_name(f"{file.name}.sha256")


def problem(file: Path) -> str:
    """What is wrong with a stand-in that is kept; empty when it is what was made."""
    try:
        expected = checksum_file(file).read_text().strip()
    except FileNotFoundError:
        return "has no checksum beside it"
    found = programs.checksum(file)
    return "" if expected == found else f"is damaged: its sha256 is {found}, it was made as {expected}"


def registry_answers(settings: Settings) -> bool:
    """Whether the registry can be reached from this machine within the probe's time.

    Only for a machine whose engine does not run yet; a running one is asked itself, as it may know mirrors.
    """
    return answers(settings.mirror or registry_of(wanted(settings)), mirror=bool(settings.mirror))


def answers(host: str, *, mirror: bool = False) -> bool:
    """Whether a registry answers within the probe's time; a mirror may do so without TLS."""
    answered: list[bool] = []

    def probe() -> None:
        for scheme in ("http", "https") if mirror else ("https",):
            try:
                urllib.request.urlopen(f"{scheme}://{host}/v2/", timeout=PROBE_TIMEOUT).close()  # noqa: S310
            except urllib.error.HTTPError:
                pass  # 401 is an answer
            except (OSError, http.client.HTTPException, socket.gaierror):
                continue
            answered.append(True)
            return

    # A name server that does not answer can hold a lookup for longer than any timeout that Python could set.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_TIMEOUT)
    return bool(answered)


def tools_needed(settings: Settings) -> list[str]:
    """Debian packages for the bootstrap that are missing; to be installed together with others."""
    if settings.pull == "always" or tarball(settings).exists() or not packages.can_install():
        return []
    return [] if shutil.which("mmdebstrap") else TOOLS


def bootstrap(settings: Settings, say: Say) -> Path:
    """Make the stand-in from the Debian archive, or find the one made earlier. No engine is needed.

    Raises:
        ImageError: This machine cannot make it.
    """
    target = tarball(settings)
    if target.exists():
        if not (damage := problem(target)):
            return target
        console.err.print(f"{target} {damage}; making it anew", markup=False, soft_wrap=True)
    if shutil.which("mmdebstrap") is None:
        if not packages.can_install():
            raise ImageError(
                "no registry answers, and mmdebstrap, which would make the base image, is not installed",
                remedy="install mmdebstrap (Debian, Ubuntu), or name a registry that can be reached: "
                "--mirror HOST:PORT",
            )
        say("installing mmdebstrap")
        packages.install(*TOOLS)
    recipe = catalogue.load().base.bootstrap
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.stem}.{os.getpid()}.new.tar")
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(recipe.include)}"]
    command += [f"--dpkgopt=path-exclude={path}" for path in recipe.exclude]
    command += [f"--dpkgopt=path-include={path}" for path in recipe.keep]
    command += [f"--aptopt={option}" for option in archive.apt_options()]
    # Without sources of its own (on Ubuntu) mmdebstrap takes the archive that it knows by itself.
    command += [recipe.suite, str(aside), *archive.sources(recipe.suite)]
    say(f"bootstrapping Debian {recipe.suite}")
    try:
        process.run(
            command, timeout=BOOTSTRAP_TIMEOUT, env=packages.QUIET, on_line=lambda line: say(line.strip())
        )
        # Before the file itself: one without the other is made anew.
        state.write(checksum_file(target), programs.checksum(aside) + "\n")
        aside.replace(target)
    except ProcessError as error:
        raise ImageError(
            f"Debian {recipe.suite} could not be bootstrapped from the Debian archive",
            details=error.tail(),
            remedy="see the lines above: the archive must be reachable (network, proxy, apt sources); "
            "or name a registry: --mirror HOST:PORT",
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return target


def ensure(settings: Settings, say: Say) -> tuple[str, str]:
    """See to it that the engine has the base image.

    Returns:
        The reference for builds, and what was done, empty when nothing was.

    Raises:
        ImageError: It could be neither pulled nor made.
    """
    if settings.pull != "always" and (reference := present(settings)) is not None:
        return reference, ""
    reference = wanted(settings)
    why = "pulling is switched off (--pull never)"
    # What was made here earlier is at hand at once, while a registry may or may not answer.
    named = bool(settings.mirror or settings.base_image)
    if settings.pull == "always" or (settings.pull == "auto" and (named or not tarball(settings).exists())):
        say(f"pulling {reference}")
        had = image_id(reference)
        if not (why := pull(reference, probe=settings.pull == "auto")):
            if had is None:
                remember(reference)
            return reference, f"pulled {reference}"
    if settings.pull == "always" or named:
        raise ImageError(
            f"the base image {reference} could not be pulled",
            details=why,
            remedy="see the line above; choose another with --mirror HOST:PORT or WITW_BASE_IMAGE, or let "
            "`--pull auto` without a mirror make it from the Debian archive",
        )
    file = bootstrap(settings, say)
    say(f"importing {own_tag()}")
    changes = ["--change", 'CMD ["bash"]', "--change", f"ENV PATH={PATH}"]
    try:
        process.run(["docker", "import", *changes, str(file), own_tag()], timeout=IMPORT_TIMEOUT)
    except ProcessError as error:
        file.unlink(missing_ok=True)
        checksum_file(file).unlink(missing_ok=True)
        raise ImageError(
            "the engine does not take the base image that was made",
            details=error.tail(),
            remedy="run the same command again, the image is then made anew",
        ) from error
    remember(own_tag())
    return own_tag(), f"made from the Debian archive as {own_tag()}"


def pull(reference: str, *, probe: bool) -> str:
    """Let the engine pull an image; with `probe` it has to get an answer from the registry quickly.

    The engine itself is asked, as it may know proxies and mirrors that we do not.

    Returns:
        Why it did not work; empty when it did.
    """
    answered, finished = threading.Event(), threading.Event()
    why: list[str] = []

    def work() -> None:
        try:
            process.run(["docker", "pull", reference], timeout=PULL_TIMEOUT, on_line=lambda _: answered.set())
        except ProcessError as error:
            why.append(error.tail(3) or error.message)
        finished.set()
        answered.set()

    def watch() -> None:
        # Docker's first line comes with the registry's first answer.
        if probe and not answered.wait(PROBE_TIMEOUT):
            why.append(f"the registry did not answer within {PROBE_TIMEOUT:g} s")
            raise _SlowRegistryError

    with contextlib.suppress(_SlowRegistryError):
        process.side_by_side(work, watch)
    return why[0] if why else ""


def remember(reference: str) -> None:
    """Let the purge know an image that we brought."""
    state.add_to_stamp("base", "brought", [reference])


def registry_of(reference: str) -> str:
    """The registry that an image comes from."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else DEFAULT_REGISTRY


class _SlowRegistryError(Exception):
    """Ends a pull that has not begun."""
