"""uv is told to install from where pip would."""

from pathlib import Path

import pytest

from dev import host, index


@pytest.fixture
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pip configuration that is the only one on this machine, and no certificates of the house."""
    for name in list(index.os.environ):
        if name.startswith(("PIP_", "UV_")) or name == "ALL_PROXY":
            monkeypatch.delenv(name)
    file = tmp_path / "pip.conf"
    file.write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(host, "private_ca_bundle", lambda: None)
    return file


def test_an_index_of_the_house_is_used(pip_conf: Path) -> None:
    pip_conf.write_text(
        "[global]\nindex-url = http://index.test/simple\ntrusted-host = index.test\n"
        "[install]\nextra-index-url = http://second.test/simple\n[download]\nproxy = http://not.for.installs\n"
    )

    said = index.for_uv()

    assert said["UV_DEFAULT_INDEX"] == "http://index.test/simple"
    assert said["UV_INDEX"] == "http://second.test/simple"
    assert said["UV_INSECURE_HOST"] == "index.test"
    assert "ALL_PROXY" not in said


def test_the_environment_is_stronger_than_the_file(pip_conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_conf.write_text("[global]\nindex-url = http://index.test/simple\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://other.test/simple")

    assert index.for_uv()["UV_DEFAULT_INDEX"] == "http://other.test/simple"


def test_what_uv_is_told_already_stays(pip_conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_conf.write_text("[global]\nindex-url = http://index.test/simple\n")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://mine.test/simple")

    assert "UV_DEFAULT_INDEX" not in index.for_uv()


def test_a_folder_of_wheels_takes_the_place_of_an_index(pip_conf: Path) -> None:
    pip_conf.write_text("[global]\nno-index = true\nfind-links =\n  /srv/wheels\n  /srv/more\n")

    said = index.for_uv()

    assert (said["UV_NO_INDEX"], said["UV_FIND_LINKS"]) == ("true", "/srv/wheels,/srv/more")


def test_the_certificates_of_the_house_are_trusted(
    pip_conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(host, "private_ca_bundle", lambda: tmp_path / "ca.pem")

    assert index.for_uv() == {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}


def test_an_ordinary_machine_needs_no_telling(pip_conf: Path) -> None:
    assert index.for_uv() == {}
