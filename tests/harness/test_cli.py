"""The command line itself, and what readers see of a run."""

import errno
import io
import os
import signal
import time
from pathlib import Path

import pytest
from rich.console import Console

from dev import cli, commands, console, process
from dev.commands import lock
from dev.errors import WitwError

VERBS = sorted(path.stem for path in Path(commands.__file__).parent.glob("[a-z]*.py"))


def test_help_lists_every_file_of_the_folder(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    said = capfd.readouterr().out
    for verb in VERBS:
        assert f"│ {verb} " in said


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(capfd: pytest.CaptureFixture[str], verb: str) -> None:
    assert cli.main([verb, "--help"]) == 0
    assert f"./witw {verb}" in capfd.readouterr().out


def test_wrong_usage_has_an_exit_code_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["upp"]) == 2
    assert cli.main(["up", "--no-such-option"]) == 2


def test_an_error_is_printed_with_its_details_and_remedy(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise WitwError("it broke [red]", details="line 1", remedy="mend [it]")

    monkeypatch.setattr(cli, "build", fail)
    assert cli.main([]) == 1
    said = capfd.readouterr().err
    assert "error: it broke [red]" in said
    assert "line 1" in said
    assert "to mend it: mend [it]" in said


def test_a_full_disk_is_told_with_the_file_its_room_and_a_remedy(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "file"))

    monkeypatch.setattr(cli, "build", lambda: lambda **_: fill())
    assert cli.main([]) == 1
    said = " ".join(capfd.readouterr().err.split())
    assert f"{tmp_path}/file could not be written: No space left on device" in said
    assert f"GiB free for {tmp_path})" in said
    assert "WITW_CACHE_DIR" in said


def test_a_full_disk_is_told_where_the_system_does_not_name_the_file(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fill() -> None:
        with Path("/dev/full").open("w") as file:
            file.write("text")

    monkeypatch.setenv("WITW_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cli, "build", lambda: lambda **_: fill())
    assert cli.main([]) == 1
    assert f"GiB free for {tmp_path}/cache" in " ".join(capfd.readouterr().err.split())


def test_a_full_disk_is_told_where_no_temporary_file_can_be_made(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill() -> None:
        # As tempfile does once it could write in none of them.
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(cli, "build", lambda: lambda **_: fill())
    assert cli.main([]) == 1
    assert "No usable temporary directory" in " ".join(capfd.readouterr().err.split())


def test_any_other_error_of_the_system_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(cli, "build", lambda: lambda **_: fail())
    with pytest.raises(OSError, match="Input/output error"):
        cli.main([])


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_run_and_its_children(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def work() -> None:
        process.side_by_side(lambda: process.run(["sleep", "60"]), lambda: os.kill(os.getpid(), number))

    monkeypatch.setattr(cli, "build", lambda: lambda **_: work())
    began = time.monotonic()
    assert cli.main([]) == code
    assert time.monotonic() - began < 30
    assert "the same command goes on from there" in capfd.readouterr().err


def test_a_terminal_shows_progress_and_a_log_shows_lines() -> None:
    for terminal in (True, False):
        text = io.StringIO()
        with console.Report(Console(file=text, force_terminal=terminal, width=100)) as report:
            with report.stage("one") as stage:
                stage.say("[working] " + "x" * 200)
                stage.say("at last")
            with pytest.raises(ValueError, match="no"), report.stage("two"):
                raise ValueError("no")
        assert ("one: done in" in text.getvalue()) is not terminal
        assert ("two: failed after" in text.getvalue()) is not terminal
        assert "at last" in text.getvalue()
        assert report.changed


def test_the_table_holds_every_stage_and_the_whole() -> None:
    text = io.StringIO()
    with console.Report(Console(file=io.StringIO())) as report:
        with report.stage("one") as stage:
            stage.unchanged("all there")
        assert not report.changed
        report.add("of it two", 3.25, "by somebody else")
    Console(file=text, width=100).print(report.table())
    assert "all there" in text.getvalue()
    assert "3.2" in text.getvalue()
    assert "from the first stage to the last" in text.getvalue()


def test_lock_makes_every_lock_file_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real uv, on a project that needs nothing."""
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\n'
        "[dependency-groups]\ndev = []\ntest = []\nfrontend = []\nload = []\n"
    )
    for file in lock.LOCKS:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("old\n" if file.startswith("app") else "")
    assert cli.main(["lock"]) == 0
    assert "app/requirements.txt: changed" in capfd.readouterr().out
    assert cli.main(["lock", "--upgrade"]) == 0
    assert "app/requirements.txt: as it was" in capfd.readouterr().out

    (tmp_path / "pyproject.toml").write_text("[project")
    assert cli.main(["lock"]) == 1
    assert "app/requirements.txt could not be made" in capfd.readouterr().err
