r"""The bundle's file: gzip of a JSON header line and a line per row, its columns divided by tabs.

The header holds the number of rows of each table and the digest of all lines after it, so that a truncated or
damaged file is recognised before anything is imported:

    {"format": 1, "sha256": "...", "tables": {"countries": 252, "regions": 2774, "cities": 34006},
    "attribution": ...}
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cities.bundle.records import (
    ATTRIBUTION,
    BadDataError,
    CityRow,
    CountryRow,
    Dataset,
    RegionRow,
    Row,
    check_city,
)

FORMAT = 1
TABLES = ("countries", "regions", "cities")
REMEDY = "Build it anew with `python -m cities.bundle FILE`, or name another one with --file."

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class BundleFile:
    """A bundle that was read whole and whose digest is right; its rows are parsed when asked for."""

    path: Path
    version: str
    tables: dict[str, int]
    sources: list[str]
    lines: list[str]

    def dataset(self) -> Dataset:
        """All rows.

        Raises:
            BadDataError: a row is not one; the message names its line.
        """
        lines = iter(enumerate(self.lines, start=2))
        countries = list(self._table("countries", lines, lambda values: CountryRow(*values)))
        regions = list(self._table("regions", lines, lambda values: RegionRow(*values)))
        cities = list(self._table("cities", lines, _city))
        return Dataset(str(self.path), countries, regions, cities, self.sources)

    def _table(
        self, table: str, lines: Iterator[tuple[int, str]], make: Callable[[list[str]], R]
    ) -> Iterator[R]:
        for _ in range(self.tables[table]):
            number, line = next(lines)
            try:
                yield make(line.split("\t"))
            except (TypeError, ValueError) as error:
                raise _broken(self.path, number, f"not a row of {table}: {error}") from error


def _city(values: list[str]) -> CityRow:
    row = CityRow(*values)  # type: ignore[arg-type]  # the three numbers are still text
    row = row._replace(
        id=int(row.id),
        latitude=float(row.latitude),
        longitude=float(row.longitude),
        population=int(row.population),
    )
    check_city(row)
    return row


def write(dataset: Dataset, path: Path) -> None:
    """Write a bundle; the same rows always give the same bytes. A reader never sees half of it.

    Raises:
        ValueError: a value holds a tab or a line break.
    """
    lines = ["\t".join(map(str, row)) for row in dataset.rows()]
    for line, row in zip(lines, dataset.rows(), strict=True):
        if line.count("\t") != len(row) - 1 or len(line.splitlines()) != 1:
            raise ValueError(f"a tab or line break inside a value: {line!r}")
    header = {
        "format": FORMAT,
        "sha256": dataset.version,
        "tables": {table: len(getattr(dataset, table)) for table in TABLES},
        "attribution": ATTRIBUTION,
        "sources": dataset.sources,
    }
    body = "".join(f"{line}\n" for line in (json.dumps(header), *lines)).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(gzip.compress(body, compresslevel=9, mtime=0))
    part.replace(path)


def read(path: Path) -> BundleFile:
    """Read a bundle and make sure that it is whole.

    Raises:
        BadDataError: the file is missing, unreadable, truncated or damaged; the message says at which line.
    """
    lines = list(_lines(path))
    header = _header(path, lines)
    tables: dict[str, int] = header["tables"]
    expected = sum(tables.values()) + 1
    if len(lines) < expected:
        raise _broken(path, len(lines), f"the file ends here, but should have {expected:,} lines")
    if len(lines) > expected:
        raise _broken(path, expected + 1, f"the file goes on, but should have {expected:,} lines")
    bundle = BundleFile(path, header["sha256"], tables, header.get("sources", []), lines[1:])
    digest = hashlib.sha256("".join(f"{line}\n" for line in bundle.lines).encode()).hexdigest()
    if digest != bundle.version:
        bundle.dataset()  # names the line, where the damage can be seen
        raise _broken(
            path, 1, f"the digest of the lines below is {digest}, not the {bundle.version} written here"
        )
    return bundle


def _lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with gzip.open(path, "rb") as stream:
            for number, line in enumerate(stream, start=1):  # noqa: B007 (the message below needs it)
                yield line.decode().removesuffix("\n")
    except FileNotFoundError as error:
        raise BadDataError(f"{path}: there is no such file. {REMEDY}") from error
    except UnicodeDecodeError as error:
        raise _broken(path, number, f"not UTF-8 ({error})") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken(path, number + 1, f"truncated or damaged ({error})") from error
    except OSError as error:
        raise BadDataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _header(path: Path, lines: list[str]) -> dict[str, Any]:
    try:
        header = json.loads(lines[0])
        if header["format"] != FORMAT:
            raise _broken(path, 1, f"format {header['format']!r} is not the {FORMAT} that this version reads")
        if set(header["tables"]) != set(TABLES) or not all(
            isinstance(rows, int) and rows >= 0 for rows in header["tables"].values()
        ):
            raise ValueError("tables")  # noqa: TRY301 (answered like a missing key)
        if not isinstance(header["sha256"], str):
            raise TypeError("sha256")  # noqa: TRY301
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise _broken(path, 1, "not a bundle of cities: its header is missing or incomplete") from error
    return header  # type: ignore[no-any-return]


def _broken(path: Path, line: int, reason: str) -> BadDataError:
    return BadDataError(f"{path}, line {line}: {reason}. Nothing was imported. {REMEDY}")
