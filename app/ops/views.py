"""Operators' routes that go through the whole stack; the probes do not, see `ops.middleware`."""

from django.http import HttpRequest, HttpResponse


def bare(request: HttpRequest) -> HttpResponse:
    """The least that a request can cost in this app: what `./witw bench app` measures others against."""
    return HttpResponse("ok", content_type="text/plain")
