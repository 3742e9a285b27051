"""Words for places, days and distances in templates."""

from datetime import date
from typing import Any

from django import template

from web import places

TO = "\N{EN DASH}"

register = template.Library()
register.filter("label", places.label)
register.filter("flag", places.flag)
register.filter("colour", places.colour)


@register.filter
def days(start: date, end: date) -> str:
    """From a first to a last day, as short as it is clear: `1 to 5 Dec 2030`, `6 Dec 2030`."""
    if start == end:
        return f"{start.day} {start:%b %Y}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}{TO}{end.day} {end:%b %Y}"
    first = f"{start.day} {start:%b}" if start.year == end.year else f"{start.day} {start:%b %Y}"
    return f"{first} {TO} {end.day} {end:%b %Y}"


@register.filter
def kilometres(metres: int | None) -> str:
    """How far two people are from one another."""
    if not metres:
        return "in the same city"
    return f"{max(1, round(metres / 1000))} km apart"


@register.filter
def other(match: dict[str, Any], me: str) -> dict[str, Any]:
    """The side of a match that is not mine: `user` and `trip` (None: at home), and `mine`, my trip."""
    mine, theirs = ("source", "target") if match["source_user"]["id"] == me else ("target", "source")
    return {
        "user": match[f"{theirs}_user"],
        "trip": match[f"{theirs}_trip"],
        "mine": match[f"{mine}_trip"],
        "home": match[f"{theirs}_user"]["home_city"],
    }
