"""Makers of what tests need: places on the real map, teams, people. Trips are booked as in life."""

from datetime import date, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from cities.models import City, Country, Region
from people.models import Team, User
from trips import services
from trips.models import Trip

PASSWORD = "correct horse battery staple"

# GeoNames' ids and coordinates, for distances as they are.
PLACES: dict[str, tuple[int, str, str | None, float, float, int, str, str]] = {
    "London": (2643743, "GB", "ENG", 51.50853, -0.12574, 8961989, "PPLC", "Europe/London"),
    "Cambridge": (2653941, "GB", "ENG", 52.2, 0.11667, 145700, "PPLA2", "Europe/London"),
    "Edinburgh": (2650225, "GB", "SCT", 55.95206, -3.19648, 464990, "PPLA", "Europe/London"),
    "Paris": (2988507, "FR", "11", 48.85341, 2.3488, 2138551, "PPLC", "Europe/Paris"),
    "Versailles": (2969679, "FR", "11", 48.80359, 2.13424, 85416, "PPLA2", "Europe/Paris"),
    "Rome": (3169070, "IT", "07", 41.89193, 12.51133, 2318895, "PPLC", "Europe/Rome"),
    "Singapore": (1880252, "SG", None, 1.28967, 103.85007, 3547809, "PPLC", "Asia/Singapore"),
    "Suva": (2198148, "FJ", None, -18.14161, 178.44149, 77366, "PPLC", "Pacific/Fiji"),
}
COUNTRIES = {
    "GB": ("GBR", "United Kingdom", "GBP", "uk", "London"),
    "FR": ("FRA", "France", "EUR", "fr", "Paris"),
    "IT": ("ITA", "Italy", "EUR", "it", "Rome"),
    "SG": ("SGP", "Singapore", None, "sg", "Singapore"),
    "FJ": ("FJI", "Fiji", "FJD", "fj", "Suva"),
}
REGIONS = {"ENG": "England", "SCT": "Scotland", "11": "Ile-de-France", "07": "Latium"}


def place(name: str) -> City:
    """A city of `PLACES`, in the database."""
    number, code, region_code, latitude, longitude, population, kind, timezone = PLACES[name]
    code3, country_name, currency, tld, capital = COUNTRIES[code]
    country, _ = Country.objects.get_or_create(
        code=code,
        defaults={
            "code3": code3,
            "name": country_name,
            "currency": currency,
            "tld": tld,
            "capital": capital,
        },
    )
    region = None
    if region_code:
        region_name = REGIONS[region_code]
        region, _ = Region.objects.get_or_create(
            country=country, code=region_code, defaults={"name": region_name, "ascii_name": region_name}
        )
    city, _ = City.objects.get_or_create(
        pk=number,
        defaults={
            "name": name,
            "ascii_name": name,
            "search": name.lower(),
            "country": country,
            "region": region,
            "latitude": latitude,
            "longitude": longitude,
            "population": population,
            "kind": kind,
            "timezone": timezone,
        },
    )
    return city


class TeamFactory(DjangoModelFactory[Team]):
    """A team."""

    class Meta:
        model = Team

    name = factory.Sequence(lambda number: f"Team {number}")


class UserFactory(DjangoModelFactory[User]):
    """A person in a team of their own unless one is given, without a home; `PASSWORD` logs in."""

    class Meta:
        model = User

    first_name = factory.Sequence(lambda number: f"Person {number}")
    email = factory.Sequence(lambda number: f"person{number}@example.com")
    team = factory.SubFactory(TeamFactory)
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        if isinstance(kwargs.get("home_city"), str):
            kwargs["home_city"] = place(kwargs["home_city"])
        return model_class.objects.create_user(*args, **kwargs)


def book(user: User, city: str, start: date, end: date | None = None, notes: str = "") -> Trip:
    """Book a trip of one or more days; matches follow."""
    return services.book(user, city_id=place(city).pk, start=start, end=end or start, notes=notes)


def day(number: int) -> date:
    """The day of a month far ahead, so that numbers in tests read as in the rules: 16..25."""
    return date(2040, 1, 1) + timedelta(days=number - 1)
