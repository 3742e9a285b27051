"""The front end's packages in a bundle; `test_bundle.py` collects and installs the real ones."""

import json
from pathlib import Path

import pytest

from dev import npm_packages, process
from dev.errors import HostError, ProcessError

SHA = "sha512-abc"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A front end with one package of a registry and the front end itself, which has no checksum."""
    folder = tmp_path / "frontend"
    folder.mkdir()
    packages = {"": {"name": "page"}, "node_modules/left": {"version": "1.0.0", "integrity": SHA}}
    (folder / npm_packages.LOCK).write_text(json.dumps({"packages": packages}))
    return folder


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """What brings Node; nothing opens it here."""
    return tmp_path / f"{npm_packages.NODE_WHEEL}24-py3-none-any.whl"


def npm_that_knows(integrity: str):
    """An npm that installs one package and packs it with a checksum of its own."""

    def run(command: list[str], **options: object) -> process.Result:
        if "ci" in command:
            lock = Path(str(options["cwd"])) / "node_modules" / ".package-lock.json"
            lock.parent.mkdir()
            facts = {"version": "1.0.0", "integrity": SHA}
            lock.write_text(json.dumps({"packages": {"node_modules/a/node_modules/@b/left": facts}}))
            return process.Result(0, "", "")
        if "pack" not in command:
            return process.Result(0, "", "")
        assert "@b/left@1.0.0" in command
        [target] = [word.partition("=")[2] for word in command if word.startswith("--pack-destination")]
        (Path(target) / "b-left-1.0.0.tgz").write_text("package")
        return process.Result(0, json.dumps([{"integrity": integrity, "filename": "b-left-1.0.0.tgz"}]), "")

    return run


def test_without_a_bundle_the_lock_stays_as_it_is(copy: Path, tmp_path: Path) -> None:
    before = (copy / npm_packages.LOCK).read_text()
    assert not npm_packages.use_kept(copy, tmp_path)
    assert (copy / npm_packages.LOCK).read_text() == before


def test_what_was_collected_is_what_the_lock_then_names(
    copy: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "run", npm_that_knows(SHA))
    [package] = npm_packages.collect(tmp_path, [wheel], lambda _: None)
    monkeypatch.setattr(process, "run", lambda *_, **__: pytest.fail("collected again"))
    assert npm_packages.collect(tmp_path, [wheel], lambda _: None) == [package]

    assert npm_packages.use_kept(copy, tmp_path)
    locked = json.loads((copy / npm_packages.LOCK).read_text())["packages"]
    assert locked["node_modules/left"]["resolved"] == f"file:{package}"
    assert locked["node_modules/left"]["integrity"] == SHA
    assert "resolved" not in locked[""]


def test_a_package_that_was_changed_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "run", npm_that_knows("sha512-other"))
    with pytest.raises(HostError, match=r"@b/left@1.0.0 with another checksum"):
        npm_packages.collect(tmp_path, [wheel], lambda _: None)
    assert not npm_packages.folder(tmp_path).exists()


def test_without_a_network_nothing_is_left_half_done(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(command: list[str], **_: object) -> process.Result:
        said = {"stdout": "", "stderr": "ENOTFOUND registry"}
        raise ProcessError(command, returncode=1, timeout=None, env=None, **said)

    monkeypatch.setattr(process, "run", cut_off)
    with pytest.raises(HostError, match="could not be fetched") as raised:
        npm_packages.collect(tmp_path, [wheel], lambda _: None)
    assert "npm needs the network once" in raised.value.remedy
    assert list((tmp_path / "npm").iterdir()) == []
