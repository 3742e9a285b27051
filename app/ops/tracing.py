"""Who the request is that this thread works on: for its logs, its error reports and whom it calls."""

import os
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # whoever only logs needs no more of Django
    from django.http import HttpRequest

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
# https://www.w3.org/TR/trace-context/#traceparent-header; ids of zeros only are invalid.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)


class Trace(NamedTuple):
    """Who a request is, to us (`request_id`) and in the system around us (W3C trace context)."""

    request_id: str
    trace_id: str
    span_id: str
    flags: str

    @property
    def traceparent(self) -> str:
        """The header that a call made on behalf of this request carries."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("current", default=None)


def of(request: "HttpRequest") -> Trace:
    """The trace that the caller gave, with a span of our own; new ids where it gave none or nonsense."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    parent = _TRACEPARENT.fullmatch(request.META.get("HTTP_TRACEPARENT", ""))
    ids = os.urandom(24).hex()
    trace_id, flags = (parent[1], parent[2]) if parent else (ids[:32], "00")
    return Trace(given if _REQUEST_ID.fullmatch(given) else trace_id, trace_id, ids[32:], flags)
