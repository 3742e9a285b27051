"""`python -m ops.waiting`: wait until every migration of this code has been applied.

What `migrate --check` would say, for a pod that starts: it loads no app, and so takes a third of the
processor's time, which is scarce when pods are added under load. Each look has a connection of its own, which
gives up.
"""

import argparse
import os
import sys
import time

import psycopg2

from config.environment import Environment

LOOK_SECONDS = 5.0
"""For one look; a pooler may take connections while its database is away."""


def main() -> None:
    """Wait; say what for, once for each thing; give up in the end."""
    asked = _parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    Environment.load_or_exit()
    end, said = time.monotonic() + asked.timeout, ""
    while why := _look():
        if why != said:
            sys.stdout.write(f"waiting for migrations: {why}\n")
            sys.stdout.flush()
        said = why
        if time.monotonic() >= end:
            sys.exit(f"gave up after {asked.timeout:g} s: has the migrations' Job failed?")
        time.sleep(asked.interval)


def _look() -> str:
    """What there is to wait for; empty when there is nothing."""
    from ops import probe_connection, schema  # noqa: PLC0415  (settings first)

    try:
        with probe_connection.connect(time.monotonic() + LOOK_SECONDS) as connection:
            return schema.missing(connection)
    except (psycopg2.Error, probe_connection.DeadlineError) as error:
        return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m ops.waiting", description=main.__doc__)
    parser.add_argument("--timeout", type=float, default=600, help="seconds (default: %(default)s)")
    parser.add_argument(
        "--interval", type=float, default=2, help="seconds between looks (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    main()
