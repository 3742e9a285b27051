"""JSON in and out, and nothing else, whatever a client says that it accepts."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import IO, Any, Never

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class BodyTooLarge(APIException):
    """The body is longer than DATA_UPLOAD_MAX_MEMORY_SIZE, which Django applies to forms only."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."
    default_code = "too_large"


class JSONRenderer(BaseRenderer):
    """Compact JSON in UTF-8."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data)
        except TypeError:
            # Half of a surrogate pair, quoted by an error message: Python writes it as an escape.
            return json.dumps(data).encode()


class JSONParser(BaseParser):
    """Strict JSON: no NaN, no bottomless nesting, no body without end."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"JSON parse error - {error}") from error


class OnlyJSON(DefaultContentNegotiation):
    """Answer in JSON even to a browser: the alternative would be 406."""

    def select_renderer(  # type: ignore[override]
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], "application/json"


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")
