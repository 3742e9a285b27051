"""The outermost layer of a request: who it is, how long it took, what browsers may do with the answer."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from ops import health, metrics, tracing

log = logging.getLogger("ops.access")

Handler = Callable[[HttpRequest], HttpResponseBase]
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def observe(get_response: Handler) -> Handler:
    """Give the request its identity, answer probes at once, and count and harden every other answer.

    Failed and slow ones are logged as well; LOG_REQUESTS=all logs each. The gateway's access log has a line
    for every request; a second one for those that went well would cost a part of what the app can serve.

    Probes are answered here because they come with any Host header and must not touch what they do not test.
    """
    policy = settings.CONTENT_SECURITY_POLICY

    def answer(request: HttpRequest) -> HttpResponseBase:
        trace = tracing.of(request)
        # Left in place afterwards: Django logs a bad status only when all middleware is done.
        tracing.current.set(trace)
        probe = health.PROBES.get(request.path_info)
        response = _observed(request) if probe is None else probe(request)
        headers = response.headers
        headers["X-Request-ID"] = trace.request_id
        headers["Permissions-Policy"] = PERMISSIONS
        headers.setdefault("Content-Security-Policy", policy)
        # Pages and the API are somebody's own and change at any time; static files say what they are.
        headers.setdefault("Cache-Control", "no-store")
        return response

    def _observed(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        if started := request.META.get("HTTP_X_REQUEST_START"):
            metrics.record_queue(started)
        metrics.in_flight.inc()
        try:
            response = get_response(request)
        finally:
            metrics.in_flight.dec()
        seconds = time.perf_counter() - begun
        metrics.record(request, response, seconds)
        failed = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        slow = seconds > settings.LOG_SLOW_SECONDS
        if failed or slow or settings.LOG_ALL_REQUESTS:
            _log(request, response, seconds, logging.WARNING if failed or slow else logging.INFO)
        return response

    return answer


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float, level: int) -> None:
    log.log(
        level,
        "%s %s %d",
        request.method,
        request.path,  # never the query: providers put one-time codes there
        response.status_code,
        extra={
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "route": metrics.route_of(request),
        },
    )
