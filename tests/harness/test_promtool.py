"""promtool out of Debian's package, which is fetched once."""

import platform
from pathlib import Path

import pytest

from dev import archive, catalogue, process
from dev.errors import HostError
from dev.tools import promtool
from tests.harness.conftest import Program


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[list[str], str]]:
    """A Debian archive that has promtool; what was asked of it."""
    asked: list[tuple[list[str], str]] = []

    def download(names: list[str], suite: str, folder: Path) -> list[Path]:
        asked.append((names, suite))
        tree = tmp_path / "package"
        (tree / "DEBIAN").mkdir(parents=True)
        fields = {
            "Package": "promtool",
            "Version": "1",
            "Architecture": "all",
            "Maintainer": "a",
            "Description": "b",
        }
        (tree / "DEBIAN" / "control").write_text(
            "".join(f"{key}: {value}\n" for key, value in fields.items())
        )
        (tree / "usr" / "bin").mkdir(parents=True)
        program = tree / "usr" / "bin" / "promtool"
        program.write_text("#!/bin/sh\necho checked\n")
        program.chmod(0o755)
        package = folder / "promtool_1_all.deb"
        process.run(["dpkg-deb", "--build", str(tree), str(package)])
        return [package]

    monkeypatch.setattr(archive, "download", download)
    return asked


def test_it_is_taken_out_of_the_package_once(fetched: list[tuple[list[str], str]], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    program = promtool.ensure(cache)
    assert program == promtool.ensure(cache)
    assert process.run([str(program)]).stdout == "checked\n"
    assert program.name == f"promtool-{catalogue.load().images['prometheus'].version}-{platform.machine()}"
    assert fetched == [(["promtool"], catalogue.load().base.bootstrap.suite)]
    assert list(program.parent.iterdir()) == [program]


def no_archive(*_: object) -> list[Path]:
    raise HostError("no archive", details="there is no apt", remedy="")


def test_where_there_is_no_debian_archive_the_one_on_path_serves(
    monkeypatch: pytest.MonkeyPatch, program: Program, tmp_path: Path
) -> None:
    monkeypatch.setattr(archive, "download", no_archive)
    program("promtool", "exit 0")
    assert promtool.ensure(tmp_path / "cache").name == "promtool"


def test_without_either_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archive, "download", no_archive)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostError, match="promtool could not be taken") as caught:
        promtool.ensure(tmp_path / "cache")
    assert "there is no apt" in caught.value.details
    assert "on PATH" in caught.value.remedy
