"""What day it is, for people in every time zone."""

from datetime import UTC, date, datetime, timedelta

# The last place on earth where a day ends is twelve hours behind UTC.
LAST_ZONE = timedelta(hours=12)
SHOWN_AFTER_END = timedelta(days=31)


def earliest_today() -> date:
    """The earliest date that is still today somewhere: before it, a day is over for everybody."""
    return (datetime.now(UTC) - LAST_ZONE).date()


def shown_since() -> date:
    """Trips that ended before this day are history: lists of people leave them out."""
    return earliest_today() - SHOWN_AFTER_END
