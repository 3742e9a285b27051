"""`manage.py seed_bench`: teams, people and trips in any number, for measuring."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cities.models import City
from people.models import User
from trips import bench


class Command(BaseCommand):
    """Add teams of people with homes and trips; prints the first login of each team that has matches."""

    help = "Add teams of people with trips, for measuring. Their password is the demo password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--teams", type=int, default=1, help="teams to add (1)")
        parser.add_argument("--people", type=int, default=50, help="people in each team (50)")
        parser.add_argument("--trips", type=int, default=2000, help="trips of each team (2,000)")
        parser.add_argument("--cities", type=int, default=30, help="how many of the biggest cities (30)")
        parser.add_argument("--no-matches", action="store_true", help="leave the matches out: faster")
        parser.add_argument("--force", action="store_true", help="also where ENVIRONMENT is not `local`")
        parser.add_argument(
            "--remove", action="store_true", help="take away all that was ever added, instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT != "local" and not options["force"]:
            raise CommandError(f"This is {settings.ENVIRONMENT}, not local. Add --force if you mean it.")
        if options["remove"]:
            self.stdout.write(f"{bench.remove():,} teams removed")
            return
        if not settings.DEMO_PASSWORD:
            raise CommandError("Set DEMO_PASSWORD: the people made log in with it.")
        crowd = bench.Crowd(options["teams"], options["people"], options["trips"], options["cities"])
        begun = time.perf_counter()
        try:
            teams = bench.seed(crowd, settings.DEMO_PASSWORD)
        except City.DoesNotExist as error:
            raise CommandError(str(error)) from error
        seconds = time.perf_counter() - begun
        people, trips = crowd.teams * crowd.people, crowd.teams * crowd.trips
        self.stdout.write(f"{crowd.teams:,} teams, {people:,} people, {trips:,} trips in {seconds:.1f} s")
        for team in teams if not options["no_matches"] else []:
            matches = bench.match(team)
            login = User.objects.filter(team=team).order_by("pk").values_list("email", flat=True).first()
            self.stdout.write(f"{team.name} {team.public_id}: {matches:,} matches; log in as {login}")
