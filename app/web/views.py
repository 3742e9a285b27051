"""The pages: plain forms over the same services as the API."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cities.representation import represent_all
from matches import representation as match_representation
from matches import services as matches
from matches.models import Match, State
from people import services as people
from people.models import User
from trips import services as trips
from trips.days import earliest_today
from trips.models import Trip
from web import places, worldmap
from web.forms import ProfileForm, TripForm, city_of, profile_of

# How far ahead the map looks, in days.
HORIZON = 180
INVALID = 422

View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """A page of one's own: for people who are logged in, kept in nobody's cache."""

    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = login_required(view)(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return private


def me(request: HttpRequest) -> User:
    """Who is logged in; `page` has made sure that somebody is."""
    return cast("User", request.user)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was filled in, be it nothing; None if the form was only asked for."""
    return request.POST if request.method == "POST" else None


@page
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who is where, my next trips, my matches."""
    user = me(request)
    if user.home_city_id is None:
        return redirect("/profile")
    now = timezone.now()
    today = now.date()
    day = _day(request.GET.get("day", ""), today)
    where, nowhere = places.of_team(user, day, now)
    context = {
        "day": day,
        "today": today,
        "last_day": today + timedelta(days=HORIZON),
        "is_today": day == today,
        "places": where,
        "pins": places.pins(where),
        "nowhere": nowhere,
        "here": next((place for place in where if any(person.is_me for person in place.people)), None),
        "trips": _with_cities(_trips_of(user).filter(end__gte=earliest_today())),
        **_matches_of(user),
    }
    return render(request, "web/home.html", context)


@page
@require_http_methods(["GET", "POST"])
def trip_list(request: HttpRequest) -> HttpResponse:
    """All my trips, and the form to book one."""
    user = me(request)
    form = TripForm(posted(request))
    if request.method == "POST" and _saved(form, lambda fields: trips.book(user, **fields)):
        messages.success(request, "Your trip is booked.")
        return redirect("/trips")
    today = earliest_today()
    context = {
        "form": form,
        "coming": _with_cities(_trips_of(user).filter(end__gte=today)),
        "past": _with_cities(_trips_of(user).filter(end__lt=today).order_by("-start")[:100]),
    }
    return render(request, "web/trips.html", context, status=INVALID if form.errors else 200)


@page
@require_http_methods(["GET", "POST"])
def trip(request: HttpRequest, public_id: str) -> HttpResponse:
    """One of my trips, to change or cancel."""
    booked = _my_trip(request, public_id)
    present = {"start": booked.start, "end": booked.end, "notes": booked.notes, **city_of(booked.city_id)}
    form = TripForm(posted(request), initial=present)
    if request.method == "POST" and _saved(form, lambda fields: trips.change(booked, **fields)):
        messages.success(request, "Your trip is changed.")
        return redirect("/trips")
    context = {"form": form, "trip": booked}
    return render(request, "web/trip.html", context, status=INVALID if form.errors else 200)


@page
@require_POST
def cancel_trip(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cancel one of my trips."""
    trips.cancel(_my_trip(request, public_id))
    messages.success(request, "Your trip is cancelled.")
    return redirect("/trips")


@page
@require_POST
def match(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say what I think of a match: `state` (mine) or `meet` (yes or no, for both)."""
    user = me(request)
    mine = Match.objects.filter(Q(source_user=user) | Q(target_user=user))
    found = get_object_or_404(mine, public_id=public_id)
    state, meet = request.POST.get("state"), request.POST.get("meet")
    if state is not None and state not in State.values:
        raise Http404
    if meet is not None:
        # Who meets somebody has seen the match as well.
        matches.respond(found, user, state=State.SEEN, are_meeting=meet == "yes")
    elif state is not None:
        matches.respond(found, user, state=state)
    return redirect("/#matches")


@page
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """My name, home and work hours. Newcomers begin here."""
    user = me(request)
    is_new = user.home_city_id is None
    form = ProfileForm(posted(request), initial=profile_of(user))
    if request.method == "POST" and form.is_valid():
        people.update(user, **form.changes)
        messages.success(request, "Welcome!" if is_new else "Your profile is saved.")
        return redirect("/" if is_new else "/profile")
    context = {"form": form, "is_new": is_new}
    return render(request, "web/profile.html", context, status=INVALID if form.errors else 200)


@require_GET
@cache_control(max_age=86_400, public=True)
def world(request: HttpRequest) -> HttpResponse:
    """The map behind the pins."""
    return HttpResponse(worldmap.svg(), content_type="image/svg+xml")


@page
def anything_else(request: HttpRequest, path: str) -> HttpResponseBase:
    """There is no such page: 404 for people who are logged in, the login page for others."""
    raise Http404


def _my_trip(request: HttpRequest, public_id: str) -> Trip:
    return get_object_or_404(Trip.objects.select_related("user"), public_id=public_id, user=me(request))


def _saved(form: TripForm, save: Callable[[dict[str, Any]], object]) -> bool:
    """Hand a form's trip to a service, if it is a trip; what that refuses becomes an error at the field."""
    if not form.is_valid():
        return False
    fields = {name: form.cleaned_data[name] for name in ("city_id", "start", "end", "notes")}
    try:
        save(fields)
    except ValidationError as refused:
        form.add_error(None, refused)
        return False
    return True


def _day(text: str, today: date) -> date:
    """The day that was asked for, if it makes sense; else today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(day, today), today + timedelta(days=HORIZON))


def _trips_of(user: User) -> Any:
    return Trip.objects.filter(user=user).order_by("start", "pk")


def _with_cities(found: Any) -> list[dict[str, Any]]:
    rows = list(found)
    cities = represent_all({row.city_id for row in rows})
    return [{"trip": row, "city": cities[row.city_id]} for row in rows]


def _matches_of(user: User) -> dict[str, Any]:
    """My matches that are not over: those to look at, and those that I dismissed."""
    mine = Match.objects.filter(Q(source_user=user) | Q(target_user=user), overlap_end__gte=earliest_today())
    rows = mine.order_by("overlap_start", "pk").values_list(*match_representation.COLUMNS)
    all_of_mine = match_representation.from_rows(list(rows), user)
    return {
        "matches": [one for one in all_of_mine if one["state"] != State.DISMISSED],
        "dismissed": [one for one in all_of_mine if one["state"] == State.DISMISSED],
        "unseen": sum(one["state"] == State.UNSEEN for one in all_of_mine),
    }
