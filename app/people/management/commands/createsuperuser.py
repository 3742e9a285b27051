"""`manage.py createsuperuser`: Django's, which does not know that everybody needs a team."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from people.models import Team


class Command(createsuperuser.Command):
    """Takes the team by name or public id, and makes one that does not exist yet."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # Django has made an option for a primary key of it, which nobody knows.
        for action in parser._actions:  # noqa: SLF001 (argparse has no other way to change an option)
            if action.dest == "team":
                action.help = "The team's public id, or its name; a new name makes a new team."
                action.metavar = "TEAM"

    def handle(self, *args: Any, **options: Any) -> str | None:
        with transaction.atomic():
            options["team"] = _team(options["team"], interactive=options["interactive"]).pk
            super().handle(*args, **options)
        return None


def _team(wanted: str | None, *, interactive: bool) -> Team:
    teams = list(Team.objects.order_by("pk")[:2])
    if not wanted and len(teams) == 1:
        return teams[0]
    if not wanted and interactive:
        wanted = input("Team (public id, or a name; a new name makes a new team): ").strip()
    if not wanted:
        raise CommandError("Say which team with --team NAME: there is not exactly one to choose.")
    found = Team.objects.filter(public_id=wanted) or Team.objects.filter(name=wanted)
    if len(found) > 1:
        ids = ", ".join(found.values_list("public_id", flat=True))
        raise CommandError(f"Several teams are called {wanted}: choose one by its public id ({ids}).")
    return found[0] if found else Team.objects.create(name=wanted)
