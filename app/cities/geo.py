"""PostgreSQL's `earthdistance` as Django expressions: points, boxes around them, metres between them.

https://www.postgresql.org/docs/17/earthdistance.html. The earth is taken for a sphere of 6,378,168 m radius,
so a distance is right within 0.6 %. Being three-dimensional, it knows neither a date line nor poles.
"""

from __future__ import annotations

from typing import ClassVar

from django.db.models import BooleanField, Field, FloatField, Func


class Cube(Field):  # type: ignore[type-arg]
    """A value of the `cube` type. It only lives inside queries: no column has it."""


class LatLonToEarth(Func):
    """The point of a latitude and a longitude, both in degrees."""

    function = "ll_to_earth"
    arity = 2
    output_field: ClassVar = Cube()


class EarthBox(Func):
    """A box that holds every point within so many metres of a point, and some that are farther."""

    function = "earth_box"
    arity = 2
    output_field: ClassVar = Cube()


class EarthDistance(Func):
    """Metres between two points, along a great circle."""

    function = "earth_distance"
    arity = 2
    output_field: ClassVar = FloatField()


class Contains(Func):
    """Whether a box holds a point. This is the operator that the GiST index on cities' places answers."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    arity = 2
    output_field: ClassVar = BooleanField()
    conditional = True
