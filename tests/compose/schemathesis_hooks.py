"""Loaded by schemathesis: sends the CSRF cookie along, as a browser does."""

import os
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Add the cookie that the token in the header has to agree with."""
    case.cookies["csrftoken"] = os.environ["CSRF_TOKEN"]
