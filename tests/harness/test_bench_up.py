"""`./witw bench up`: what it makes of its runs, and that it leaves the checkout and other clusters alone."""

import io
import json
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from dev import cluster, cluster_config, process, registry, settings, state
from dev.bench import answers, checkout, times
from dev.bench import cluster as bench
from dev.bench.times import Times
from dev.console import Report, Stage
from dev.errors import ClusterError, ProcessError
from tests.harness.conftest import Program

SAID = """images: ...
images: done in 2.5 s, built witw/app:dev
push: done in 0.4 s, pushed app
ready: Pod witw/witw-1, app, starting
ready: nothing to do in 3.0 s, all pods
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    return tmp_path / ".witw"


def quiet() -> Report:
    return Report(Console(file=io.StringIO()))


def shown(found: Times) -> str:
    text = Console(file=io.StringIO(), width=160)
    for table in found.tables():
        text.print(table)
    return text.file.getvalue()  # type: ignore[attr-defined]


def test_one_slow_run_does_not_move_the_median() -> None:
    found = Times()
    for seconds in (41.0, 300.0, 43.0):
        found.add(times.UP, seconds)
    assert found.median(times.UP) == 43.0
    assert found.is_reached(times.UP) is True


def test_the_stages_of_a_command_are_read_from_what_it_says() -> None:
    assert list(times.stages(SAID)) == [("images", 2.5), ("push", 0.4), ("ready", 3.0)]
    assert times.stage(SAID, "push") == 0.4


def test_a_figure_is_missed_when_its_median_is_over_the_limit() -> None:
    found = Times()
    found.add(times.CHANGE, 15.1, SAID)
    assert found.is_reached(times.CHANGE) is False
    assert found.is_reached(times.RESTART) is None
    assert "one line changed" in shown(found)
    assert "Stages of one line changed" in shown(found)


@pytest.mark.parametrize(("push", "reached"), [(0.9, True), (1.1, False)])
def test_a_push_is_held_against_kind_load(push: float, reached: bool) -> None:
    found = Times()
    found.add(times.PUSH, push)
    assert found.is_reached(times.PUSH) is None
    found.add(times.LOAD, 10.0)
    assert found.is_reached(times.PUSH) is reached


def test_figures_are_kept_with_every_run(tmp_path: Path) -> None:
    found = Times(cold={"seconds": 900.0, "stages": [{"stage": "go kubernetes", "seconds": 540.0}]})
    found.add(times.UP, 40.0, SAID)
    found.add(times.UP, 42.0, SAID)
    found.write(tmp_path / "figures.json")
    kept = json.loads((tmp_path / "figures.json").read_text())
    assert kept["medians"] == {times.UP: 41.0}
    assert kept["runs"][times.UP] == [40.0, 42.0]
    assert kept["stages"][times.UP]["images"] == [2.5, 2.5]
    assert "go kubernetes" in shown(found)


@pytest.mark.parametrize(
    ("names", "cold"), [(["checks", "go kubernetes"], True), (["bootstrap"], True), (["images"], False)]
)
def test_an_up_is_cold_when_something_was_made_from_nothing(names: list[str], cold: bool) -> None:
    assert times.is_cold(names) is cold


def test_the_first_answer_is_timed_once_the_cluster_has_a_port(folder: Path) -> None:
    asked: list[str] = []

    def ask(url: str) -> bool:
        asked.append(url)
        return len(asked) > 2

    with answers.FirstAnswer("some", ask) as answer:
        time.sleep(2 * answers.PAUSE)
        assert asked == []
        state.write(cluster.folder_of("some") / "cluster.json", '{"ports": {"public": 8099}}')
        answer.wait(30)
    assert answer.seconds is not None
    assert set(asked) == {"http://localhost:8099/login"}


def test_a_copy_has_what_git_knows_and_its_clusters_are_ours(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "checkout"
    for name in ("app/config/wsgi.py", "new.py", "secret.env", "gone.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    (root / ".gitignore").write_text("*.env\n")
    for command in (["init", "--quiet"], ["add", "app", "gone.py"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    (root / "gone.py").unlink()
    state.set_stamp("image-app", id="1")
    monkeypatch.setattr(checkout, "ROOT", root)
    copy = checkout.make(tmp_path / "copy")
    assert {path.name for path in copy.folder.iterdir()} == {".gitignore", ".witw", "app", "new.py"}
    assert (copy.folder / ".witw" / "stamps" / "image-app.json").exists()
    assert (copy.folder / ".witw" / "clusters").resolve() == folder / "clusters"
    copy.change(1)
    copy.change(2)
    assert (copy.folder / "app/config/wsgi.py").read_text() == "x = 1\nBENCH = 2\n"
    assert (root / "app/config/wsgi.py").read_text() == "x = 1\n"


def test_a_cluster_that_was_not_made_for_the_bench_stops_it(folder: Path) -> None:
    state.write(cluster.folder_of("mine") / "cluster.json", '{"ports": {}, "ready": true}')
    with (
        pytest.raises(ClusterError, match="the cluster mine is there"),
        bench.prepared(settings.load(), "mine", quiet()),
    ):
        pass
    assert cluster.recorded("mine")


def test_whatever_ends_it_all_is_taken_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted: list[str] = []

    def delete(name: str, _: settings.Settings) -> bool:
        deleted.append(name)
        return True

    def no_docker(command: list[str], **_: object) -> process.Result:
        return process.Result(0, "witw/app:bench\n" if "ls" in command else "", "")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cluster, "delete", delete)
    monkeypatch.setattr(process, "run", no_docker)
    monkeypatch.setattr(registry, "forget", lambda _, name: deleted.append(f"images of {name}"))
    monkeypatch.setattr(bench.checkout, "make", lambda folder: folder.mkdir(parents=True))
    monkeypatch.setattr(bench, "_bench", stopped)
    with pytest.raises(KeyboardInterrupt), bench.prepared(settings.load(), "some", quiet()):
        pass
    assert deleted == ["some", "some-bare", "images of some"]
    assert not (folder / "bench" / "some").exists()


def test_an_idle_cluster_is_held_against_what_it_may_take(
    folder: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        "docker",
        """case "$*" in
        *own-control-plane*own-registry*) echo '10.00% 1.5GiB / 8GiB'; echo '2.00% 512MiB / 8GiB' ;;
        *) exit 1 ;;
        esac""",
    )
    node = cluster.Node("1a2b", "own-control-plane", running=True)
    monkeypatch.setattr(cluster, "nodes", lambda _: [node])
    monkeypatch.setattr(registry, "container_name", lambda _: "own-registry")
    monkeypatch.setattr(bench, "IDLE", 0.0)
    found = Times()
    one = bench.Bench(
        settings.load(), "own", checkout.Checkout(folder), Path("kind"), "node:1", "localhost:1"
    )
    one._idle(0, found, Stage("idle"))
    assert found.idle == {"GiB": [2.0], "core": [0.12]}
    said = " ".join(shown(found).split())
    assert "Idle: node and registry" in said
    assert "GiB │ 2.00 │ 3 │" in said
    assert "core │ 0.12 │ 0.4 │" in said
    found.write(folder / "figures.json")
    assert json.loads((folder / "figures.json").read_text())["idle"] == found.idle


def test_a_bare_cluster_has_only_what_this_machine_needs() -> None:
    cause = cluster_config.Cause("cgroup version 1", {"failCgroupV1": False}, "[x]\n")
    config = yaml.safe_load(cluster_config.bare([cause]))
    assert set(config) == {"kind", "apiVersion", "containerdConfigPatches", "kubeadmConfigPatches"}
    assert config["containerdConfigPatches"] == ["[x]\n"]
    assert "extraPortMappings" not in json.dumps(config)


def test_what_was_measured_before_a_failure_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Times()
    one = bench.Bench(
        settings.load(), "some", checkout.Checkout(folder), Path("kind"), "node:1", "localhost:1"
    )

    def create(_: bench.Bench, number: int, into: Times, __: Stage) -> None:
        if number:
            raise ProcessError(["kind"], returncode=1, timeout=None, env=None, stdout="", stderr="")
        into.add(times.CREATE, 20.0)

    monkeypatch.setattr(bench.Bench, "_create", create)
    with pytest.raises(ProcessError):
        one.measure(2, found, quiet())
    assert found.runs == {times.CREATE: [20.0]}
