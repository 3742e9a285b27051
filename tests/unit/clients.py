"""A client of the JSON API, as somebody or as nobody."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from people.models import User

# What `problem` gives of the two refusals that every endpoint has.
NOT_FOUND = (404, "invalid_request", "not_found", None)
FORBIDDEN = (403, "authentication_error", "permission_denied", None)

Answer = Any  # Django's test response has no public type


class ApiClient:
    """Sends and expects JSON."""

    def __init__(self, user: User | None = None) -> None:
        self.django = Client()
        if user is not None:
            self.django.force_login(user)

    def get(self, path: str, **query: Any) -> Answer:
        return self.django.get(path, query)

    def delete(self, path: str) -> Answer:
        return self.django.delete(path)

    def post(self, path: str, data: Any) -> Answer:
        return self.django.post(path, json.dumps(data), "application/json")

    def patch(self, path: str, data: Any) -> Answer:
        return self.django.patch(path, json.dumps(data), "application/json")

    def ids(self, path: str, **query: Any) -> list[str]:
        """The ids that a list shows."""
        return [shown["id"] for shown in self.get(path, **query).json()["results"]]


def problem(answer: HttpResponse) -> tuple[int, str, str, str | None]:
    """Status, type, code and attribute of an error; its keys must be exact and its detail a text."""
    body = json.loads(answer.content)
    assert list(body) == ["type", "code", "detail", "attr"]
    assert body["detail"]
    return answer.status_code, body["type"], body["code"], body["attr"]


def detail(answer: HttpResponse) -> str:
    """What an error tells people."""
    return str(json.loads(answer.content)["detail"])
