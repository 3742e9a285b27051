"""`./witw test`, on a small project of its own."""

import configparser
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dev.commands import test as command
from dev.settings import ROOT

TOX = """
[tox]
env_list = lint, unit
no_package = true
[testenv]
allowlist_externals = {python}
pass_env = PYTHONPATH
{timeouts}
"""

COMMANDS = {
    "lint": "{python} -m pytest -p no:cacheprovider test_good.py {{posargs}}",
    "unit": "{python} -m pytest -p no:cacheprovider test_mixed.py {{posargs}}",
}


CLEANING = 7
"""Seconds that interrupted tests of the small project clean up: tox sends its own signal meanwhile."""

CONFTEST = f"""
import pathlib, time
from tests.conftest import pytest_configure, pytest_keyboard_interrupt
def pytest_sessionfinish():
    time.sleep({CLEANING})
    pathlib.Path("cleaned").touch()
"""

DRIVER = """
import pathlib, sys
from dev import cli, process, reports
from dev.commands import test
process.GRACE = 1
test.ROOT = pathlib.Path.cwd()
reports.FOLDER = test.ROOT / ".witw"
sys.exit(cli.main(["test", *sys.argv[1:]]))
"""


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `./witw test` on the small project.

    A tox that runs us names its folders in TOX_*; that of the small project must not take them for its own.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TOX_")}
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, *arguments],
        cwd=project,
        env=ours | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def witw_test(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `./witw test` on the small project to its end."""
    with start(project, *arguments) as run:
        out, err = run.communicate(timeout=120)
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two environments: one has passing tests, the other what a test puts into it."""
    timeouts = "\n".join(f"{name} = {value}" for name, value in our_timeouts().items())
    lines = [TOX.format(python=sys.executable, timeouts=timeouts)]
    lines += [
        f"[testenv:{name}]\ncommands = {line.format(python=sys.executable)}"
        for name, line in COMMANDS.items()
    ]
    (tmp_path / "tox.ini").write_text("\n".join(lines))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_good.py").write_text("def test_one(): pass\ndef test_two(): pass\n")
    (tmp_path / "test_mixed.py").write_text("def test_three(): pass\n")
    return tmp_path


def test_all_environments_run_and_are_summed_up(project: Path) -> None:
    run = witw_test(project)

    assert run.returncode == 0, run.stdout + run.stderr
    table = [line.split() for line in run.stdout.splitlines() if line.startswith("│")]
    assert [line[1:9:2] for line in table] == [["lint", "passed", "2", "0"], ["unit", "passed", "1", "0"]]
    assert any(line.startswith("=") and "2 passed in" in line for line in run.stdout.splitlines())
    assert "2 passed in" in next(project.glob(".witw/reports/test-*/lint.log")).read_text()
    assert next(project.glob(".witw/reports/test-*/unit.xml")).exists()


def test_a_failing_test_is_named_and_fails_the_command(project: Path) -> None:
    (project / "test_mixed.py").write_text("def test_three(): pass\ndef test_four(): assert 2 + 2 == 5\n")

    run = witw_test(project, "unit")

    assert run.returncode == 1
    assert "1 failed, 1 passed" in run.stdout
    assert "FAILED test_mixed.py::test_four" in run.stderr
    assert [line.split()[1] for line in run.stdout.splitlines() if line.startswith("│")] == ["unit"]


def test_an_environment_that_breaks_shows_its_last_lines(project: Path) -> None:
    (project / "tox.ini").write_text(
        "[tox]\nenv_list = lint\nno_package = true\n[testenv]\ncommands = no-such-program\n"
    )

    run = witw_test(project)

    assert run.returncode == 1
    assert "no-such-program" in run.stderr


def test_an_environment_without_tests_has_not_passed(project: Path) -> None:
    (project / "tox.ini").write_text(
        "[tox]\nenv_list = lint\nno_package = true\n"
        f"[testenv]\nallowlist_externals = {sys.executable}\ncommands = {sys.executable} -c pass\n"
    )

    assert witw_test(project).returncode == 1


def test_an_unknown_environment_is_refused_with_a_choice(project: Path) -> None:
    run = witw_test(project, "untit")

    assert run.returncode == 1
    assert "choose from lint, unit" in run.stderr


def test_what_needs_no_stack_runs_beside_what_does_and_what_measures_runs_alone() -> None:
    def names(*chosen: str, one_by_one: bool = False) -> list[list[list[str]]]:
        runs = [command.Run(name, Path()) for name in chosen]
        found = command.stages(runs, one_by_one=one_by_one)
        return [[[run.name for run in lane] for lane in lanes] for lanes in found]

    everything = ("lint", "unit", "compose", "browser", "e2e")
    assert names(*everything) == [[["compose"], ["lint", "unit"]], [["browser", "e2e"]]]
    assert names(*everything, one_by_one=True) == [[list(everything)]]
    assert names("unit", "lint") == [[["unit", "lint"]]]
    assert names("browser") == [[["browser"]]]


def test_a_failed_test_shows_what_an_error_of_ours_knows(project: Path) -> None:
    (project / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (project / "test_good.py").write_text(
        "from dev.errors import ImageError\n"
        "def test_bad():\n    raise ImageError('oh', details='a line'.upper(), remedy='do it'.upper())\n"
    )

    assert "A LINE\nDO IT" in witw_test(project, "lint").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_children_cleans_up_and_sums_up(
    project: Path, number: signal.Signals
) -> None:
    (project / "conftest.py").write_text(CONFTEST)
    (project / "test_good.py").write_text(
        "import os, pathlib, time\n"
        "def test_long():\n    pathlib.Path('pid').write_text(str(os.getpid()))\n    time.sleep(60)\n"
    )
    run = start(project)
    deadline = time.monotonic() + 60
    while not (project / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int((project / "pid").read_text())

    run.send_signal(number)
    out, err = run.communicate(timeout=60)

    assert run.returncode == 128 + number, out + err
    assert out.count("not finished") == len(COMMANDS)
    assert "unit │" not in out, "what follows in the lane is not begun"
    assert not is_alive(pid)
    assert (project / "cleaned").exists(), "the tests had the time that they needed"


def test_a_cluster_can_be_taken_down_before_tox_ends_its_tests_and_we_end_tox() -> None:
    assert 60 < sum(our_timeouts().values()) < command.CLEANING


def our_timeouts() -> dict[str, int]:
    """The seconds that our own tox.ini gives to tests that are interrupted."""
    ours = configparser.ConfigParser(interpolation=None)
    ours.read(ROOT / "tox.ini")
    return {name: int(value) for name, value in ours.items("testenv") if name.endswith("_timeout")}


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has buried yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
