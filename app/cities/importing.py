"""Put a dataset into the tables: all of it or nothing, changing only what differs, deleting nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import LockNotAvailable

from cities import memory
from cities.bundle.records import BadDataError, Dataset, Row
from cities.models import CityImport

LOCK = 0x63_69_74_69_65_73  # "cities": the advisory lock that an import holds
LOCK_TIMEOUT = "5min"
STATEMENT_TIMEOUT = "10min"
COPY_LINES = 1_000


class BusyError(Exception):
    """Another import holds the lock, and does not let go."""


Key = TypeVar("Key", bound=Hashable)

Report = Callable[[str, int, int], None]
"""Called with a table's name, the rows done, and the rows there are."""


@dataclass(frozen=True)
class Outcome:
    """What an import did."""

    inserted: int
    updated: int
    vanished: list[str]
    """Cities in the table that the data no longer has. They stay: trips and homes may point at them."""

    @property
    def changed(self) -> int:
        """Rows that are not as they were before."""
        return self.inserted + self.updated


def is_newest(version: str) -> bool:
    """Whether the last import brought in just this data."""
    newest = CityImport.objects.order_by("-id").values_list("version", flat=True).first()
    return newest == version


def import_dataset(dataset: Dataset, report: Report) -> Outcome:
    """Insert and update countries, regions and cities in one transaction.

    Two imports at once do not collide: the second waits for the first.

    Raises:
        BadDataError: the data contradicts itself, or the database refuses it. Nothing was changed.
        BusyError: another import runs and does not end.
    """
    _check(dataset)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            outcome = _import(cursor, dataset, report)
    except OperationalError as error:  # not the data's fault
        if isinstance(error.__cause__, LockNotAvailable):
            raise BusyError(
                f"Another import_cities has been running for {LOCK_TIMEOUT}. "
                "Let it end, or end it; then try again."
            ) from error
        raise
    except DatabaseError as error:
        raise BadDataError(
            f"{dataset.source}: the database refuses it: {error} Nothing was imported."
        ) from error
    memory.forget()
    return outcome


def _import(cursor: CursorWrapper, dataset: Dataset, report: Report) -> Outcome:
    counts = [
        _merge(cursor, table, rows, report)
        for table, rows in ((COUNTRY, dataset.countries), (REGION, dataset.regions), (CITY, dataset.cities))
    ]
    inserted, updated = (sum(column) for column in zip(*counts, strict=True))
    cursor.execute(
        "SELECT ascii_name || ', ' || country_id FROM cities_city c WHERE NOT EXISTS"
        " (SELECT FROM incoming_cities_city i WHERE i.id = c.id) ORDER BY population DESC, id"
    )
    outcome = Outcome(inserted, updated, [name for (name,) in cursor.fetchall()])
    for table in (COUNTRY, REGION, CITY):
        cursor.execute(f"DROP TABLE incoming_{table.name}")
    if outcome.changed or not is_newest(dataset.version):
        # Searches should be quick at once, not only when autovacuum has come round.
        cursor.execute("SELECT gin_clean_pending_list('cities_city_words_trgm')")
        cursor.execute("ANALYZE cities_country, cities_region, cities_city")
        CityImport.objects.create(
            version=dataset.version,
            source=dataset.source[:500],
            countries=len(dataset.countries),
            regions=len(dataset.regions),
            cities=len(dataset.cities),
            changed=outcome.changed,
        )
    return outcome


@dataclass(frozen=True)
class _Table:
    """How rows come into a table: copied into a temporary one, and merged from there."""

    name: str
    title: str
    incoming: str  # columns of the temporary table, in the order of the rows
    columns: str  # columns of the real one, the key first
    values: str  # where they come from
    key: str
    source: str = ""  # what else the values come from


COUNTRY = _Table(
    name="cities_country",
    title="countries",
    incoming="code text, code3 text, name text, currency text, tld text, capital text",
    columns="code, code3, name, currency, tld, capital",
    values="i.code, i.code3, i.name, nullif(i.currency, ''), i.tld, i.capital",
    key="code",
)
REGION = _Table(
    name="cities_region",
    title="regions",
    incoming="country text, code text, name text, ascii_name text",
    columns="country_id, code, name, ascii_name",
    values="i.country, i.code, i.name, i.ascii_name",
    key="country_id, code",
)
CITY = _Table(
    name="cities_city",
    title="cities",
    incoming="id int, name text, ascii_name text, search text, aliases text, country text, region text,"
    " latitude float8, longitude float8, population int8, kind text, timezone text",
    columns="id, name, ascii_name, search, aliases, country_id, region_id, latitude, longitude, population,"
    " kind, timezone",
    values="i.id, i.name, i.ascii_name, i.search, i.aliases, i.country, r.id, i.latitude, i.longitude,"
    " i.population, i.kind, i.timezone",
    key="id",
    source="LEFT JOIN cities_region r ON r.country_id = i.country AND r.code = i.region",
)


def _merge(cursor: CursorWrapper, table: _Table, rows: Sequence[Row], report: Report) -> tuple[int, int]:
    """Bring a table's rows in; returns how many were inserted and how many updated."""
    incoming = f"incoming_{table.name}"  # names and columns are the ones above, never anybody's input
    cursor.execute(f"CREATE TEMPORARY TABLE {incoming} ({table.incoming})")
    cursor.copy_expert(f"COPY {incoming} FROM STDIN", _CopyStream(rows, table.title, report))
    assignments = ", ".join(f"{column} = excluded.{column}" for column in table.columns.split(", "))
    excluded = ", ".join(f"excluded.{column}" for column in table.columns.split(", "))
    existing = ", ".join(f"t.{column}" for column in table.columns.split(", "))
    cursor.execute(
        f"WITH merged AS ("  # noqa: S608
        f" INSERT INTO {table.name} AS t ({table.columns})"
        f" SELECT {table.values} FROM {incoming} i {table.source}"
        f" ON CONFLICT ({table.key}) DO UPDATE SET {assignments}"
        f" WHERE ({existing}) IS DISTINCT FROM ({excluded})"
        # An inserted row has no deleting transaction; an updated one has the lock of this transaction.
        f" RETURNING (t.xmax = 0) AS inserted)"
        f" SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted) FROM merged"
    )
    inserted, updated = cursor.fetchone()
    return inserted, updated


class _CopyStream(io.TextIOBase):
    """Rows as COPY reads them, in the text format; says how far it was read."""

    def __init__(self, rows: Sequence[Row], title: str, report: Report) -> None:
        self._chunks = self._encode(rows, title, report)
        self._rest = ""

    @staticmethod
    def _encode(rows: Sequence[Row], title: str, report: Report) -> Iterator[str]:
        for start in range(0, len(rows), COPY_LINES):
            chunk = rows[start : start + COPY_LINES]
            yield "".join("\t".join(map(_escape, row)) + "\n" for row in chunk)
            report(title, start + len(chunk), len(rows))

    def read(self, size: int | None = -1, /) -> str:
        while size is None or size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        end = len(self._rest) if size is None or size < 0 else size
        answer, self._rest = self._rest[:end], self._rest[end:]
        return answer


def _escape(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _check(dataset: Dataset) -> None:
    """Find what the tables would refuse only after the work, and say it in terms of the data."""
    codes = _unique(dataset, "country", (country.code for country in dataset.countries))
    _unique(dataset, "code of three letters", (country.code3 for country in dataset.countries))
    regions = _unique(dataset, "region", ((region.country, region.code) for region in dataset.regions))
    _unique(dataset, "city", (city.id for city in dataset.cities))
    for region in dataset.regions:
        if region.country not in codes:
            raise BadDataError(
                f"{dataset.source}: region {region.name!r} is in an unknown country {region.country!r}."
            )
    for city in dataset.cities:
        if city.country not in codes:
            raise BadDataError(
                f"{dataset.source}: city {city.name!r} is in an unknown country {city.country!r}."
            )
        if city.region and (city.country, city.region) not in regions:
            raise BadDataError(
                f"{dataset.source}: city {city.name!r} is in an unknown region {city.region!r}."
            )
    if not dataset.cities:
        raise BadDataError(f"{dataset.source}: there is not a single city in it.")


def _unique(dataset: Dataset, what: str, keys: Iterable[Key]) -> set[Key]:
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            raise BadDataError(f"{dataset.source}: {what} {key!r} is in it twice.")
        seen.add(key)
    return seen
