"""Labels, flags, days and work hours."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from web import places
from web.templatetags import travel

NEW_YORK = {"name": "New York City", "country": {"code": "US"}, "region": {"code": "NY"}}
PARIS = {"name": "Paris", "country": {"code": "FR"}, "region": {"code": "11"}}
DASH = "\N{EN DASH}"


def test_american_cities_carry_their_state() -> None:
    assert places.label(NEW_YORK) == "New York City, NY, US"
    assert places.label(NEW_YORK | {"region": None}) == "New York City, US"
    assert places.label(PARIS) == "Paris, FR"


def test_a_flag_is_two_letters_of_its_own_kind() -> None:
    assert (
        places.flag(PARIS) == "\N{REGIONAL INDICATOR SYMBOL LETTER F}\N{REGIONAL INDICATOR SYMBOL LETTER R}"
    )


@pytest.mark.parametrize(
    ("hours", "time", "expected"),
    [
        (("09:00", "17:30"), "09:00", "working"),
        (("09:00", "17:30"), "17:29", "working"),
        (("09:00", "17:30"), "17:30", "off"),
        (("22:00", "06:00"), "23:15", "working"),
        (("22:00", "06:00"), "05:59", "working"),
        (("22:00", "06:00"), "12:00", "off"),
        (("nine", "five"), "12:00", ""),
    ],
)
def test_work_hours_go_by_minutes_and_past_midnight(hours: tuple[str, str], time: str, expected: str) -> None:
    local = datetime.fromisoformat(f"2040-01-10T{time}").replace(tzinfo=ZoneInfo("Europe/Paris"))
    assert places.availability({"start": hours[0], "end": hours[1]}, local) == expected


def test_without_work_hours_or_place_nothing_is_said() -> None:
    assert places.availability(None, datetime.now(ZoneInfo("UTC"))) == ""
    assert places.availability({"start": "09:00", "end": "17:00"}, None) == ""


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2040-01-05", "2040-01-05", "5 Jan 2040"),
        ("2040-01-05", "2040-01-09", f"5{DASH}9 Jan 2040"),
        ("2040-01-30", "2040-02-02", f"30 Jan {DASH} 2 Feb 2040"),
        ("2040-12-30", "2041-01-02", f"30 Dec 2040 {DASH} 2 Jan 2041"),
    ],
)
def test_days_are_written_as_short_as_they_are_clear(start: str, end: str, text: str) -> None:
    assert travel.days(date.fromisoformat(start), date.fromisoformat(end)) == text


@pytest.mark.parametrize(
    ("metres", "text"),
    [(0, "in the same city"), (None, "in the same city"), (400, "1 km apart"), (79_600, "80 km apart")],
)
def test_distances_are_in_whole_kilometres(metres: int | None, text: str) -> None:
    assert travel.kilometres(metres) == text
