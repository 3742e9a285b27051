"""What a bundle brings to another machine, with an engine that only remembers names and ids of images."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev import (
    base_image,
    bundle,
    bundle_contents,
    bundle_file,
    bundle_images,
    catalogue_images,
    charts,
    cli,
    engine,
    images,
    index,
    launch,
    npm_packages,
    process,
    settings,
    state,
    toolchain,
    wheels,
)
from dev.compose import Compose
from dev.errors import BundleError, HostError, ProcessError
from dev.tools import golang, promtool
from tests.harness.conftest import Program

DOCKER = """
import json, os, sys
from pathlib import Path
file = Path(os.environ["ENGINE_STATE"])
images = json.loads(file.read_text())
words = [word for word in sys.argv[1:] if word != "--quiet"]
match words:
    case ["image", "inspect", "--format", _, name]:
        sys.exit(print(images[name]) if name in images else 1)
    case ["image", "inspect", *names]:
        print(*("1000" for name in names[1:]), sep="\\n")
    case ["tag", old, new]:
        images[new] = images.get(old, old)
    case ["image", "rm", *names]:
        for name in names:
            images.pop(name, None)
    case ["save", *names]:
        json.dump({name: images[name] for name in names}, sys.stdout)
    case ["load"]:
        if "no room" in images:
            sys.exit("no space left on device")
        images |= json.load(sys.stdin)
file.write_text(json.dumps(images))
"""


class Machine:
    """A machine with an engine, a cache and a `.witw` of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        folder.mkdir()
        self.set(**{base_image.own_tag(): "sha256:base"})

    def use(self) -> "Machine":
        """Let everything that follows happen on this one."""
        self._monkeypatch.setenv("ENGINE_STATE", str(self.folder / "engine.json"))
        self._monkeypatch.setenv("WITW_CACHE_DIR", str(self.folder / "cache"))
        self._monkeypatch.setattr(state, "FOLDER", self.folder / ".witw")
        self._monkeypatch.setattr(charts, "FOLDER", self.folder / ".witw/charts")
        return self

    @property
    def images(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "engine.json").read_text()))

    def set(self, **images: str) -> None:
        (self.folder / "engine.json").write_text(json.dumps(images))


@pytest.fixture
def machines(tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine]:
    """One that saves, with everything in place, and one that loads and has nothing."""
    (tmp_path / "docker.py").write_text(DOCKER)
    program("docker", f'exec {sys.executable} -I -S {tmp_path}/docker.py "$@"')
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM base\n")
    config = {"name": "witw", "services": {"app": {"image": "witw/app:dev", "build": {"context": context}}}}
    monkeypatch.setattr(Compose, "config", lambda _: config)
    monkeypatch.setattr(engine, "ensure", lambda _: (engine.Engine("26.1.5", (1, 45), "unix:///x"), ""))
    monkeypatch.setattr(engine, "is_local", lambda: False)
    monkeypatch.setattr(images, "build", lambda *_: [])
    monkeypatch.setattr(images, "build_environment", lambda *_: {})
    monkeypatch.setattr(catalogue_images, "ensure", found)
    monkeypatch.setattr(catalogue_images, "find", lambda *_: True)
    monkeypatch.setattr(bundle_contents, "_program", tool)
    monkeypatch.setattr(toolchain, "find", lambda name, chosen: tool(name, chosen) if there(name) else None)
    monkeypatch.setattr(golang, "build", lambda name, _, cache: written(cache / "tools" / name))
    monkeypatch.setattr(promtool, "ensure", lambda cache: written(cache / "tools" / "promtool"))
    monkeypatch.setattr(charts, "ensure", chart)
    monkeypatch.setattr(charts, "find", lambda name, _: (charts.FOLDER / name).exists() or None)
    monkeypatch.setattr(npm_packages, "_download", lambda aside, *_: written(aside / "new/one.tgz").parent)
    monkeypatch.setattr(wheels, "_download", lambda folder, _: written(folder / "one-1.0-py3-none-any.whl"))
    saver, loader = Machine(tmp_path / "saver", monkeypatch), Machine(tmp_path / "loader", monkeypatch)
    loader.set()
    saver.set(
        **saver.images,
        **{"witw/app:dev": "sha256:app", "pulled:1": "sha256:1", "witw/registry:b": "sha256:2"},
    )
    return saver, loader


def written(path: Path, content: str = "content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{path.name}: {content}")
    path.chmod(0o755)
    return path


def there(name: str) -> bool:
    return (settings.load().cache_dir / "programs" / name).exists()


def tool(name: str, chosen: settings.Settings, *_: object) -> Path:
    written(chosen.cache_dir / f"programs/{name}.sha256")
    return written(chosen.cache_dir / "programs" / name)


def chart(name: str, *_: object) -> Path:
    state.set_stamp(charts.stamp_name(name), origin="made")
    return written(charts.FOLDER / name / "templates/one.yaml").parent.parent


def found(name: str, *_: object) -> catalogue_images.Found:
    if name == "registry":
        return catalogue_images.Found(name, "witw/registry:b", catalogue_images.BUILT)
    return catalogue_images.Found(name, "pulled:1", catalogue_images.PULLED)


@pytest.fixture
def file(machines: tuple[Machine, Machine], tmp_path: Path) -> Path:
    """The bundle of the first machine, before which we leave it for the second."""
    machines[0].use()
    assert cli.main(["bundle", "save", str(tmp_path / "witw.bundle")]) == 0
    assert not [name for name in machines[0].images if name.startswith("witw/bundle")]
    machines[1].use()
    return tmp_path / "witw.bundle"


def test_everything_arrives_where_the_harness_looks(
    file: Path, machines: tuple[Machine, Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    cache = machines[1].folder / "cache"
    assert cli.main(["bundle", "load", str(file)]) == 0
    assert (cache / "programs/kubectl").read_text() == "kubectl: content"
    assert (cache / "programs/kubectl").stat().st_mode & 0o777 == 0o755
    assert (cache / "tools/gitleaks").exists()
    assert (npm_packages.folder(cache) / "one.tgz").exists()
    assert (state.FOLDER / "charts/gateway-helm/templates/one.yaml").exists()
    assert state.stamp("chart-gateway-helm") == {"origin": "made"}
    brought = machines[1].images
    assert brought[base_image.own_tag()] == "sha256:base"
    assert brought["witw/app:dev"] == "sha256:app"
    assert brought[catalogue_images.bundled_tag("node")] == "sha256:1"
    assert not [name for name in brought if name.startswith("witw/bundle")]
    [app] = images.declared(Compose(settings.load()).config())
    assert images.stale([app], base_image.own_tag()) == []
    assert state.stamp("base")["brought"] == [base_image.own_tag()]

    capsys.readouterr()
    assert cli.main(["bundle", "load", str(file)]) == 0
    assert capsys.readouterr().out.count("all here") >= 3
    assert cli.main(["bundle", "show", str(file)]) == 0
    assert "image witw/app:dev" in capsys.readouterr().out


def test_an_image_of_other_code_replaces_nothing(
    file: Path, machines: tuple[Machine, Machine], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machines[1].set(**{"witw/app:dev": "sha256:mine"})
    (tmp_path / "context/Dockerfile").write_text("FROM base\nRUN something new\n")
    assert cli.main(["bundle", "load", str(file)]) == 0
    said = capsys.readouterr().out
    assert "not of this state of the checkout: witw/app:dev" in said
    assert "still to be fetched or built, with network: witw/app:dev" in said
    assert machines[1].images["witw/app:dev"] == "sha256:mine"
    assert machines[1].images[base_image.own_tag()] == "sha256:base"


def test_of_a_damaged_bundle_nothing_is_used(
    file: Path, machines: tuple[Machine, Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    opened = bundle_file.open_bundle(file)
    [member] = opened.of_kind(bundle_file.IMAGES)
    with file.open("r+b") as stream:
        stream.seek(opened._offset(member) + 512 + 10)
        stream.write(b"\0\0\0\0")
    assert cli.main(["bundle", "load", str(file)]) == 1
    said = capsys.readouterr().err
    assert "images.tar.zst: its sha256 is" in said.replace("\n", "")
    assert member.sha256 in said
    assert machines[1].images == {}
    assert not (machines[1].folder / "cache").exists()
    assert not wheels.folder().exists()


def test_an_engine_without_room_keeps_nothing(
    file: Path, machines: tuple[Machine, Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    machines[1].set(**{"no room": ""})
    assert cli.main(["bundle", "load", str(file)]) == 1
    assert "no space left on device" in capsys.readouterr().err
    assert machines[1].images == {"no room": ""}


def test_no_room_is_said_before_anything_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle.host, "disk_free", lambda _: 1000)
    assert cli.main(["bundle", "load", str(file)]) == 1
    before = file.read_bytes()
    assert cli.main(["bundle", "save", str(file)]) == 1
    assert file.read_bytes() == before


def test_another_machine_and_another_python_are_told_apart(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundle_file, "this_python", lambda: "cpython-399 linux-x86_64")
    assert cli.main(["bundle", "load", str(file)]) == 0
    assert "left out: they are for cpython-3" in capsys.readouterr().out
    monkeypatch.setattr(bundle.platform, "machine", lambda: "vax")
    assert cli.main(["bundle", "load", str(file)]) == 1
    assert "this machine is vax" in capsys.readouterr().err


def test_the_tests_are_installed_from_the_bundle_while_the_locks_are_the_same(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["bundle", "load", str(file)]) == 0
    assert index.for_uv() == {
        "UV_FIND_LINKS": str(state.FOLDER / "wheels"),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }
    monkeypatch.setattr(wheels.programs, "checksum", lambda _: "another")
    assert "UV_OFFLINE" not in index.for_uv()


def test_the_launcher_makes_its_environment_from_the_wheels(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(launch, "STATE", tmp_path / "new/.witw")
    monkeypatch.setattr(launch, "WHEELS", tmp_path / "new/.witw/wheels")
    monkeypatch.setattr(launch, "VENV", tmp_path / "new/.venv")
    monkeypatch.setattr(launch, "_installer", lambda _: ["pip"])
    monkeypatch.setattr(process, "run", lambda command, **_: called.append(command))
    (tmp_path / "new").mkdir()
    monkeypatch.setattr(launch, "_move", lambda *_: None)
    launch.ensure(bundle=file)
    assert "--no-index" in called[0]
    assert f"--find-links={tmp_path}/new/.witw/wheels" in called[0]


def test_pip_runs_out_of_its_wheel_where_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "pip-1.0-py3-none-any.whl").touch()
    monkeypatch.setattr(launch, "WHEELS", folder)
    monkeypatch.setattr(launch, "_wheels_serve", lambda: True)
    monkeypatch.setattr(launch, "_has", lambda _: False)
    assert launch._installer(tmp_path / "venv")[1:3] == [f"{folder}/pip-1.0-py3-none-any.whl/pip", "--python"]


def test_packages_that_cannot_be_had_are_an_error_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise ProcessError(command, returncode=1, timeout=None, env=None, stdout="", stderr="no such package")

    monkeypatch.setattr(wheels, "_pip", lambda: ["pip"])
    monkeypatch.setattr(process, "run", fail)
    with pytest.raises(HostError, match="could not be fetched") as error:
        wheels.collect(tmp_path, lambda _: None)
    assert "no such package" in error.value.details
    assert list((tmp_path / "wheels").iterdir()) == []


def test_a_file_without_a_place_is_refused() -> None:
    with pytest.raises(BundleError, match="no place"):
        bundle_contents.place("state/clusters/witw/kubeconfig", settings.load())
    with pytest.raises(BundleError, match="no place"):
        bundle_contents.place("cache/../../x", settings.load())


def test_what_is_no_packed_stream_is_an_error() -> None:
    with pytest.raises(BundleError, match="cannot be unpacked"):
        list(bundle.decompress([b"nothing packed"]))


def test_packing_and_unpacking_gives_the_same() -> None:
    def source() -> Iterator[bytes]:
        yield from (bytes([number]) * 100_000 for number in range(200))

    assert b"".join(bundle.decompress(bundle.compress(source()))) == b"".join(source())


def test_an_image_that_this_checkout_does_not_know_does_not_fit() -> None:
    unknown = bundle_images.Carried("mars", bundle_images.CATALOGUE, "witw/mars:1", "", "sha256:3")
    assert not bundle_images.fits(unknown, bundle_images.Selection([], "", ""), settings.load())
