"""The login form."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.http import HttpRequest

from people.accounts import guesses
from people.models import User


class LoginForm(forms.Form):
    """Email address and password; `user` is who they belong to."""

    email = forms.EmailField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        strip=False, max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})
        self.request = request
        self.user: User | None = None
        self.minutes_to_wait = 0

    def clean(self) -> dict[str, Any]:
        """Find the person. One message for all that can be wrong: it must not tell who has an account."""
        data = super().clean() or {}
        if "email" in data and "password" in data:
            user = authenticate(self.request, username=data["email"], password=data["password"])
            if isinstance(user, User):
                self.user = user
                return data
            self.minutes_to_wait = guesses.minutes_to_wait(self.request, data["email"])
            if self.minutes_to_wait:
                raise _too_many(self.minutes_to_wait)
            raise forms.ValidationError("Email address or password is wrong.", code="wrong")
        return data


class AdminLoginForm(AdminAuthenticationForm):
    """Django's own form, which says as well when guesses are refused."""

    minutes_to_wait = 0

    def get_invalid_login_error(self) -> forms.ValidationError:
        """What nobody was found for."""
        self.minutes_to_wait = guesses.minutes_to_wait(self.request, self.cleaned_data["username"])
        return _too_many(self.minutes_to_wait) if self.minutes_to_wait else super().get_invalid_login_error()


def _too_many(minutes: int) -> forms.ValidationError:
    return forms.ValidationError(f"Too many attempts. Try again in {minutes} minutes.", code="too_many")
