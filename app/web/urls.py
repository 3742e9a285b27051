"""Routes of the pages; they come last, for the last one takes everything."""

from django.urls import path, re_path

from web import views

urlpatterns = [
    path("", views.home),
    path("trips", views.trip_list),
    path("trips/new", views.trip_list),
    path("trips/<slug:public_id>", views.trip),
    path("trips/<slug:public_id>/cancel", views.cancel_trip),
    path("matches/<slug:public_id>", views.match),
    path("profile", views.profile),
    path("welcome", views.profile),
    path("world.svg", views.world),
    re_path(r"^(?!internal/|static/|api/)(?P<path>.*)$", views.anything_else),
]
