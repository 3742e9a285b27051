"""Installing an engine and taking it away again, with folders of the test in place of the machine's."""

import os
from pathlib import Path

import pytest

from dev import archive, engine_setup, packages, purge, settings
from tests.harness.conftest import Program

NAMES = ("PLACE", "RECORD", "LOG", "CLIENT", "PLUGINS", "UNIT")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian 12 without an engine."""
    root = tmp_path / "root"
    for name in NAMES:
        old: Path = getattr(engine_setup, name)
        monkeypatch.setattr(engine_setup, name, root / old.relative_to("/"))
    for name in ("DATA", "RUNTIME"):
        old_ones: tuple[Path, ...] = getattr(engine_setup, name)
        monkeypatch.setattr(engine_setup, name, tuple(root / old.relative_to("/") for old in old_ones))
    monkeypatch.setattr(engine_setup, "BRIDGE", "no-such-bridge")
    monkeypatch.setattr(packages, "distribution", lambda: ("debian", "bookworm"))
    monkeypatch.setattr(packages, "LEDGER", root / "packages")
    return root


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What apt was asked for."""
    asked: list[str] = []
    monkeypatch.setattr(packages, "install", lambda *names: asked.extend(names))
    return asked


@pytest.fixture
def debs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> Path:
    """Packages that unpack to what the real ones hold."""
    program(
        "dpkg-deb",
        "for file in usr/bin/docker usr/sbin/dockerd etc/x usr/libexec/docker/cli-plugins/docker-compose;"
        ' do mkdir -p "$3/$(dirname $file)"; test -s "$2" && touch "$3/$file" || exit 1; done',
    )
    deb = tmp_path / "docker.io_1.deb"
    deb.write_text("whole")
    monkeypatch.setattr(archive, "download", lambda *_: [deb])
    return deb


def test_an_older_debian_gets_a_newer_engine_beside_its_own_parts(
    machine: Path, debs: Path, installed: list[str], only_docker_missing: None, tmp_path: Path
) -> None:
    engine_setup.install(tmp_path / "cache")
    assert installed == engine_setup.AROUND
    assert (engine_setup.PLACE / "usr/sbin/dockerd").exists()
    assert not (engine_setup.PLACE / "etc").exists()
    assert engine_setup.CLIENT.resolve() == engine_setup.PLACE / "usr/bin/docker"
    assert (engine_setup.PLUGINS / "docker-compose").resolve().is_relative_to(engine_setup.PLACE)
    assert engine_setup.is_ours()
    path = engine_setup.environment()["PATH"]
    assert path is not None
    assert path.startswith(str(engine_setup.PLACE))


@pytest.fixture
def only_docker_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No docker client on this machine."""
    monkeypatch.setattr("shutil.which", lambda _: None)


def test_what_somebody_else_put_there_stays(
    machine: Path, debs: Path, installed: list[str], tmp_path: Path
) -> None:
    engine_setup.PLUGINS.mkdir(parents=True)
    (engine_setup.PLUGINS / "docker-compose").write_text("theirs")
    (machine / "var/lib/docker").mkdir(parents=True)
    (machine / "var/lib/docker/theirs").touch()
    engine_setup.install(tmp_path / "cache")
    engine_setup.remove()
    assert (engine_setup.PLUGINS / "docker-compose").read_text() == "theirs"
    assert (machine / "var/lib/docker/theirs").exists()


def test_removing_leaves_nothing(
    machine: Path, debs: Path, installed: list[str], only_docker_missing: None, tmp_path: Path
) -> None:
    engine_setup.install(tmp_path / "cache")
    (machine / "var/lib/docker/volumes").mkdir(parents=True)
    (machine / "var/run/docker").mkdir(parents=True)
    gone = engine_setup.remove()
    assert str(engine_setup.PLACE) in gone
    assert [path for path in machine.rglob("*") if not path.is_dir()] == []
    assert not (machine / "var/lib/docker").exists()
    assert engine_setup.record() is None


def test_a_damaged_package_is_not_kept(debs: Path, installed: list[str], tmp_path: Path) -> None:
    debs.write_text("")
    with pytest.raises(Exception, match="dpkg-deb"):
        engine_setup.install(tmp_path / "cache")
    assert not debs.exists()
    assert not engine_setup.PLACE.exists()


@pytest.mark.parametrize(("name", "codename"), [("debian", "trixie"), ("ubuntu", "noble")])
def test_newer_ones_get_their_own_packages(
    installed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, codename: str
) -> None:
    monkeypatch.setattr(packages, "distribution", lambda: (name, codename))
    engine_setup.install(tmp_path)
    assert installed == engine_setup.OWN_PACKAGES[name]
    installed.clear()
    engine_setup.install_plugins(tmp_path)
    assert installed == engine_setup.OWN_PLUGINS[name]


def test_plugins_alone_do_not_make_an_engine_ours(
    debs: Path, installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_setup.install_plugins(tmp_path / "cache")
    assert engine_setup.record() == {"links": [str(engine_setup.PLUGINS / "docker-compose")]}
    assert not engine_setup.is_ours()
    monkeypatch.setattr(purge, "engine_answers", lambda: False)
    monkeypatch.setattr(purge, "VENV", tmp_path / "venv")
    assert str(engine_setup.PLACE) in list(purge.everything(settings.load(cache_dir=tmp_path / "cache")))
    assert not (engine_setup.PLUGINS / "docker-compose").is_symlink()


def test_an_engine_that_holds_something_of_others_stays(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_setup._remember(data=[])
    answers = """version) echo '{"Version": "26.1", "ApiVersion": "1.45"}';;
context) echo unix:///var/run/docker.sock;;
volume) echo theirs;;"""
    program("docker", f'case "$1" in {answers} esac')
    assert list(purge.our_engine()) == ["nothing of the engine: it holds volumes that are not of this stack"]
    assert engine_setup.is_ours()

    program("docker", f'case "$1" in {answers.replace("echo theirs", "true")} esac')
    stopped: list[bool] = []
    monkeypatch.setattr("dev.engine.stop", lambda: stopped.append(True))
    assert str(engine_setup.PLACE) in list(purge.our_engine())
    assert stopped
    assert list(purge.our_engine()) == [], "it is not ours any more"


def test_our_engine_gets_a_unit_where_systemd_runs(program: Program, machine: Path) -> None:
    program("systemctl", 'echo "$@" >> "$0.log"')
    assert engine_setup.unit(Path("/usr/sbin/dockerd")) == "docker.service"
    daemon = engine_setup.PLACE / "usr/sbin/dockerd"
    assert engine_setup.unit(daemon) == engine_setup.unit(daemon) == "witw-engine.service"
    assert f"ExecStart={daemon}" in engine_setup.UNIT.read_text()
    engine_setup.remove()
    assert not engine_setup.UNIT.exists()


def test_a_damaged_record_counts_as_none() -> None:
    engine_setup.RECORD.parent.mkdir(parents=True)
    engine_setup.RECORD.write_text("{")
    assert engine_setup.record() is None


def test_it_is_possible_as_root_on_a_known_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert engine_setup.supported()
    assert not engine_setup.possible()
    monkeypatch.setattr(packages, "distribution", lambda: ("fedora", ""))
    assert not engine_setup.supported()
