"""What the harness remembers."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev import state
from dev.errors import WitwError


def test_a_stamp_says_what_a_step_was_made_from() -> None:
    state.set_stamp("step", content="abc")
    assert state.stamp("step") == {"content": "abc"}


def test_a_step_that_was_never_finished_has_no_stamp() -> None:
    assert state.stamp("step") == {}


@pytest.mark.parametrize("damage", ["", "{", "[1]"])
def test_a_damaged_stamp_counts_as_none(own_state: Path, damage: str) -> None:
    state.set_stamp("step", a=1)
    (own_state / "stamps" / "step.json").write_text(damage)
    assert state.stamp("step") == {}


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    state.write(tmp_path / "new" / "file", "one", mode=0o600)
    state.write(tmp_path / "new" / "file", "two", mode=0o600)
    assert (tmp_path / "new" / "file").read_text() == "two"
    assert (tmp_path / "new" / "file").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_a_file_that_the_disk_has_no_room_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open
    monkeypatch.setattr(state.os, "open", lambda *_: real("/dev/full", os.O_WRONLY))
    with pytest.raises(OSError, match="No space left") as caught:
        state.write(tmp_path / "file", "text")
    assert caught.value.filename == str(tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_images_that_are_built_side_by_side_are_all_remembered() -> None:
    together = threading.Barrier(8)

    def remember(number: int) -> None:
        together.wait()
        for round_ in range(20):
            state.add_to_stamp("built", "ids", [f"{number}-{round_}"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(remember, range(8)))
    assert len(state.stamp("built")["ids"]) == 160
    assert [path.suffix for path in sorted(state.file_of_stamp("built").parent.iterdir())] == [
        ".json",
        ".lock",
    ]


def test_writers_side_by_side_do_not_take_each_others_files(tmp_path: Path) -> None:
    file, together = tmp_path / "file", threading.Barrier(8)

    def write(number: int) -> None:
        together.wait()
        for _ in range(50):
            state.write(file, str(number) * 10_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(set(file.read_text())) == 1
    assert list(tmp_path.iterdir()) == [file]


def test_the_borders_of_hashed_parts_count() -> None:
    assert state.digest("ab", "c") != state.digest("a", "bc")
    assert state.digest("ab", b"c") == state.digest("ab", "c")


def test_only_one_command_at_a_time_changes_the_stack(own_state: Path) -> None:
    holder = (
        "import sys, pathlib; from dev import state; state.FOLDER = pathlib.Path(sys.argv[1])\n"
        "with state.only_one('up'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(own_state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(WitwError, match=rf"`./witw up` \(process {other.pid}\) is at work"),
            state.only_one("down"),
        ):
            pytest.fail("two at once")
        other.stdin.close()
    with state.only_one("down"):
        pass


def test_a_killed_holder_leaves_no_lock(own_state: Path) -> None:
    own_state.mkdir()
    (own_state / "lock").write_text("`./witw up` (process 1)")
    with state.only_one("down"):
        assert "down" in (own_state / "lock").read_text()
