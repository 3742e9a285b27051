"""gunicorn's own messages."""

from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no type hints
    """gunicorn's logger without the line per request.

    gunicorn writes that line as soon as a logging configuration is given, and knows neither the request's id
    nor that queries can be secret. `ops.middleware` writes one instead.
    """

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Not here."""
