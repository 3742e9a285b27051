"""`./witw push`: what goes to a registry, under which name, and what is said when it does not."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from dev import cli, process
from dev.commands import push
from dev.errors import ProcessError
from dev.process import Result
from tests.harness import stand_ins
from tests.harness.stand_ins import DIGEST

APP, GATEWAY = "witw/app:dev", "witw/gateway:dev"

State = dict[str, Any]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    """A docker with two images of ours, which are up to date."""
    held: State = {"images": {APP: "sha256:" + "1" * 64, GATEWAY: "sha256:" + "2" * 64}}
    lock = threading.Lock()  # images are pushed side by side

    def docker(command: list[str], *, check: bool = True, **_: Any) -> Result:
        with lock:
            code, said = stand_ins.docker(held, command[1:])
        if code and check:
            raise ProcessError(command, returncode=code, timeout=None, env=None, stdout="", stderr=said)
        return Result(code, said, "")

    monkeypatch.setattr(process, "run", docker)
    services = {
        name: {"image": image, "build": {"context": "."}} for name, image in (("a", APP), ("g", GATEWAY))
    }
    stack = SimpleNamespace(config=lambda: {"name": "witw", "services": services})
    monkeypatch.setattr(push, "prepare", lambda *_: stack)
    return held


def test_every_image_is_pushed_and_told_by_digest(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["push", "--registry", "registry.example.com/team"]) == 0

    said = capsys.readouterr().out
    assert f"registry.example.com/team/app@{DIGEST}" in said
    assert f"registry.example.com/team/gateway@{DIGEST}" in said
    assert sorted(state["pushed"]) == [
        f"registry.example.com/team/app:{'1' * 12}", f"registry.example.com/team/gateway:{'2' * 12}"
    ]  # fmt: skip
    assert set(state["images"]) == {APP, GATEWAY}  # the engine keeps no other name


def test_one_image_goes_under_a_tag_of_ones_own(state: State) -> None:
    assert cli.main(["push", "app", "--registry", "localhost:5000", "--tag", "v1"]) == 0

    assert state["pushed"] == ["localhost:5000/app:v1"]


def test_an_image_that_there_is_none_of_is_named_before_anything_is_pushed(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["push", "app", "gatway", "--registry", "registry.example.com"]) == 1

    assert "there is no image gatway; did you mean gateway?" in capsys.readouterr().err
    assert "pushed" not in state


def test_a_registry_that_refuses_is_told_with_the_way_to_log_in(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    state["push fails"] = True

    assert cli.main(["push", "app", "--registry", "registry.example.com/team"]) == 1

    said = capsys.readouterr().err
    assert "witw/app:dev could not be pushed to registry.example.com/team/app" in said
    assert "denied" in said
    assert "docker login registry.example.com." in said
    assert set(state["images"]) == {APP, GATEWAY}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--registry", "https://registry.example.com"], "is no registry"),
        (["--registry", "registry.example.com/"], "is no registry"),
        (["--registry", "user:word@registry.example.com"], "is no registry"),
        (["--registry", "registry.example.com", "--tag", "a b"], "a b is no tag"),
        (["--registry", "registry.example.com", "--tag", "x" * 129], "is no tag"),
    ],
)
def test_a_name_that_is_none_is_refused_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    monkeypatch.setattr(push, "prepare", lambda *_: pytest.fail("images were built"))

    assert cli.main(["push", *words]) == 1
    assert complaint in capsys.readouterr().err
