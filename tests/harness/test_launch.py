"""The launcher: `.venv` from the requirements, made again only when it must be."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dev import launch, packages
from dev.errors import HostError, ProcessError
from dev.settings import ROOT
from tests.harness.conftest import Program


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that needs no packages."""
    folder = tmp_path / "checkout"
    (folder / "dev").mkdir(parents=True)
    (folder / "dev/requirements.txt").write_text("# nothing\n")
    monkeypatch.setattr(launch, "ROOT", folder)
    monkeypatch.setattr(launch, "STATE", folder / ".witw")
    monkeypatch.setattr(launch, "VENV", folder / ".venv")
    monkeypatch.setattr(launch, "REQUIREMENTS", folder / "dev/requirements.txt")
    # venv and pip are no code of ours; measured for coverage they take twice as long.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave pip out of it, which takes seconds; the rest is as it is."""
    monkeypatch.setattr(launch, "_installer", lambda folder: [_bare_venv(folder), "-c", "pass"])


def _bare_venv(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    return sys.executable


def test_a_venv_is_made_once_and_its_scripts_know_where_they_are(checkout: Path) -> None:
    assert launch.ensure() is True
    assert launch.ensure() is False
    said = subprocess.run(
        [checkout / ".venv/bin/pip", "--version"], capture_output=True, text=True, check=True
    )
    assert str(checkout / ".venv") in said.stdout
    assert list((checkout / ".witw").iterdir()) == [checkout / ".witw/venv.lock"], "nothing is left beside it"


def test_changed_requirements_another_python_and_a_half_made_one_are_noticed(
    checkout: Path, quick: None
) -> None:
    launch.ensure()
    stamp = checkout / ".venv" / launch.STAMP
    whole = stamp.read_text()

    stamp.write_text(json.dumps({**json.loads(whole), "python": "3.10.1 (elsewhere)"}))
    assert not launch.is_current(), "of another Python"
    stamp.write_text(whole[:10])
    assert not launch.is_current(), "half-made"
    stamp.write_text(whole)
    assert launch.is_current()

    (checkout / "dev/requirements.txt").write_text("# something else\n")
    (checkout / ".venv/leftover").touch()
    assert launch.ensure() is True
    assert not (checkout / ".venv/leftover").exists()


def test_a_link_in_its_place_is_replaced_and_where_it_leads_is_left_alone(
    checkout: Path, tmp_path: Path, quick: None
) -> None:
    (tmp_path / "mine").mkdir()
    (checkout / ".venv").symlink_to(tmp_path / "mine")
    launch.ensure()
    assert not (checkout / ".venv").is_symlink()
    assert (tmp_path / "mine").exists()


def test_packages_that_cannot_be_had_leave_the_old_venv(
    checkout: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv/mine").touch()
    (checkout / "dev/requirements.txt").write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert launch.main(["up"]) == 1
    said = capfd.readouterr().err
    assert "could not be installed" in said
    assert "PIP_INDEX_URL" in said
    assert (checkout / ".venv/mine").exists()


def test_without_ensurepip_any_pip_serves(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", f"{sys.base_prefix}/bin/python3")
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine's Python has no pip of its own")
    monkeypatch.setattr(launch, "_has", lambda module: module == "pip")
    launch.ensure()
    assert not (checkout / ".venv/bin/pip").exists()
    assert launch.is_current()


def test_without_any_pip_python3_venv_is_installed_where_we_may(monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []
    monkeypatch.setattr(launch, "_has", lambda module: bool(here) and module == "ensurepip")
    monkeypatch.setattr(packages, "can_install", lambda: True)
    monkeypatch.setattr(packages, "install", lambda *names: here.extend(names))
    assert launch._installer(Path(tempfile.mkdtemp()))[1:] == ["-m", "pip"]
    assert here == ["python3-venv"]


def test_without_any_pip_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_has", lambda _: False)
    monkeypatch.setattr(packages, "can_install", lambda: False)
    with pytest.raises(HostError, match="neither ensurepip nor pip") as error:
        launch.ensure()
    assert "python3-venv" in error.value.remedy


def test_a_python_that_makes_no_venv_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise ProcessError(command, returncode=1, timeout=None, env=None, stdout="", stderr="no module venv")

    monkeypatch.setattr("dev.process.run", fail)
    with pytest.raises(HostError, match="cannot make a virtual environment") as error:
        launch.ensure()
    assert "no module venv" in error.value.details


def test_an_interrupt_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "ensure", interrupt)
    assert launch.main([]) == 130


def test_it_becomes_python_m_dev_in_the_venv(
    checkout: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.ensure()
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: became.append(arguments))
    monkeypatch.chdir(Path.cwd())
    launch.main(["status"])
    assert became == [[str(checkout / ".venv/bin/python"), "-m", "dev", "status"]]


def test_an_old_python_is_told_what_is_needed(tmp_path: Path) -> None:
    told = (
        (ROOT / "witw")
        .read_text()
        .replace("OLDEST = (3, 11)", "OLDEST = (3, 99)")
        .replace("20, OLDEST", "3, OLDEST")
    )
    (tmp_path / "witw").write_text(told)
    ended = subprocess.run(
        [sys.executable, tmp_path / "witw", "up"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "needs Python 3.99 or newer, this is 3." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_newer_python_under_another_name_is_taken(tmp_path: Path, program: Program) -> None:
    program("python3.13", 'if [ "$1" = -c ]; then exit 0; fi; echo "newer runs $2"')
    (tmp_path / "witw").write_text(
        (ROOT / "witw").read_text().replace("OLDEST = (3, 11)", "OLDEST = (3, 12)")
    )
    ended = subprocess.run(
        [sys.executable, tmp_path / "witw", "up"], capture_output=True, text=True, check=False
    )
    if sys.version_info < (3, 12):
        assert ended.stdout == "newer runs up\n"
