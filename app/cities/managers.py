"""Queries for cities by what they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value

from cities.geo import Contains, EarthBox, EarthDistance, LatLonToEarth

if TYPE_CHECKING:
    from cities.models import City

PLACE = LatLonToEarth("latitude", "longitude")


class CityQuerySet(models.QuerySet["City"]):
    """Cities, with the words for choosing among them."""

    def near(self, city: City, metres: float | None = None) -> Self:
        """Cities within `metres` (inclusive; the setting NEAR_METRES if not given) of a city, itself among them.

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


class CityManager(models.Manager["City"]):
    """The default manager: `City.objects`."""
