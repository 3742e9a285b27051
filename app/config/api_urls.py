"""Routes under /api: no trailing slashes, and JSON also where there is nothing."""

from django.urls import path, re_path, register_converter

from cities.api import CityListView
from config.api.views import NothingHere
from matches.api import MatchListView, MatchView
from people.api import MeView, UserListView
from people.public_ids import PATTERN
from trips.api import TripListView, TripView
from web.api import MapView


class PublicIdConverter:
    """Anything of the form of a public id; another form is another, unknown path."""

    regex = PATTERN

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PublicIdConverter, "public_id")

urlpatterns = [
    path("api/cities", CityListView.as_view()),
    path("api/users", UserListView.as_view()),
    path("api/users/me", MeView.as_view()),
    path("api/trips", TripListView.as_view()),
    path("api/trips/<public_id:public_id>", TripView.as_view(), name="trip"),
    path("api/matches", MatchListView.as_view()),
    path("api/matches/<public_id:public_id>", MatchView.as_view(), name="match"),
    path("api/map", MapView.as_view()),
    re_path(r"^api(/|$)", NothingHere.as_view()),
]
