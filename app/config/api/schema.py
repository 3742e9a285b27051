"""The API's description in OpenAPI: what drf-spectacular does not find out by itself."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from config.api import errors
from people.public_ids import PATTERN

Direction = Literal["request", "response"]


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a request was refused: its first problem."""

    type = serializers.ChoiceField(errors.TYPES)
    code = serializers.ChoiceField(errors.CODES)
    detail = serializers.CharField(help_text="For people")
    attr = serializers.CharField(allow_null=True, help_text="The field or parameter that has the problem")


def id_parameter(what: str) -> OpenApiParameter:
    """The public id in a path."""
    return OpenApiParameter(
        "public_id",
        {"type": "string", "pattern": f"^{PATTERN}$"},
        OpenApiParameter.PATH,
        description=f"The public id of the {what}",
    )


class Schema(AutoSchema):
    """Adds to every operation the errors that it can answer with."""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        error = self._get_response_for_code(ErrorSerializer, "403")  # type: ignore[no-untyped-call]
        for status, description in self._errors():
            bodies[status] = {**error, "description": description}
        return bodies

    def _errors(self) -> list[tuple[str, str]]:
        found = [("403", "Not logged in, or not allowed")]
        takes_body = self.method in ("POST", "PATCH")
        takes_id = "{" in self.path
        # An id with an encoded slash or backslash is refused by the gateway, whatever the operation.
        if takes_body or takes_id or any(parameter["in"] == "query" for parameter in self._get_parameters()):
            found.append(("400", "Something in the request is wrong"))
        if takes_id:
            found.append(("404", "No such object in the team"))
        found.append(("405", "No such method here"))
        if any(parameter["name"] == "If-Match" for parameter in self._get_parameters()):
            found.append(("412", "It was changed since it was read"))
        if takes_body:
            found.append(("413", "The body is too large"))
            found.append(("415", "The body is not application/json"))
        return found


def only_api(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Leave out what is not people's API."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]
