"""Days that tests book, and how pages write them. All lie in one month: one way of writing is enough."""

from datetime import UTC, date, datetime, timedelta


def today() -> date:
    """Today in UTC, as the browsers of these tests have it."""
    return datetime.now(UTC).date()


def _beginning() -> date:
    """The first day of a month that is one to two months ahead."""
    return (today() + timedelta(days=62)).replace(day=1)


def day(number: int) -> str:
    """A day of that month, from 1 to 28, as forms and the API have it."""
    return _beginning().replace(day=number).isoformat()


def ahead(number: int) -> int:
    """How many days it is till then."""
    return (_beginning().replace(day=number) - today()).days


def written(first: int, last: int) -> str:
    """`1-5 Dec 2030` with a longer dash, as pages write it."""
    return f"{first}\N{EN DASH}{last} {_beginning():%b %Y}"
