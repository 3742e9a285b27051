"""Serves static files: this release's from the image, earlier ones' from the database."""

import re
from http import HTTPStatus
from typing import Any
from wsgiref.headers import Headers

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from assets import keeping

YEAR_SECONDS = 365 * 24 * 3600
# What Django's storage makes of "style.css": its content's MD5, of which twelve digits go into the name.
HASHED = re.compile(r"\.([0-9a-f]{12})\.[A-Za-z0-9]+$")


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no type hints
    """whitenoise, with the files that only the database has."""

    FOREVER = YEAR_SECONDS

    def add_cache_headers(self, headers: Headers, path: str, url: str) -> None:
        """How long it may be kept, and the hash as ETag, the same in every build.

        whitenoise's own is made from the time of the build. Weak, for the forms of a file share it.
        """
        super().add_cache_headers(headers, path, url)
        if hashed := HASHED.search(url):
            headers["ETag"] = f'W/"{hashed[1]}"'

    def __call__(self, request: HttpRequest) -> Any:
        """The file, or what the rest of the app answers."""
        if request.path_info not in self.files and (kept := self._kept(request)):
            return kept
        return super().__call__(request)

    def _kept(self, request: HttpRequest) -> HttpResponse | None:
        url = request.path_info
        if not (
            HASHED.search(url) and url.startswith(self.static_prefix) and request.method in {"GET", "HEAD"}
        ):
            return None
        found = keeping.find(url.removeprefix(self.static_prefix), request.headers.get("Accept-Encoding", ""))
        if found is None:
            return None
        content, encoding = found
        headers = Headers([("Vary", "Accept-Encoding"), ("Access-Control-Allow-Origin", "*")])
        self.add_mime_headers(headers, url, url)
        self.add_cache_headers(headers, url, url)
        # Whoever asks by this name gets this content for ever.
        headers["Cache-Control"] = f"max-age={self.FOREVER}, public, immutable"
        if request.headers.get("If-None-Match") == headers["ETag"]:
            del headers["Content-Type"]
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=dict(headers.items()))
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return HttpResponse(content, headers=dict(headers.items()))
