"""`./witw doctor`: whether `up` can work here, and what would help."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from dev import console, doctor, settings
from dev.commands import STACK

PANEL = STACK

MARKS = {doctor.Level.OK: "[green]✓", doctor.Level.NOTE: "[yellow]![/]", doctor.Level.FAIL: "[bold red]✗"}


def command(
    *,
    show_settings: Annotated[
        bool, typer.Option("--settings", help="List the settings, their values and what they mean.")
    ] = False,
) -> int:
    """Check this machine. The exit code is 0 when `up` can work; `!` marks what is worth knowing."""
    chosen = settings.load()
    if show_settings:
        console.out.print(_settings_table(chosen))
        return 0
    table = Table("", "check", "found", "what to do")
    failed = 0
    for check in doctor.everything(chosen):
        table.add_row(MARKS[check.level], check.name, escape(check.found), escape(check.fix))
        failed += check.level is doctor.Level.FAIL
    console.out.print(table)
    console.out.print(
        f"`./witw up` cannot work: {failed} checks failed" if failed else "`./witw up` can work"
    )
    return 1 if failed else 0


def _settings_table(chosen: settings.Settings) -> Table:
    table = Table("setting", "value", "meaning")
    for name, field in settings.Settings.model_fields.items():
        value = str(getattr(chosen, name))
        shown = escape(value) if name in chosen.model_fields_set else f"[dim]{escape(value)}"
        table.add_row(settings.PREFIX + name.upper(), shown, escape(field.description or ""))
    return table
