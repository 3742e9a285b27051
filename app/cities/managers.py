"""Queries for cities by what they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value

from cities.bundle import text
from cities.geo import Contains, EarthBox, EarthDistance, LatLonToEarth

if TYPE_CHECKING:
    from cities.models import City

LETTERS_TO_BEGIN_AN_ALIAS = 4
"""Fewer would bring up too many great cities that have some other name in some language."""

PLACE = LatLonToEarth("latitude", "longitude")


class CityQuerySet(models.QuerySet["City"]):
    """Cities, with the words for choosing among them."""

    def near(self, city: City, metres: float | None = None) -> Self:
        """Cities within so many metres (inclusive; by default NEAR_METRES) of a city, itself among them.

        Each comes with `distance`, the metres between the two as a float.
        """
        metres = settings.NEAR_METRES if metres is None else metres
        here = LatLonToEarth(Value(float(city.latitude)), Value(float(city.longitude)))
        # The box uses the index; the distance then cuts its corners off.
        return (
            self.filter(Contains(EarthBox(here, Value(float(metres))), PLACE))
            .annotate(distance=EarthDistance(here, PLACE))
            .filter(distance__lte=metres)
        )

    def matching(self, query: str) -> Self:
        """Cities with every word of a query in their name, or with another name like it.

        Another name ("München" for Munich) counts from four letters on if it begins with the whole query, and
        otherwise if it is the query. A query without words matches every city.
        """
        if len(query) > text.LONGEST_NAME:
            return self.none()
        words = text.words(query)
        if not words:
            return self.all()
        phrase = text.normalise(query)
        alias = f"|{phrase}" if len(phrase) >= LETTERS_TO_BEGIN_AN_ALIAS else f"|{phrase}|"
        named = Q(*(Q(search__contains=word) for word in words))
        return self.filter(named | Q(aliases__contains=alias))


CityManager = models.Manager.from_queryset(CityQuerySet)
