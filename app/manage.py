#!/usr/bin/env python3
"""Django's command line for the app."""

import os
import sys

from config.environment import Environment


def main() -> None:
    """Run a command, or say what is wrong with the settings without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    Environment.load_or_exit()

    from django.core.management import execute_from_command_line  # noqa: PLC0415  (settings first)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
