"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_of(request: HttpRequest | None) -> str:
    """The client's address, as the outermost proxy that we trust (TRUSTED_PROXIES) saw it."""
    if request is None:
        return ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    if 0 < trusted <= len(hops):
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))
