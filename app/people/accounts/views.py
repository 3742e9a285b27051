"""In and out: `/login`, `/logout`, and the ways to and from the providers."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib import admin
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from people.accounts.adapters import providers
from people.accounts.forms import LoginForm

View = Callable[..., HttpResponseBase]


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The login page. Whoever is logged in already goes on to where they wanted to go."""
    target = _safe_target(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = LoginForm(request, request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and form.user:
            start_session(request, form.user)
            return redirect(target)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "next": target, "providers": providers(request)}
    response = render(request, "web/login.html", context, status=status)
    _refuse(response, form.minutes_to_wait)
    return response


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin's login page, within the same limit on guessing."""
    response = admin.site.login(request)
    if isinstance(response, TemplateResponse) and response.context_data:
        _refuse(response, response.context_data["form"].minutes_to_wait)
    return response


def _refuse(response: HttpResponse, minutes_to_wait: int) -> None:
    """Say in the answer's head as well that there were too many guesses, if there were."""
    if minutes_to_wait:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(minutes_to_wait * 60)


@csrf_exempt  # the worst that another site can do is to log somebody out, as old clients do by GET
@never_cache
@require_http_methods(["GET", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """End the session and return to the login page."""
    end_session(request)
    return redirect("/login")


def cancelled(request: HttpRequest) -> HttpResponse:
    """Somebody changed their mind on the provider's page."""
    return redirect("/login")


def _if_configured(view: View) -> View:
    """A provider that is not configured is not found. allauth looks for it only in the middle of its view."""

    def found(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, **kwargs)
        except SocialApp.DoesNotExist:
            raise Http404 from None

    return found


google_login = _if_configured(google.oauth2_login)
google_callback = _if_configured(google.oauth2_callback)
github_login = _if_configured(github.oauth2_login)
github_callback = _if_configured(github.oauth2_callback)
oidc_login = _if_configured(openid_connect.login)
oidc_callback = _if_configured(openid_connect.callback)


def _safe_target(request: HttpRequest) -> str:
    """Where to go after login: `next`, if it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and not wanted.startswith(("/login", "/logout")) else "/"
