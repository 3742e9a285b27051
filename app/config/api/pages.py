"""Pages of a list: `?limit=` (100 unless given, 1,000 at most) and `?offset=`."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class Pages(LimitOffsetPagination):
    """DRF's pages, but a number that is none is an error, not ignored.

    A larger limit than the largest is cut to it, so that a client that asks for everything follows `next`.
    """

    default_limit = DEFAULT_LIMIT
    max_limit = MAX_LIMIT

    def get_limit(self, request: Request) -> int:
        return min(_number(request, "limit", DEFAULT_LIMIT, least=1), MAX_LIMIT)

    def get_offset(self, request: Request) -> int:
        return _number(request, "offset", 0, least=0)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = f"Results per page; more than {MAX_LIMIT:,} are cut to that."
        return [
            _parameter("limit", limit, minimum=1, default=DEFAULT_LIMIT),
            _parameter("offset", "Results to leave out at the beginning.", minimum=0, default=0),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {
            "count": {"type": "integer", "minimum": 0},
            "next": link,
            "previous": link,
            "results": {**schema, "maxItems": MAX_LIMIT},
        }
        return {"type": "object", "required": list(properties), "properties": properties}


def _number(request: Request, name: str, default: int, least: int) -> int:
    text = request.query_params.get(name, "")
    if text == "":
        return default
    # No more digits than a list could ever need; int() would take "1_0", " 1" and other scripts' digits too.
    if not re.fullmatch(r"[0-9]+", text) or int(text[:18]) < least:
        raise ValidationError({name: f"A whole number of at least {least} is required."})
    return int(text[:18])


def _parameter(name: str, description: str, **schema: int) -> dict[str, Any]:
    return {
        "name": name,
        "in": OpenApiParameter.QUERY,
        "required": False,
        "description": description,
        "schema": {"type": "integer", **schema},
    }
