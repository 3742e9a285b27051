"""Error reports to Sentry (or what speaks its protocol), without personal data."""

from typing import Any

from config.environment import Environment
from ops import tracing


def start(env: Environment) -> None:
    """Report errors from now on, if there is a DSN; without one not even the library is loaded."""
    dsn = env.sentry_dsn.get_secret_value()
    if not dsn:
        return
    import sentry_sdk  # noqa: PLC0415  (costs 10 MB where nobody wants reports)

    sentry_sdk.init(
        dsn=dsn,
        environment=env.environment,
        release=env.release,
        traces_sample_rate=env.sentry_traces_sample_rate,
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "allowlist", "terms": ["content-type", "user-agent"]}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "database_query_data": False,
            "stack_frame_variables": False,
        },
        before_send=identify,
        before_send_transaction=identify,
    )


def identify(event: Any, hint: Any) -> Any:
    """Add the id of the request, by which its logs are found."""
    if (trace := tracing.current.get()) is not None:
        event.setdefault("tags", {})["request_id"] = trace.request_id
    return event
