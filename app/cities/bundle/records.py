"""What an import consists of: the rows of three tables, and where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from cities.bundle import text

ATTRIBUTION = (
    "Contains data of GeoNames (https://www.geonames.org), licensed under CC BY 4.0, changed in form."
)


class BadDataError(Exception):
    """Data that cannot be imported; the message names the file, the line if there is one, and why."""


class CountryRow(NamedTuple):
    """A row of `cities_country`, in the order of a bundle's columns."""

    code: str
    code3: str
    name: str
    currency: str
    tld: str
    capital: str


class RegionRow(NamedTuple):
    """A row of `cities_region`; the country's code and its own together identify it."""

    country: str
    code: str
    name: str
    ascii_name: str


class CityRow(NamedTuple):
    """A row of `cities_city`; its region is named by code, "" for none."""

    id: int
    name: str
    ascii_name: str
    search: str
    aliases: str
    country: str
    region: str
    latitude: float
    longitude: float
    population: int
    kind: str
    timezone: str


Row = CountryRow | RegionRow | CityRow


@dataclass(frozen=True)
class Dataset:
    """Everything that one import brings in."""

    source: str
    countries: list[CountryRow]
    regions: list[RegionRow]
    cities: list[CityRow]
    sources: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """All rows, table after table."""
        return chain(self.countries, self.regions, self.cities)

    @property
    def version(self) -> str:
        """The digest of all rows: equal data has an equal version, wherever it comes from."""
        digest = hashlib.sha256()
        for row in self.rows():
            digest.update(("\t".join(map(str, row)) + "\n").encode())
        return digest.hexdigest()


def city(
    geonames_id: str | int,
    name: str,
    ascii_name: str,
    other_names: Iterable[str],
    latitude: str | float,
    longitude: str | float,
    kind: str,
    country: str,
    region: str,
    population: str | int,
    timezone: str,
) -> CityRow:
    """Make a city's row, with what a search looks through.

    Raises:
        ValueError: a number is not one, or a place is not on earth.
    """
    ascii_name = ascii_name or text.ascii_name(name)
    if not name or not ascii_name:
        raise ValueError("the city has no name")
    search = text.spellings(name, ascii_name)
    row = CityRow(
        id=int(geonames_id),
        name=name,
        ascii_name=ascii_name,
        search=search,
        aliases=text.aliases(other_names, search),
        country=country,
        region=region,
        latitude=float(latitude),
        longitude=float(longitude),
        population=int(population or 0),
        kind=kind or "PPL",
        timezone=timezone,
    )
    check_city(row)
    return row


def check_city(row: CityRow) -> None:
    """Refuse a city that the tables would refuse, or that the app could not live with.

    Raises:
        ValueError: says what is wrong with it.
    """
    if not (-90 <= row.latitude <= 90 and -180 <= row.longitude <= 180):
        raise ValueError(f"{row.latitude}, {row.longitude} is not a place on earth")
    if not 0 < row.id < 2**31:
        raise ValueError(f"{row.id} is not a GeoNames id")
    if not 0 <= row.population < 2**63:
        raise ValueError(f"{row.population} is not a number of people")
    if not (row.timezone and row.search and row.ascii_name.isascii()):
        raise ValueError("a city needs a name, an ASCII name and a time zone")
