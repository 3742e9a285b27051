"""`/api/users`: the people of my team, and myself."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cities.api import CitySerializer
from config.api.fields import CityIdField, TextField
from config.api.pages import Pages
from config.api.views import caller
from people import representation, services
from people.models import User
from people.work_hours import MAX_LENGTH, check_work_hours
from trips.days import shown_since
from trips.representation import trips_of
from trips.simple import SimpleTripSerializer


class WorkHoursSerializer(serializers.Serializer[Any]):
    """From when to when somebody works, usually HH:MM; not checked."""

    start = serializers.CharField(allow_blank=True)
    end = serializers.CharField(allow_blank=True)


class UserSerializer(serializers.Serializer[User]):
    """A person, for reading."""

    id = serializers.CharField()
    first_name = serializers.CharField(allow_blank=True)
    avatar_url = serializers.CharField(allow_blank=True)
    home_city = CitySerializer(allow_null=True)
    email = serializers.EmailField()
    work_hours = WorkHoursSerializer(allow_null=True)


class ListedUserSerializer(UserSerializer):
    """A person with their trips, for reading."""

    trips = SimpleTripSerializer(many=True)


@extend_schema_field(
    {
        "type": "object",
        "required": ["start", "end"],
        "additionalProperties": False,
        "properties": {name: {"type": "string", "maxLength": MAX_LENGTH} for name in ("start", "end")},
    }
)
class WorkHoursField(serializers.Field[dict[str, str], Any, dict[str, str], dict[str, str]]):
    """An object of the strings `start` and `end`, or a string that holds such an object as JSON."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        try:
            value = json.loads(data) if isinstance(data, str) else data
            check_work_hours(value)
        except (ValueError, RecursionError) as error:
            raise serializers.ValidationError(f"Malformed JSON: {error}") from error
        except ValidationError as error:
            raise serializers.ValidationError(f"Malformed JSON: {error.message}") from error
        return dict(value)

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return value


class ProfileSerializer(serializers.Serializer[User]):
    """What people may change about themselves."""

    first_name = TextField(max_length=150, allow_blank=True)
    avatar_url = TextField(max_length=512, allow_blank=True)
    home_city = CityIdField(source="home_city_id")
    work_hours = WorkHoursField(allow_null=True)


class UserListView(GenericAPIView[User]):
    """The people of my team."""

    pagination_class = Pages
    serializer_class = ListedUserSerializer

    @extend_schema(
        operation_id="users_list",
        summary="List my team",
        description="Everybody in the team by first name, each with their trips by date. Trips that ended "
        "more than 31 days ago are left out unless `trips=all`.",
        parameters=[
            OpenApiParameter("trips", OpenApiTypes.STR, enum=["recent", "all"], default="recent"),
        ],
        responses=ListedUserSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of the team's people."""
        which = request.query_params.get("trips") or "recent"
        if which not in ("recent", "all"):
            raise serializers.ValidationError(
                {"trips": f'"{which}" is not a valid choice.'}, "invalid_choice"
            )
        people = User.objects.filter(team_id=caller(request).team_id).order_by("first_name", "pk")
        page = self.paginate_queryset(people.values_list(*representation.COLUMNS))
        listed = representation.from_rows(page or [])
        trips = trips_of(list(listed), Q() if which == "all" else Q(end__gte=shown_since()))
        for key, person in listed.items():
            person["trips"] = trips.get(key, [])
        return self.get_paginated_response(list(listed.values()))


class MeView(APIView):
    """Myself."""

    @extend_schema(operation_id="users_me", summary="Show myself", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Answer with the caller."""
        return Response(representation.represent(caller(request)))

    @extend_schema(
        operation_id="users_me_change",
        summary="Change my profile",
        description="Changes the fields that are given, ignores those that cannot be changed. A new home "
        "city makes the matches that follow from it.",
        request=ProfileSerializer,
        responses=UserSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change the caller's own fields."""
        user = caller(request)
        profile = ProfileSerializer(data=request.data, partial=True)
        profile.is_valid(raise_exception=True)
        services.update(user, **profile.validated_data)
        return Response(representation.represent(user))
