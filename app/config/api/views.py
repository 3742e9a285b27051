"""Bases of the API's views."""

from typing import Any, NoReturn, cast

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from people.models import User

FALSE_WORDS = ("", "0", "f", "false", "n", "no", "off")


class NothingHere(APIView):
    """Any other path under /api: not found, by whatever method and whoever asks."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound


def caller(request: Request) -> User:
    """The person who asks; permissions have made sure that it is one."""
    return cast("User", request.user)


def flag(request: Request, name: str) -> bool:
    """A query parameter as yes or no: any word is yes, but for those that say no."""
    return request.query_params.get(name, "").strip().lower() not in FALSE_WORDS
