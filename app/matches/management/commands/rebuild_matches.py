"""`manage.py rebuild_matches`: compute all matches afresh."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from matches import matching
from people.models import Team


class Command(BaseCommand):
    """Compares every team's matches with its trips and homes; says what was not right and mends it."""

    help = "Compute all matches afresh: after rows were changed past the app, or an import has moved cities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", metavar="PUBLIC_ID", help="this team only")

    def handle(self, *args: Any, **options: Any) -> None:
        teams = Team.objects.order_by("pk")
        if options["team"]:
            teams = teams.filter(public_id=options["team"])
            if not teams:
                raise CommandError(f"There is no team {options['team']}. The admin lists their public ids.")
        for team in teams.iterator():
            new, moved, gone = matching.rebuild(team.pk)
            self.stdout.write(
                f"{team.public_id} {team}: {len(new)} new, {len(moved)} changed, {len(gone)} gone"
            )
