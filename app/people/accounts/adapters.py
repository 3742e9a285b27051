"""How django-allauth fits in: it talks to the providers, and everything it asks is answered here."""

import logging
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from ops import tracing
from people.accounts import admission
from people.models import User

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type hints
    """No sign-up of one's own, no messages of allauth's."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up with a password: an administrator makes the account."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """That one is logged in shows."""


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no type hints
    """Lets in who is on the list, links by verified addresses only, puts newcomers where the rule says."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The providers that the environment names; the database is not asked."""
        apps = [SocialApp(**app) for app in settings.LOGIN_PROVIDERS]
        return [
            app
            for app in apps
            if provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        ]

    def get_requests_session(self) -> Any:
        """A session that carries the trace of the request which calls for it."""
        session = super().get_requests_session()
        if (trace := tracing.current.get()) is not None:
            session.headers["traceparent"] = trace.traceparent
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decide about everybody who comes from a provider, known or new, before anything is stored."""
        if sociallogin.state.get("process") != "login":
            _refuse(request, sociallogin, "Log in here; other accounts are linked by their email address.")
        emails = [address.email for address in sociallogin.email_addresses if address.verified]
        if not emails:
            _refuse(request, sociallogin, "The provider has not verified your email address.")
        try:
            admission.check_email(emails[0])
            if sociallogin.is_existing:
                admission.check_person(sociallogin.user)
                _link(sociallogin)
            else:
                sociallogin.user.team = admission.team_for(emails[0])
                # A newcomer is known by the verified address, whatever else the provider calls them.
                sociallogin.user.email = emails[0].lower()
                sociallogin.email_addresses = [
                    one for one in sociallogin.email_addresses if one.email == emails[0]
                ]
        except admission.RefusedError as refused:
            _refuse(request, sociallogin, str(refused))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """`pre_social_login` has decided."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """A newcomer's names as the provider has them; later logins leave the person's own alone."""
        user: User = super().populate_user(request, sociallogin, data)
        user.first_name, user.last_name = user.first_name[:150], user.last_name[:150]
        user.avatar_url = (data.get("picture") or sociallogin.account.get_avatar_url() or "")[:512]
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """The provider said no, or made no sense. Who changed their mind goes back to the login page."""
        if error == AuthError.CANCELLED:
            return
        name = getattr(provider, "id", provider)
        log.warning("login through %s failed: %s", name, error, exc_info=exception)
        raise ImmediateHttpResponse(
            _page(request, "The provider did not confirm who you are. Try again.", status=401)
        )


def providers(request: HttpRequest) -> list[dict[str, str]]:
    """Name and address of each configured provider, for the login page."""
    adapter = ProviderAdapter(request)
    return [
        {"name": provider.app.name or provider.name, "url": provider.get_login_url(request)}
        for provider in adapter.list_providers(request)
    ]


def _link(sociallogin: SocialLogin) -> None:
    """Remember which account of the provider belongs to a person who was found by email address."""
    if sociallogin.account.pk is None:
        sociallogin.account.user = sociallogin.user
        sociallogin.account.save()


def _refuse(request: HttpRequest, sociallogin: SocialLogin, why: str) -> NoReturn:
    log.info("login through %s refused: %s", sociallogin.account.provider, why)
    raise ImmediateHttpResponse(_page(request, why, status=403))


def _page(request: HttpRequest, why: str, status: int) -> Any:
    return render(request, "web/refused.html", {"why": why}, status=status)
