"""What a test run leaves behind."""

from pathlib import Path

import pytest

from dev import reports
from dev.reports import Counts

JUNIT = """<testsuites><testsuite name="pytest" tests="9" failures="2" errors="1" skipped="3">
<testcase name="a"/></testsuite></testsuites>"""


def test_counts_are_read_from_a_junit_file(tmp_path: Path) -> None:
    file = tmp_path / "unit.xml"
    file.write_text(JUNIT)

    assert reports.counts(file) == Counts(passed=3, failed=3, skipped=3)


@pytest.mark.parametrize("text", [None, "", "<testsuites><testsu"])
def test_a_run_that_ended_before_its_tests_counts_none(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "unit.xml"
    if text is not None:
        file.write_text(text)

    assert reports.counts(file) == Counts()


@pytest.mark.parametrize(
    "line",
    [
        "============================== 12 passed in 3.21s ==============================",
        "============ 1 failed, 110 passed, 2 skipped in 61.02s (0:01:01) ===============",
        "==================== 3 passed, 4 subtests passed in 1.00s ======================",
        "============================ no tests ran in 0.01s =============================",
    ],
)
def test_pytests_last_words_are_found(tmp_path: Path, line: str) -> None:
    log = tmp_path / "unit.log"
    log.write_text(
        f"===== test session starts =====\n....\n===== FAILURES =====\n{line}\nunit: OK (3.1 seconds)\n"
    )

    assert reports.closing_lines(log) == [line]


def test_a_missing_log_has_no_last_words(tmp_path: Path) -> None:
    assert reports.closing_lines(tmp_path / "unit.log") == []


def test_old_reports_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "FOLDER", tmp_path)
    for day in range(10, 30):
        (old := tmp_path / "reports" / f"test-202001{day}-000000").mkdir(parents=True)
        (old / "unit.log").write_text("")

    made = reports.new_folder("test")

    left = sorted(folder.name for folder in (tmp_path / "reports").iterdir())
    assert len(left) == reports.KEPT
    assert left[-1] == made.name
    assert left[0] == "test-20200121-000000"


def test_tests_that_needed_a_second_try_are_named_once_with_their_cause(tmp_path: Path) -> None:
    log = tmp_path / "e2e.log"
    log.write_text(
        "___ test_y ___\nE   another one's\n"
        "___ first try: tests/a.py::test_x[a b] ___\n>   assert is_well()\nE       Broken: no\nE       more\n"
        "RERUN tests/a.py::test_x[a b]\nRERUN tests/a.py::test_x[a b]\nRERUN tests/a.py::test_z\n"
        "FAILED tests/a.py::test_y - no\n1 rerun\n"
    )
    assert reports.tried_twice(log) == {"tests/a.py::test_x[a b]": "Broken: no", "tests/a.py::test_z": ""}
    assert reports.tried_twice(tmp_path / "absent.log") == {}
