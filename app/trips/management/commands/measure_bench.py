"""`manage.py measure_bench`: what the app asks of its database, for `./witw bench app`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.models import Team, User
from trips import bench, measuring


class Command(BaseCommand):
    """Prints one JSON object. The people have to be there: `seed_bench`."""

    help = "Measure with the people of seed_bench, and print JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        measures = parser.add_subparsers(dest="measure", required=True)
        endpoints = measures.add_parser("endpoints", help="queries of each path, and a session for it")
        endpoints.add_argument("paths", nargs="+", metavar="PATH")
        for name, text in (("bookings", "booking trips"), ("moves", "moving people to other homes")):
            measure = measures.add_parser(name, help=f"time in the database and queries of {text}")
            measure.add_argument("--times", type=int, default=100, help="how often (%(default)s)")

    def handle(self, *args: Any, measure: str, **options: Any) -> None:
        team = Team.objects.filter(users__email__endswith=f"@{bench.DOMAIN}").order_by("-pk").first()
        if team is None:
            raise CommandError("There is nobody to measure with: run `manage.py seed_bench` first.")
        if measure == "endpoints":
            person = User.objects.filter(team=team).order_by("pk")[0]
            result = measuring.endpoints(person, options["paths"])
        elif measure == "bookings":
            result = measuring.bookings(team, options["times"])
        else:
            result = measuring.moves(team, options["times"])
        self.stdout.write(json.dumps(result))
