"""Builds get the npm registry that this machine uses."""

import os
from pathlib import Path

import pytest

from dev import images, npm, settings, state


@pytest.fixture
def npmrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm configuration that is the only one on this machine."""
    for name in list(os.environ):
        if name.lower().startswith(npm.PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setattr(npm, "GLOBAL", (str(tmp_path / "global"),))
    monkeypatch.setattr(state, "FOLDER", tmp_path / "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".npmrc"


def test_an_ordinary_machine_needs_no_telling(npmrc: Path) -> None:
    npmrc.write_text("yes=false\ncafile=/etc/ssl/house.pem\nprefix=/opt\n")

    assert npm.options() == {}
    assert "WITW_NPMRC" not in images.build_environment(settings.load(), "base")


def test_a_registry_of_the_house_is_used_with_its_password(
    npmrc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (npmrc.parent / "global").write_text("registry=http://weaker.test/\nstrict-ssl=false\n")
    npmrc.write_text(
        '; ours\nregistry = "http://npm.test/"\n@house:registry=http://own.test/\n'
        "//npm.test/:_authToken=${HOUSE_TOKEN}\n"
    )
    monkeypatch.setenv("HOUSE_TOKEN", "secret")

    assert npm.options() == {
        "registry": "http://npm.test/",
        "strict-ssl": "false",
        "@house:registry": "http://own.test/",
        "//npm.test/:_authToken": "secret",
    }


def test_the_environment_is_stronger_than_the_files(npmrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npmrc.write_text("registry=http://npm.test/\n")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://other.test/")
    monkeypatch.setenv("npm_config_https_proxy", "http://proxy.test")

    assert npm.options() == {"registry": "http://other.test/", "https-proxy": "http://proxy.test"}


def test_a_build_gets_it_as_a_file_that_only_its_owner_can_read(npmrc: Path) -> None:
    npmrc.write_text("registry=http://npm.test/\n")

    file = Path(images.build_environment(settings.load(), "base")["WITW_NPMRC"])

    assert file.read_text() == "registry=http://npm.test/\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_named_is_taken_as_it_is(npmrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_NPMRC", "/srv/npmrc")

    assert images.build_environment(settings.load(), "base")["WITW_NPMRC"] == "/srv/npmrc"
