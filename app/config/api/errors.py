"""Errors of the API: one object for the first problem, `{"type", "code", "detail", "attr"}`.

What no view answers (an exception nobody expected, a database that is away) is answered by `web.errors`.
"""

from http import HTTPStatus
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

TYPES = ("authentication_error", "invalid_request", "validation_error", "server_error")

# The codes that clients know. Whatever else a field may find wrong is an `invalid_input` to them.
VALIDATION_CODES = (
    "required",
    "null",
    "does_not_exist",
    "invalid_input",
    "invalid_choice",
    "invalid_date_range",
    "overlapping_trip",
)
CODES = (
    "not_authenticated",
    "permission_denied",
    "not_found",
    "method_not_allowed",
    "parse_error",
    "unsupported_media_type",
    "too_large",
    "changed_meanwhile",
    *VALIDATION_CODES,
    "error",
    "unavailable",
)


class Problem(NamedTuple):
    """The first problem of a refused request; `attr` names the field that has it."""

    code: str
    detail: str
    attr: str | None = None


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of a view. None: not one of ours, so Django reports it and answers 500."""
    if isinstance(error, Http404 | ObjectDoesNotExist):
        error = exceptions.NotFound()
    elif isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, DjangoValidationError):
        problem = _first_of_model(error)
        return Response(_body("validation_error", problem), status=HTTPStatus.BAD_REQUEST)
    if not isinstance(error, APIException):
        return None
    return Response(_body(*_describe(error)), status=error.status_code)


def _describe(error: APIException) -> tuple[str, Problem]:
    if isinstance(error, ValidationError):
        return "validation_error", _first(error.detail)
    detail = error.detail
    if not isinstance(detail, ErrorDetail):
        raise TypeError(f"{type(error).__name__} carries no single message: {detail!r}")
    is_about_login = isinstance(error, exceptions.NotAuthenticated | exceptions.PermissionDenied)
    kind = "authentication_error" if is_about_login else "invalid_request"
    return kind, Problem(str(detail.code), str(detail))


def _first(detail: Any, attr: str | None = None) -> Problem:
    """The first message in a serializer's errors, which may be nested."""
    if isinstance(detail, dict):
        field, inner = next(iter(detail.items()))
        return _first(inner, None if field == api_settings.NON_FIELD_ERRORS_KEY else field)
    if isinstance(detail, list):
        return _first(detail[0], attr)
    return Problem(_known(detail.code), str(detail), attr)


def _first_of_model(error: DjangoValidationError) -> Problem:
    """The first message of a rule that a model or service holds."""
    attr = None
    if hasattr(error, "error_dict"):
        field, errors = next(iter(error.error_dict.items()))
        attr = None if field == NON_FIELD_ERRORS else field
        error = errors[0]
    error = error.error_list[0]
    return Problem(_known(error.code), str(error.messages[0]), attr)


def _known(code: str | None) -> str:
    return code if code in VALIDATION_CODES else "invalid_input"


def _body(kind: str, problem: Problem) -> dict[str, str | None]:
    return {"type": kind, **problem._asdict()}
