"""GeoNames' dumps of a very small world."""

import io
import zipfile
from pathlib import Path

import pytest

from cities.bundle import geonames

COUNTRY = "\t".join(
    ["GB", "GBR", "826", "UK", "United Kingdom", "London", "1", "2", "EU", ".uk", "GBP", "Pound", *[""] * 7]
)
REGION = "GB.ENG\tEngland\tEngland\t6269131"


def city_line(number: int = 2643743, name: str = "London", **columns: str) -> str:
    """A line of cities15000.txt."""
    values = {
        "id": str(number),
        "name": name,
        "ascii": name,
        "others": "Londra,Londres,lun dun",
        "latitude": "51.50853",
        "longitude": "-0.12574",
        "class": "P",
        "kind": "PPLC",
        "country": "GB",
        "cc2": "",
        "region": "ENG",
        "admin2": "",
        "admin3": "",
        "admin4": "",
        "population": "8961989",
        "elevation": "",
        "dem": "25",
        "timezone": "Europe/London",
        "modified": "2026-01-01",
    }
    return "\t".join((values | columns).values())


def zipped(text: str, name: str = "cities15000.txt") -> bytes:
    """A zip file of one text."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return stream.getvalue()


def contents() -> dict[str, bytes]:
    """The three files by name."""
    cities = [city_line(), city_line(2653941, "Cambridge", region="00", kind="", population="")]
    return {
        geonames.COUNTRIES: f"\ufeff# GeoNames.org\n#ISO\n{COUNTRY}\n".encode(),
        geonames.REGIONS: f"{REGION}\n".encode(),
        geonames.CITIES: zipped("\n".join(cities) + "\n"),
    }


def write(folder: Path) -> None:
    """Put the three files into a folder."""
    for name, content in contents().items():
        (folder / name).write_bytes(content)


@pytest.fixture
def small_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a world of so few rows for a whole one."""
    monkeypatch.setattr(geonames, "FEWEST", dict.fromkeys(geonames.FILES, 1))
