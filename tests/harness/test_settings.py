"""The settings: where they come from, and what is said about bad ones."""

from pathlib import Path

import pytest

from dev import settings
from dev.errors import SettingsError


def test_defaults_hold_when_nothing_is_set() -> None:
    assert settings.load().url == "http://localhost:8080"


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_PROT", "9000")
    with pytest.raises(SettingsError, match=r"WITW_PROT is not a setting; did you mean WITW_PORT\?"):
        settings.load()


def test_a_setting_like_no_other_is_named_without_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_XYZZY", "1")
    with pytest.raises(SettingsError, match=r"WITW_XYZZY is not a setting$"):
        settings.load()


def test_everything_that_is_wrong_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_PORT", "70000")
    monkeypatch.setenv("WITW_PULL", "sometimes")
    monkeypatch.setenv("WITW_TGA", "x")
    with pytest.raises(SettingsError) as error:
        settings.load()
    for name in ("WITW_PORT=70000", "WITW_PULL=sometimes", "WITW_TAG?"):
        assert name in error.value.message


def test_an_option_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("WITW_PORT=1001\nWITW_TAG=file\nWITW_PROJECT=file\nOTHER=1\n")
    monkeypatch.setenv("WITW_TAG", "environment")
    monkeypatch.setenv("WITW_PROJECT", "environment")
    chosen = settings.load(project="option", mirror=None)
    assert (chosen.port, chosen.tag, chosen.project) == (1001, "environment", "option")


def test_a_misspelt_setting_in_the_file_is_found_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WITW_PROJEKT=x\n")
    with pytest.raises(SettingsError, match="WITW_PROJECT"):
        settings.load()


def test_an_empty_setting_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_PORT", "")
    assert settings.load().port == 8080


def test_the_two_ports_must_differ() -> None:
    with pytest.raises(SettingsError, match="both 8081"):
        settings.load(port=8081)


@pytest.mark.parametrize("mirror", ["127.0.0.1:5000", "registry.example", "[::1]:5000", ""])
def test_a_mirror_is_a_host_and_perhaps_a_port(mirror: str) -> None:
    assert settings.load(mirror=mirror).mirror == mirror


def test_a_mirror_is_no_address_with_a_scheme() -> None:
    with pytest.raises(SettingsError, match="WITW_MIRROR"):
        settings.load(mirror="https://registry.example")


def test_compose_gets_every_setting_that_is_not_empty() -> None:
    environment = settings.load(port=9000, bind="10.0.0.1").environment()
    assert environment["WITW_PORT"] == "9000"
    assert "WITW_MIRROR" not in environment
    assert settings.load(port=9000, bind="10.0.0.1").url == "http://10.0.0.1:9000"


def test_the_cache_may_be_given_relative_to_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITW_CACHE_DIR", "~/here")
    assert settings.load().cache_dir == Path.home() / "here"
