"""What the reader sees of a command that works and waits."""

import io

from rich.console import Console

from dev.console import Report

HEADINGS = ("not ready", "reason")


def test_rows_are_a_table_below_the_stages_as_long_as_they_last():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Report(console) as report, report.stage("ready") as stage:
        stage.rows(HEADINGS, [("Pod n/p", "starting")])
        console.print(*report.display())
        assert "Pod n/p" in console.file.getvalue()
        console.file.truncate(0)
        stage.rows(HEADINGS, [])
        console.print(*report.display())
        assert "Pod n/p" not in console.file.getvalue()


def test_a_log_gets_each_row_once():
    console = Console(file=io.StringIO(), width=80)
    with Report(console) as report, report.stage("ready") as stage:
        for _ in range(3):
            stage.rows(HEADINGS, [("Pod n/[p]", "starting")])
        stage.rows(HEADINGS, [("Pod n/[p]", "ready soon")])
    lines = console.file.getvalue().splitlines()
    assert lines[1:3] == ["ready: Pod n/[p], starting", "ready: Pod n/[p], ready soon"]
