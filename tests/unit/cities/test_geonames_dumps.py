"""GeoNames' own dumps as a dataset."""

# ruff: noqa: E501 (a table reads best with a row to a line)

from collections.abc import Callable
from pathlib import Path

import pytest

from cities.bundle import geonames
from cities.bundle.records import BadDataError, CountryRow, RegionRow
from tests.unit.cities.dumps import COUNTRY, REGION, city_line, small_is_enough, write, zipped

__all__ = ["small_is_enough"]


@pytest.fixture
def folder(tmp_path: Path, small_is_enough: None) -> Path:
    """A folder with the three files."""
    write(tmp_path)
    return tmp_path


def test_the_dumps_have_it_all(folder: Path) -> None:
    dataset = geonames.read(folder)
    assert dataset.countries == [CountryRow("GB", "GBR", "United Kingdom", "GBP", "uk", "London")]
    assert dataset.regions == [RegionRow("GB", "ENG", "England", "England")]
    london, cambridge = dataset.cities
    assert (london.name, london.kind, london.region, london.population) == ("London", "PPLC", "ENG", 8961989)
    assert london.aliases == "|londra|londres|"
    assert (cambridge.kind, cambridge.region, cambridge.population) == ("PPL", "", 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("countryInfo.txt", b"<html>Log in to the hotel", r"countryInfo.txt, line 1: 19 columns expected, 1 found: '<html>"),
        ("countryInfo.txt", COUNTRY[:-3].encode(), "countryInfo.txt, line 1: 19 columns expected, 16 found"),
        ("countryInfo.txt", COUNTRY.replace("GBR", "G").encode(), "are not the codes of a country"),
        ("countryInfo.txt", b"# nothing\n", "line 1: the file ends here, with 0 rows; at least 1 are expected"),
        ("countryInfo.txt", b"", "line 0: the file ends here"),
        ("admin1CodesASCII.txt", REGION.replace(".", "").encode(), "line 1: 'GBENG' is not a country's and a region's"),
        ("admin1CodesASCII.txt", b"\xff\xfe", "line 1: 'utf-8' codec can't decode"),
        ("cities15000.zip", b"PK\x03\x04", "cities15000.zip: truncated, or not a zip file"),
        ("cities15000.zip", zipped(city_line())[:-30], "cities15000.zip: truncated, or not a zip file"),
        ("cities15000.zip", zipped("x", "other.txt"), "there is no cities15000.txt in it"),
        ("cities15000.zip", zipped(city_line() + "\n" + city_line()[:40]), "line 2: 19 columns expected"),
        ("cities15000.zip", zipped(city_line(latitude="north")), "line 1: could not convert string to float: 'north'"),
        ("cities15000.zip", zipped(city_line(country="ZZ")), "line 1: 'ZZ' is none of the countries in countryInfo"),
        ("cities15000.zip", zipped(city_line(name="", ascii="")), "line 1: the city has no name"),
    ],
)  # fmt: skip
def test_a_broken_dump_is_refused_with_file_line_and_reason(
    folder: Path, name: str, content: bytes, message: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(BadDataError, match=message):
        geonames.read(folder)


def test_a_damaged_archive_is_refused(folder: Path) -> None:
    content = bytearray(zipped("\n".join(city_line(number) for number in range(1, 2000))))
    content[len(content) // 2] ^= 0xFF
    (folder / geonames.CITIES).write_bytes(content)
    with pytest.raises(BadDataError, match=r"cities15000.zip"):
        geonames.read(folder)


def test_a_missing_dump_is_named(folder: Path) -> None:
    (folder / geonames.REGIONS).unlink()
    with pytest.raises(BadDataError, match=r"admin1CodesASCII.txt: cannot be read: No such file"):
        geonames.read(folder)


def test_a_world_that_is_too_small_was_cut_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: Callable[[int], None] = lambda rows: monkeypatch.setitem(geonames.FEWEST, geonames.CITIES, rows)  # noqa: E731
    cut(2)
    assert len(geonames.read(folder).cities) == 2
    cut(3)
    with pytest.raises(
        BadDataError, match="line 2: the file ends here, with 2 rows; at least 3 are expected"
    ):
        geonames.read(folder)
