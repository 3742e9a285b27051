"""Pages for what goes wrong; clients of the API get its JSON instead."""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

WORDS = {
    HTTPStatus.BAD_REQUEST: ("This request makes no sense", "Go back and try again."),
    HTTPStatus.FORBIDDEN: (
        "This was refused",
        "The page was open too long or cookies are off. Go back, reload the page and try again.",
    ),
    HTTPStatus.NOT_FOUND: ("There is no such page", "It may have been moved or cancelled."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something broke on our side",
        "It has been noted. Try again in a moment.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The database is away",
        "Nothing was changed. Try again in a moment.",
    ),
}
API_ERRORS = {
    HTTPStatus.BAD_REQUEST: ("invalid_request", "parse_error", "Malformed request."),
    HTTPStatus.FORBIDDEN: (
        "authentication_error",
        "permission_denied",
        "You do not have permission to perform this action.",
    ),
    HTTPStatus.NOT_FOUND: ("invalid_request", "not_found", "Not found."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("server_error", "error", "A server error occurred."),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "server_error",
        "unavailable",
        "The database cannot be reached just now. Try again in a moment.",
    ),
}
# SQLSTATEs of a server that is going, coming or full; OperationalError has others (a timeout, a deadlock).
DATABASE_AWAY = ("08", "53", "57P")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """400."""
    return _answer(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponseBase:
    """403, also for a failed CSRF check."""
    return _answer(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """404."""
    return _answer(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500; 503 while the database is away, which tells the gateway to ask again where that does no harm."""
    if not _database_is_away(sys.exc_info()[1]):
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _answer(request, HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = "1"
    return response


def _database_is_away(error: BaseException | None) -> bool:
    if not isinstance(error, (InterfaceError, OperationalError)):
        return False
    # A connection that could not be made, or broke, has no SQLSTATE.
    state = getattr(error.__cause__, "pgcode", None)
    return state is None or state.startswith(DATABASE_AWAY)


def _answer(request: HttpRequest, status: HTTPStatus) -> HttpResponseBase:
    if request.path.startswith("/api/"):
        kind, code, detail = API_ERRORS[status]
        return JsonResponse({"type": kind, "code": code, "detail": detail, "attr": None}, status=status)
    title, advice = WORDS[status]
    context: dict[str, Any] = {"title": title, "advice": advice, "status": int(status)}
    try:
        # Without the request, so that neither session nor database is asked: they may be what is broken.
        return HttpResponse(render_to_string("web/error.html", context), status=status)
    except Exception:
        log.exception("the page for errors is broken itself")
        return HttpResponse(f"{title}. {advice}", content_type="text/plain", status=status)
