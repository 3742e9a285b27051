"""A city as the API shows it, ready made: the same dictionary for every place where the city appears."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cities import memory
from cities.models import City, Country, Region

Representation = dict[str, Any]

MOST_CITIES = 5_000
"""Cities kept per process, about 1 kB each. A team's trips go to fewer."""

FIELDS = ("id", "ascii_name", "country_id", "region_id", "latitude", "longitude", "kind", "timezone")
"""The columns of a city that its representation is made of."""


def represent(city: City) -> Representation:
    """The API's JSON object of a city. It is shared: do not change it.

    Costs no query, but for the first city of a country or region after an import. `city` need not have its
    country and region loaded.
    """
    known = memory.current()
    return known.cities.get(city.pk) or _remember(known, city)


def represent_all(ids: Collection[int]) -> dict[int, Representation]:
    """The objects of several cities by id; one query for all that this process has not seen yet.

    An id that is no city's is left out.
    """
    known = memory.current()
    found = {}
    missing = []
    for city_id in set(ids):
        if representation := known.cities.get(city_id):
            found[city_id] = representation
        else:
            missing.append(city_id)
    if missing:
        for city in City.objects.filter(pk__in=missing).only(*FIELDS):
            found[city.pk] = _remember(known, city)
    return found


def _remember(known: memory.Memory, city: City) -> Representation:
    representation = {
        "id": city.pk,
        "name": city.ascii_name,
        "country": _country(known, city.country_id),
        "region": _region(known, city.region_id) if city.region_id else None,
        "location": [city.longitude, city.latitude],
        "kind": city.kind,
        "timezone": city.timezone,
    }
    memory.remember(known.cities, city.pk, representation, MOST_CITIES)
    return representation


def _country(known: memory.Memory, code: str) -> Representation:
    if code not in known.countries:  # all 250 at once: they are few, and soon asked for
        for country in Country.objects.all():
            known.countries[country.code] = {
                "code": country.code,
                "code3": country.code3,
                "name": country.name,
                "currency": country.currency,
                "tld": country.tld,
                "capital": country.capital,
            }
    return known.countries[code]


def _region(known: memory.Memory, region_id: int) -> Representation:
    if region_id not in known.regions:
        for key, code, name in Region.objects.values_list("id", "code", "name"):
            known.regions[key] = {"code": code, "name": name}
    return known.regions[region_id]
