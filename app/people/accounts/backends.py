"""Checking a password, for the login page and the admin's alike."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from people.accounts import guesses
from people.models import User


class TooManyGuessesError(PermissionDenied):
    """Nobody is told whether the password was right: too many were tried lately."""


class PasswordBackend(ModelBackend):
    """Django's backend, with a limit on guessing that all containers share."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **extra: Any,
    ) -> User | None:
        """The active person with this email address and password, or nobody."""
        email = username or extra.get(User.USERNAME_FIELD)
        if email is None or password is None:
            return None
        attempt = guesses.begin(request, email)
        if attempt.is_refused:
            raise TooManyGuessesError
        user = super().authenticate(request, username=email, password=password)
        if user is None:
            return None
        attempt.succeeded()
        return user
