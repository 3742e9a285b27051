"""Routes of the pages; they come last, for the last one takes everything."""

from django.urls import path, re_path

from web import views

urlpatterns = [
    path("", views.app),
    path("matches", views.app),
    path("trips", views.app),
    path("trips/new", views.app),
    path("trips/<public_id:public_id>", views.app),
    path("profile", views.app),
    path("welcome", views.app),
    re_path(r"^(?!internal/|static/|api/)(?P<path>.*)$", views.anything_else),
]
