"""A vacation of a few minutes, planned as by anybody: asleep, told at the gateway, and awake again."""

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from dev import cli
from tests.e2e.stack import Stack, is_ready, until
from tests.load.scaled import Scaled

AHEAD = dt.timedelta(seconds=40)
"""At least from the plan to its beginning; times are whole minutes."""

LASTS = dt.timedelta(minutes=2)

LATE = 60.0
"""Seconds after its moment: a job's pod starts, and pods end the requests that they have."""


def run(stack: Stack, *words: str) -> int:
    """What `./witw vacation` does."""
    return cli.main(["vacation", *words, "--name", stack.to.ours.name])


def seconds_until(moment: dt.datetime) -> float:
    """From now on."""
    return (moment - dt.datetime.now(dt.UTC)).total_seconds()


def planned() -> tuple[dt.datetime, dt.datetime]:
    """When the next one begins and ends."""
    begins = (dt.datetime.now(dt.UTC) + AHEAD + dt.timedelta(minutes=1)).replace(second=0, microsecond=0)
    return begins, begins + LASTS


def test_the_app_has_a_vacation_of_which_people_are_told_and_comes_back(
    scaled: Scaled, stack: Stack, public: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    begins, ends = planned()
    days = ("--from", f"{begins:%Y-%m-%d}", "--to", f"{ends:%Y-%m-%d}", "--timezone", "UTC")
    assert run(stack, *days, "--sleep", f"{begins:%H:%M}", "--wake", f"{ends:%H:%M}") == 0
    try:
        assert f"it wakes {ends:%a %Y-%m-%d %H:%M} (UTC)" in capsys.readouterr().out
        assert public.get("/login").status_code == httpx.codes.OK, "it has not begun"
        until("no pods", lambda: not web(stack), seconds_until(begins) + LATE)
        assert dt.datetime.now(dt.UTC) >= begins

        page = public.get("/login", headers={"Accept": "text/html"})
        data = public.get("/api/users/me", headers={"Accept": "application/json"})
        assert (page.status_code, data.status_code) == (503, 503)
        assert "witw is away" in page.text
        assert data.json()["code"] == "unavailable"
        # They are told when to come again, by the clock.
        for answer in page, data:
            assert parsedate_to_datetime(answer.headers["Retry-After"]) == ends, answer.headers
        assert cli.main(["status"]) == 1
        assert f"on vacation until {ends.astimezone():%Y-%m-%d %H:%M}" in capsys.readouterr().out

        until("the app's answer", lambda: public.get("/login").status_code == 200, seconds_until(ends) + LATE)
        assert dt.datetime.now(dt.UTC) >= ends
        until("its least pods", lambda: sum(map(is_ready, web(stack))) == scaled.least == scaled.wanted, LATE)
    finally:
        assert run(stack, "--cancel") == 0
    assert public.get("/login").status_code == httpx.codes.OK


def web(stack: Stack) -> list[dict[str, Any]]:
    """The app's pods, with those that end the requests that they have."""
    return stack.list("Pod", "app.kubernetes.io/component=web")
