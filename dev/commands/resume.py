"""`./witw resume`: wake what sleeps."""

from __future__ import annotations

from dev import console, park, settings, state
from dev.commands import STACK
from dev.commands.park import Name, OnlyCompose

PANEL = STACK


def command(*, name: Name = None, only_compose: OnlyCompose = False) -> None:
    """Wake what `./witw park` put to sleep, and wait for the app's first answer through the gateway."""
    chosen = settings.load()
    with state.only_one("resume"):
        for stack in park.choose(chosen, name, only_compose=only_compose):
            seconds = park.resume(stack)
            if seconds is None:
                console.out.print(f"the {stack.title} is awake; nothing was changed")
            else:
                console.out.print(
                    f"resumed the {stack.title}: the app answers after {seconds:.2f} s, {stack.url}",
                    soft_wrap=True,
                )
