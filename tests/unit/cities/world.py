"""A small world: real places with GeoNames' ids and coordinates, as an import brings them."""

# ruff: noqa: E501 (a table reads best with a row to a line)

from collections.abc import Iterable

from cities.bundle.records import CityRow, CountryRow, Dataset, RegionRow, city

COUNTRIES = [
    CountryRow("BR", "BRA", "Brazil", "BRL", "br", "Brasilia"),
    CountryRow("DE", "DEU", "Germany", "EUR", "de", "Berlin"),
    CountryRow("FJ", "FJI", "Fiji", "FJD", "fj", "Suva"),
    CountryRow("FR", "FRA", "France", "EUR", "fr", "Paris"),
    CountryRow("GB", "GBR", "United Kingdom", "GBP", "uk", "London"),
    CountryRow("SG", "SGP", "Singapore", "SGD", "sg", "Singapore"),
    CountryRow("US", "USA", "United States", "USD", "us", "Washington"),
    CountryRow("XK", "XKX", "Kosovo", "", "", "Pristina"),
]
REGIONS = [
    RegionRow("BR", "05", "Bahia", "Bahia"),
    RegionRow("BR", "27", "São Paulo", "Sao Paulo"),
    RegionRow("DE", "02", "Bavaria", "Bavaria"),
    RegionRow("FR", "11", "Île-de-France", "Ile-de-France"),
    RegionRow("GB", "ENG", "England", "England"),
    RegionRow("US", "CA", "California", "California"),
    RegionRow("US", "NY", "New York", "New York"),
]
MUNICH = [
    "Munchen",
    "München",
    "Monaco di Baviera",
    "mu ni hei",
    "Мюнхен",
    "慕尼黑",
    "Isar Athens of the North",
]
CITIES = [
    city(3448439, "São Paulo", "Sao Paulo", ["Sampa"], -23.5475, -46.63611, "PPLA", "BR", "27", 12400232,
         "America/Sao_Paulo"),
    city(2643743, "London", "London", ["Londra", "Londres"], 51.50853, -0.12574, "PPLC", "GB", "ENG", 8961989,
         "Europe/London"),
    city(5128581, "New York City", "New York City", ["NYC"], 40.71427, -74.00597, "PPL", "US", "NY", 8804190,
         "America/New_York"),
    city(1880252, "Singapore", "Singapore", [], 1.28967, 103.85007, "PPLC", "SG", "", 3547809, "Asia/Singapore"),
    city(2988507, "Paris", "Paris", ["Parigi"], 48.85341, 2.3488, "PPLC", "FR", "11", 2138551, "Europe/Paris"),
    city(2867714, "Munich", "Munich", MUNICH, 48.13743, 11.57549, "PPLA", "DE", "02", 1505005, "Europe/Berlin"),
    city(786714, "Pristina", "Pristina", [], 42.67272, 21.16688, "PPLC", "XK", "", 550000, "Europe/Belgrade"),
    city(5389489, "Sacramento", "Sacramento", [], 38.58157, -121.4944, "PPLA", "US", "CA", 524943,
         "America/Los_Angeles"),
    city(2653941, "Cambridge", "Cambridge", [], 52.2, 0.11667, "PPLA2", "GB", "ENG", 145700, "Europe/London"),
    city(2980916, "Saint-Denis", "Saint-Denis", [], 48.93564, 2.35387, "PPLA3", "FR", "11", 96128, "Europe/Paris"),
    city(2198148, "Suva", "Suva", [], -18.14161, 178.44149, "PPLC", "FJ", "", 77366, "Pacific/Fiji"),
    city(3450964, "São Félix", "Sao Felix", [], -12.60472, -38.97194, "PPL", "BR", "05", 15000, "America/Bahia"),
]  # fmt: skip


def world(
    cities: Iterable[CityRow] = CITIES,
    regions: Iterable[RegionRow] = REGIONS,
    countries: Iterable[CountryRow] = COUNTRIES,
) -> Dataset:
    """A dataset of these places."""
    return Dataset("a small world", list(countries), list(regions), list(cities), ["these tests"])
