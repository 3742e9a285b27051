"""The command line: one verb for every file in `dev/commands/`, and the one place where errors end a run."""

from __future__ import annotations

import contextlib
import functools
import importlib
import pkgutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import NoReturn

import typer

from dev import commands, console, disk, process, settings, state
from dev.errors import SettingsError, WitwError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 when it worked, 1 for an error, 2 for wrong usage, 128 + the number of the signal that ended it.
    """
    signals: list[int] = []

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        # A second signal must not interrupt the cleaning up.
        signal.signal(number, signal.SIG_IGN)
        signals.append(number)
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        build()(args=arguments, prog_name="./witw")
        code: int | str | None = 0
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = None
    except WitwError as error:
        console.print_error(error)
        code = 1
    except OSError as error:
        if (no_room := disk.full(error, _places())) is None:
            raise
        console.print_error(no_room)
        code = 1
    finally:
        process.end_children()
        for number, handler in before.items():
            signal.signal(number, handler)
    if signals:
        console.err.print("ended; what is finished is kept, and the same command goes on from there")
        return 128 + signals[0]
    return code if isinstance(code, int) else 0


def build() -> typer.Typer:
    """Make the command line out of the files in `dev/commands/`.

    A file `verb.py` holds a function `command`, whose signature gives the options and whose docstring the
    help, and `PANEL`, the heading under which the help lists it. What `command` returns is the exit code,
    nothing being 0. A verb with sub-verbs has `app`, a Typer, in place of `command`. `CONTEXT` is
    for a verb that hands its arguments over. A name's underscores become dashes.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(
        epilog="Settings are `WITW_*` variables or lines in `.env`: `./witw doctor --settings` lists them."
    )
    def _root() -> None:
        """From nothing to the whole stack, and everything around it."""

    for name, module in sorted(
        _modules().items(), key=lambda item: (commands.PANELS.index(item[1].PANEL), item[0])
    ):
        verb = name.replace("_", "-")
        if isinstance(sub := getattr(module, "app", None), typer.Typer):
            app.add_typer(sub, name=verb, rich_help_panel=module.PANEL)
        else:
            context = getattr(module, "CONTEXT", None)
            app.command(verb, rich_help_panel=module.PANEL, context_settings=context)(
                _with_exit_code(module.command)
            )
    return app


def _places() -> list[Path]:
    """Where commands write on this machine."""
    with contextlib.suppress(SettingsError):
        return [state.FOLDER, *disk.places(settings.load().cache_dir)]
    return [state.FOLDER]


def _with_exit_code(command: Callable[..., int | None]) -> Callable[..., None]:
    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        if code := command(*args, **kwargs):
            raise typer.Exit(code)

    return run


def _modules() -> dict[str, ModuleType]:
    found = pkgutil.iter_modules(commands.__path__)
    return {item.name: importlib.import_module(f"{commands.__name__}.{item.name}") for item in found}
