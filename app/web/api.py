"""`GET /api/map`: all that the first page needs of a team, in one small answer."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api.views import caller
from people.work_hours import MAX_LENGTH
from web import team_map


@extend_schema_field(
    {
        "type": "array",
        "description": "Longitude and latitude, in degrees",
        "prefixItems": [{"type": "number"}, {"type": "number"}],
        "minItems": 2,
        "maxItems": 2,
    }
)
class LocationField(serializers.Field[Any, Any, Any, Any]):
    """Where a city is."""


@extend_schema_field(
    {
        "type": ["array", "null"],
        "description": "From when to when they work, usually HH:MM",
        "prefixItems": [{"type": "string", "maxLength": MAX_LENGTH}] * 2,
        "minItems": 2,
        "maxItems": 2,
    }
)
class HoursField(serializers.Field[Any, Any, Any, Any]):
    """Work hours without their keys."""


@extend_schema_field(
    {
        "type": "array",
        "description": "Trips by first day: place in `cities`, first and last day, counted from `first_day`",
        "items": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "integer"}, {"type": "integer"}],
            "minItems": 3,
            "maxItems": 3,
        },
    }
)
class StaysField(serializers.Field[Any, Any, Any, Any]):
    """Trips as numbers."""


class MapCitySerializer(serializers.Serializer[Any]):
    """A city where somebody lives or travels to."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2")
    region = serializers.CharField(allow_null=True, help_text="The region's code")
    location = LocationField()
    timezone = serializers.CharField(help_text="IANA time zone")


class MapPersonSerializer(serializers.Serializer[Any]):
    """Somebody of the team."""

    id = serializers.CharField()
    name = serializers.CharField()
    avatar = serializers.CharField(allow_blank=True)
    home = serializers.IntegerField(allow_null=True, help_text="Place in `cities`")
    work_hours = HoursField()
    trips = StaysField()


class MapSerializer(serializers.Serializer[Any]):
    """A team on the map."""

    first_day = serializers.DateField(help_text="Day 0: yesterday in UTC, for it still is that day somewhere")
    cities = MapCitySerializer(many=True)
    people = MapPersonSerializer(many=True)


class MapView(APIView):
    """My team on the map."""

    @extend_schema(
        operation_id="map",
        summary="Show my team on the map",
        description="Where everybody lives, and their trips from yesterday to half a year ahead.",
        responses=MapSerializer,
    )
    def get(self, request: Request) -> Response:
        """Answer with the caller's team."""
        return Response(team_map.of_team(caller(request).team_id))
