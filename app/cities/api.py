"""`GET /api/cities`: search the cities of the world."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from cities.models import City
from cities.representation import Representation, represent
from cities.search import CitySearch


class CountrySerializer(serializers.Serializer[Any]):
    """A country as part of a city."""

    code = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    code3 = serializers.CharField(help_text="ISO 3166-1 alpha-3")
    name = serializers.CharField()
    currency = serializers.CharField(allow_null=True, help_text="ISO 4217")
    tld = serializers.CharField(allow_blank=True, help_text="Top-level domain, without the dot")
    capital = serializers.CharField(allow_blank=True)


class RegionSerializer(serializers.Serializer[Any]):
    """A region as part of a city."""

    code = serializers.CharField(help_text="Unique within the country")
    name = serializers.CharField()


class CitySerializer(serializers.Serializer[City]):
    """A city, for reading."""

    id = serializers.IntegerField(help_text="GeoNames id")
    name = serializers.CharField(help_text="In ASCII letters")
    country = CountrySerializer()
    region = RegionSerializer(allow_null=True)
    location = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        help_text="Longitude and latitude, in degrees",
    )
    kind = serializers.CharField(help_text="GeoNames feature code, such as PPLC for a capital")
    timezone = serializers.CharField(help_text="IANA time zone")

    def to_representation(self, instance: City) -> Representation:
        """Answer with the memoised object."""
        return represent(instance)


class CityListView(GenericAPIView[City]):
    """The cities over 15,000 people, biggest first. Data: GeoNames (https://www.geonames.org), CC BY 4.0."""

    queryset = City.objects.none()
    serializer_class = CitySerializer

    @extend_schema(
        operation_id="cities_list",
        summary="Search cities",
        parameters=[
            OpenApiParameter(
                "search",
                OpenApiTypes.STR,
                description="Words, divided by spaces or commas, that all occur in the name, whatever "
                "their case and accents. Names in other languages are found by their beginning.",
            )
        ],
        responses=CitySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of the cities that match `search`."""
        found = CitySearch(request.query_params.get("search", ""))
        paginator = self.paginator
        assert paginator is not None  # noqa: S101 (config.rest gives every list one)
        page: list[Any] = paginator.paginate_queryset(found, request, view=self)  # type: ignore[arg-type, assignment]
        return paginator.get_paginated_response(page)
