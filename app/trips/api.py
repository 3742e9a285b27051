"""`/api/trips`: the trips of my team, and booking, changing and cancelling my own."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cities.api import CitySerializer
from config.api.fields import CityIdField, DayField, TextField
from config.api.pages import Pages
from config.api.schema import id_parameter
from config.api.views import caller, flag
from people.api import UserSerializer
from people.models import User
from trips import representation, services, versions
from trips.models import Trip

THE_TRIP = [id_parameter("trip"), versions.ETAG]
THE_TRIP_AS_SEEN = [*THE_TRIP, versions.IF_MATCH]


class TripSerializer(serializers.Serializer[Trip]):
    """A trip, for reading."""

    id = serializers.CharField()
    city = CitySerializer()
    start = serializers.DateField()
    end = serializers.DateField(help_text="The last day, included")
    user = UserSerializer()
    notes = serializers.CharField(allow_blank=True, help_text="Empty to everybody but the traveller")


class BookingSerializer(serializers.Serializer[Trip]):
    """What a trip is booked with, or changed."""

    city = CityIdField(source="city_id")
    start = DayField()
    end = DayField()
    notes = TextField(required=False, allow_blank=True)


class TripListView(GenericAPIView[Trip]):
    """The trips of my team."""

    pagination_class = Pages
    serializer_class = TripSerializer

    @extend_schema(
        operation_id="trips_list",
        summary="List trips",
        description="The team's trips by first day, past ones too.",
        parameters=[
            OpenApiParameter(
                "me",
                OpenApiTypes.STR,
                description="Mine only; empty, `0`, `f(alse)`, `n(o)` and `off` say no.",
            ),
        ],
        responses=TripSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of trips."""
        user = caller(request)
        mine_only = flag(request, "me")
        trips = Trip.objects.filter(user=user) if mine_only else Trip.objects.filter(user__team=user.team_id)
        rows = trips.order_by("start", "pk").values_list(*representation.COLUMNS)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(representation.from_rows(page or [], user))

    @extend_schema(
        operation_id="trips_book",
        summary="Book a trip",
        description="For myself, on days of the past too. My trips may touch but not overlap. The matches "
        "that follow from it are there when this answers.",
        parameters=[versions.ETAG],
        request=BookingSerializer,
        responses={status.HTTP_201_CREATED: TripSerializer},
    )
    def post(self, request: Request) -> Response:
        """Book a trip for the caller."""
        user = caller(request)
        booking = BookingSerializer(data=request.data)
        booking.is_valid(raise_exception=True)
        trip = services.book(user, **booking.validated_data)
        return _answer(trip, user, status.HTTP_201_CREATED)


class TripView(APIView):
    """One trip."""

    @extend_schema(
        operation_id="trips_show", summary="Show a trip", parameters=THE_TRIP, responses=TripSerializer
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Answer with any trip of the team."""
        return _answer(_trip_of_team(request, public_id), caller(request))

    @extend_schema(
        operation_id="trips_change",
        summary="Change my trip",
        description="The same rules as for booking one; the matches follow.",
        parameters=THE_TRIP_AS_SEEN,
        request=BookingSerializer,
        responses=TripSerializer,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Change a trip of the caller."""
        trip = _own_trip(request, public_id)
        booking = BookingSerializer(data=request.data, partial=True)
        booking.is_valid(raise_exception=True)
        with versions.conflict_reported():
            changed = services.change(trip, versions.seen(request), **booking.validated_data)
        return _answer(changed, caller(request))

    @extend_schema(
        operation_id="trips_cancel",
        summary="Cancel my trip",
        description="Its matches go with it; those at my home come back.",
        parameters=[id_parameter("trip"), versions.IF_MATCH],
        responses={status.HTTP_204_NO_CONTENT: None},
    )
    def delete(self, request: Request, public_id: str) -> Response:
        """Cancel a trip of the caller."""
        with versions.conflict_reported():
            services.cancel(_own_trip(request, public_id), versions.seen(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _answer(trip: Trip, viewer: User, status: int = status.HTTP_200_OK) -> Response:
    return Response(representation.represent(trip, viewer), status=status, headers=versions.headers(trip))


def _trip_of_team(request: Request, public_id: str) -> Trip:
    trips = Trip.objects.select_related("user")
    trip = trips.filter(public_id=public_id, user__team=caller(request).team_id).first()
    if trip is None:
        raise NotFound
    return trip


def _own_trip(request: Request, public_id: str) -> Trip:
    trip = _trip_of_team(request, public_id)
    if trip.user_id != caller(request).pk:
        raise PermissionDenied("You cannot modify or delete someone else's trip.")
    return trip
