"""The pages: one shell for all of them, which the script fills from the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from people.models import User

WELCOME = "/welcome"
"""Where people say where they live. Newcomers get to see nothing before that."""

View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """A page of one's own: for people who are logged in, kept in nobody's cache."""

    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = login_required(view)(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return private


@page
@require_GET
@ensure_csrf_cookie
def app(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """The shell of every page; which one it is, the script finds out from the address."""
    if cast("User", request.user).home_city_id is None and request.path != WELCOME:
        return redirect(WELCOME)
    return render(request, "web/app.html")


@page
def anything_else(request: HttpRequest, path: str) -> HttpResponseBase:
    """There is no such page: 404 for people who are logged in, the login page for others."""
    raise Http404
