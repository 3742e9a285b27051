"""`manage.py seed_demo`: a small team with trips around today, to try the app with."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from people import demo


class Command(BaseCommand):
    """Adds what is missing of the demo team; names the logins it made, never their password."""

    help = "Add a demo team with people and trips around today. Run again, it adds what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password-file", type=Path, help="file with the password; else DEMO_PASSWORD")
        parser.add_argument("--force", action="store_true", help="also where ENVIRONMENT is not `local`")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT != "local" and not options["force"]:
            raise CommandError(f"This is {settings.ENVIRONMENT}, not local. Add --force if you mean it.")
        try:
            seeded = demo.seed(_password(options["password_file"]))
        except demo.CannotSeedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{seeded.people} people and {seeded.trips} trips added to the team {demo.TEAM}.")
        self.stdout.write(f"Log in as {', '.join(demo.LOGINS)}, with the demo password.")


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            password = file.read_text().strip()
        except OSError as error:
            raise CommandError(f"Cannot read the password: {error}") from error
    elif settings.DEMO_PASSWORD:
        password = settings.DEMO_PASSWORD
    elif sys.stdin.isatty():
        password = getpass("Password of the demo people: ")
    else:
        raise CommandError("Set DEMO_PASSWORD or give --password-file: the demo people need a password.")
    if not password:
        raise CommandError("The password is empty.")
    return str(password)
