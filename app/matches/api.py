"""`/api/matches`: whom I meet, and what I do about it."""

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api.fields import FlagField
from config.api.pages import Pages
from config.api.schema import id_parameter
from config.api.views import caller, flag
from matches import representation, services
from matches.models import Match, State
from people.api import UserSerializer
from people.models import User
from trips.days import earliest_today
from trips.simple import SimpleTripSerializer

THE_MATCH = [id_parameter("match")]


class MatchSerializer(serializers.Serializer[Match]):
    """A match, for reading."""

    id = serializers.CharField()
    source_user = UserSerializer(help_text="The older account of the two")
    target_user = UserSerializer()
    distance = serializers.IntegerField(allow_null=True, help_text="Metres between the two places")
    overlap_start = serializers.DateField()
    overlap_end = serializers.DateField(allow_null=True)
    source_trip = SimpleTripSerializer(allow_null=True, help_text="Null: at home")
    target_trip = SimpleTripSerializer(allow_null=True, help_text="Null: at home")
    state = serializers.ChoiceField(State.choices, help_text="My own")
    are_meeting = serializers.BooleanField()


class MatchChangesSerializer(serializers.Serializer[Match]):
    """What either of the two may say about a match."""

    state = serializers.ChoiceField(State.choices, required=False, help_text="Of my side only")
    are_meeting = FlagField(required=False, help_text="For both")


class MatchListView(GenericAPIView[Match]):
    """My matches."""

    pagination_class = Pages
    serializer_class = MatchSerializer

    @extend_schema(
        operation_id="matches_list",
        summary="List my matches",
        description="Those that are not over, by first day, dismissed ones too. A match is over when its "
        "last day has ended everywhere on earth.",
        parameters=[
            OpenApiParameter(
                "past", OpenApiTypes.STR, description="Those that are over instead, the latest first."
            ),
            OpenApiParameter(
                "state", OpenApiTypes.STR, enum=State.values, description="Only those in this state of mine."
            ),
        ],
        responses=MatchSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of the caller's matches."""
        user = caller(request)
        matches = _in_state(_matches_of(user), user, request.query_params.get("state", ""))
        if flag(request, "past"):
            matches = matches.filter(overlap_end__lt=earliest_today()).order_by("-overlap_start", "-pk")
        else:
            matches = matches.filter(overlap_end__gte=earliest_today()).order_by("overlap_start", "pk")
        page = self.paginate_queryset(matches.values_list(*representation.COLUMNS))
        return self.get_paginated_response(representation.from_rows(page or [], user))


class MatchView(APIView):
    """One match."""

    @extend_schema(
        operation_id="matches_show",
        summary="Show my match",
        description="A past one too.",
        parameters=THE_MATCH,
        responses=MatchSerializer,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Answer with a match of the caller."""
        return Response(representation.represent(_own_match(request, public_id), caller(request)))

    @extend_schema(
        operation_id="matches_change",
        summary="See, dismiss or accept my match",
        parameters=THE_MATCH,
        request=MatchChangesSerializer,
        responses=MatchSerializer,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Set the caller's state, and whether the two meet."""
        match = _own_match(request, public_id)
        changes = MatchChangesSerializer(data=request.data)
        changes.is_valid(raise_exception=True)
        services.respond(match, caller(request), **changes.validated_data)
        return Response(representation.represent(match, caller(request)))


def _matches_of(user: User) -> QuerySet[Match]:
    return Match.objects.filter(Q(source_user=user) | Q(target_user=user))


def _in_state(matches: QuerySet[Match], user: User, state: str) -> QuerySet[Match]:
    if not state:
        return matches
    if state not in State.values:
        raise serializers.ValidationError({"state": f'"{state}" is not a valid choice.'}, "invalid_choice")
    return matches.filter(Q(source_user=user, source_state=state) | Q(target_user=user, target_state=state))


def _own_match(request: Request, public_id: str) -> Match:
    user = caller(request)
    match = Match.objects.filter(public_id=public_id, team=user.team_id).first()
    if match is None:
        raise NotFound
    if user.pk not in (match.source_user_id, match.target_user_id):
        raise PermissionDenied
    return match
