"""What the harness's tests share: their own state, stand-in programs, and a small stack."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev import base_image, cli, engine, settings, state
from dev.programs import silent
from tests.harness.small_stack import SmallStack

Program = Callable[[str, str], Path]
Run = Callable[..., str]


def pytest_configure(config: pytest.Config) -> None:
    """Name our marker."""
    config.addinivalue_line("markers", "lasting: the cluster outlives a test, so its state does too")


@pytest.fixture(autouse=True)
def own_state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own `.witw`, and none sees the developer's settings, unless marked `lasting`."""
    if request.node.get_closest_marker("lasting") is not None:
        return state.FOLDER
    folder = tmp_path / ".witw"
    monkeypatch.setattr(state, "FOLDER", folder)
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setitem(settings.Settings.model_config, "env_file", tmp_path / ".env")
    for name in settings.names():
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put a shell script first on PATH: it answers what this machine's own program would not."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, script: str) -> Path:
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    return write


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH, for what a machine lacks."""
    folder = tmp_path / "only"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture(scope="session")
def base() -> str:
    """The base image, in this machine's engine."""
    chosen = settings.load()
    engine.ensure(chosen)
    return base_image.ensure(chosen, silent)[0]


@pytest.fixture
def small_stack(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStack]:
    """A Compose stack with the parts of ours and nothing in them, on the real engine; gone at the end."""
    stack = SmallStack(tmp_path / "stack", f"witwtest{secrets.token_hex(4)}", base)
    stack.use(monkeypatch)
    yield stack
    stack.remove()


@pytest.fixture
def witw(small_stack: SmallStack, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run one command on the small stack, check its exit code and return what it said."""

    def run(*arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        ended = cli.main(list(arguments))
        said = "".join(capfd.readouterr())
        assert ended == code, said
        return said

    return run
