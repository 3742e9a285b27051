"""GeoNames' own dumps (https://download.geonames.org/export/dump/readme.txt) as a dataset."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from cities.bundle.records import BadDataError, CityRow, CountryRow, Dataset, RegionRow, Row, city

COUNTRIES = "countryInfo.txt"
REGIONS = "admin1CodesASCII.txt"
CITIES = "cities15000.zip"
FILES = (COUNTRIES, REGIONS, CITIES)

COLUMNS = {COUNTRIES: 19, REGIONS: 4, CITIES: 19}
FEWEST = {COUNTRIES: 200, REGIONS: 2_500, CITIES: 20_000}
"""Text that was cut off at the end of a line shows no damage: fewer rows are not the whole world."""

R = TypeVar("R", bound=Row)


def read(folder: Path) -> Dataset:
    """Read the three files that `FILES` names.

    Raises:
        BadDataError: one is missing, truncated, or something else; the message names file and line.
    """
    countries = list(_rows(folder / COUNTRIES, _text_lines, _country))
    regions = list(_rows(folder / REGIONS, _text_lines, _region))
    known = {(region.country, region.code) for region in regions}
    codes = {country.code for country in countries}

    def city_of(columns: list[str]) -> CityRow:
        row = _city(columns)
        if row.country not in codes:
            raise ValueError(f"{row.country!r} is none of the countries in {COUNTRIES}")
        # A code without an entry in the list, mostly "00", is GeoNames' way to say that there is no region.
        return row if (row.country, row.region) in known else row._replace(region="")

    cities = list(_rows(folder / CITIES, _zipped_lines, city_of))
    return Dataset(str(folder), sorted(countries), sorted(regions), sorted(cities), ["GeoNames' dumps"])


def _country(columns: list[str]) -> CountryRow:
    code, code3, *_, tld, currency = columns[:11]
    if not (len(code) == 2 and len(code3) == 3):
        raise ValueError(f"{code!r}, {code3!r} are not the codes of a country")
    return CountryRow(
        code, code3, columns[4].strip(), currency.strip(), tld.strip().removeprefix("."), columns[5].strip()
    )


def _region(columns: list[str]) -> RegionRow:
    country, dot, code = columns[0].partition(".")
    if not (country and dot and code and columns[1]):
        raise ValueError(f"{columns[0]!r} is not a country's and a region's code")
    return RegionRow(country, code, columns[1], columns[2])


def _city(columns: list[str]) -> CityRow:
    return city(
        columns[0],
        columns[1],
        columns[2],
        columns[3].split(","),
        columns[4],
        columns[5],
        columns[7],
        columns[8],
        columns[10],
        columns[14],
        columns[17],
    )


def _rows(
    path: Path, read_lines: Callable[[Path], Iterable[bytes]], make: Callable[[list[str]], R]
) -> Iterator[R]:
    """The rows of a dump, each made from the columns of its line."""
    number = rows = 0
    try:
        for number, line in enumerate(read_lines(path), start=1):  # noqa: B007 (named in the message)
            text = line.decode().rstrip("\r\n")
            if not text or text.startswith("#"):
                continue
            columns = text.split("\t")
            if len(columns) != COLUMNS[path.name]:
                raise ValueError(  # noqa: TRY301 (one place names file and line)
                    f"{COLUMNS[path.name]} columns expected, {len(columns)} found: {text[:60]!r}"
                )
            rows += 1
            yield make(columns)
    except OSError as error:
        raise BadDataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except zipfile.BadZipFile as error:
        raise BadDataError(f"{path}: truncated, or not a zip file ({error}).") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise BadDataError(f"{path}, line {number}: {error}. Nothing was imported.") from error
    if rows < FEWEST[path.name]:
        raise BadDataError(
            f"{path}, line {number}: the file ends here, with {rows:,} rows; at least {FEWEST[path.name]:,} "
            "are expected. Nothing was imported."
        )


def _text_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from io.BytesIO(stream.read().removeprefix(b"\xef\xbb\xbf"))


def _zipped_lines(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        inside = f"{path.stem}.txt"
        if inside not in archive.namelist():
            raise zipfile.BadZipFile(f"there is no {inside} in it")
        with archive.open(inside) as stream:
            yield from stream
