"""Make the bundle: `python -m cities.bundle OUT [PACKAGES]`.

PACKAGES is where cities/bundle-requirements.txt was installed, Python's own packages if it is not given.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
from pathlib import Path

from cities.bundle import file, packages
from cities.bundle.records import BadDataError, Dataset

FEWEST = {"countries": 240, "regions": 2_500, "cities": 30_000}
"""A package that suddenly holds less than this has changed: better no bundle than half a world."""


def main(arguments: list[str] | None = None) -> int:
    """Build the bundle and say what it holds; the exit status is 1 if it cannot be built."""
    parser = argparse.ArgumentParser(prog="python -m cities.bundle", description="Make the file of cities.")
    parser.add_argument("out", type=Path, help="the file to write, for example cities.csv.gz")
    parser.add_argument(
        "packages",
        type=Path,
        nargs="?",
        default=Path(sysconfig.get_path("purelib")),
        help="where cities/bundle-requirements.txt was installed",
    )
    options = parser.parse_args(arguments)
    try:
        dataset = packages.build(options.packages)
        _check_size(dataset)
        file.write(dataset, options.out)
    except (BadDataError, KeyError, ValueError) as error:
        print(f"cities.bundle: {error}", file=sys.stderr)  # noqa: T201 (a command's own output)
        return 1
    counts = ", ".join(f"{len(getattr(dataset, table)):,} {table}" for table in file.TABLES)
    print(f"{options.out}: {counts}, {options.out.stat().st_size:,} bytes")  # noqa: T201
    return 0


def _check_size(dataset: Dataset) -> None:
    for table, fewest in FEWEST.items():
        if (rows := len(getattr(dataset, table))) < fewest:
            raise BadDataError(f"{dataset.source}: only {rows:,} {table}, at least {fewest:,} expected")


if __name__ == "__main__":
    sys.exit(main())
