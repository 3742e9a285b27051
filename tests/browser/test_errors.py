"""Pages for what goes wrong: no such page, too many logins, and an app that is away."""

import re
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.days import day
from tests.browser.test_reach import expect_no_violation
from tests.browser.visits import City, Team, Visit, fill_trip
from tests.compose.stack import Stack


def test_an_address_that_is_none_leads_back(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    for path in ("/nothing", f"/trips/trip_{'0' * 24}", "/trips/trip_"):
        page.goto(path)
        expect(page.get_by_role("heading", name=re.compile("There is no such"))).to_be_visible()
        page.get_by_role("link", name=re.compile("To the (map|first page)")).click()
        expect(page.get_by_role("heading", name="Where is everybody?")).to_be_visible()


@pytest.fixture
def crowd_at_the_door(stack: Stack) -> Iterator[None]:
    """Programs that try to log in, faster than the gateway lets them."""
    over, refused = threading.Event(), threading.Event()

    def hammer() -> None:
        with httpx.Client(base_url=stack.url, trust_env=False, timeout=30) as client:
            while not over.is_set():
                if client.post("/login").status_code == httpx.codes.TOO_MANY_REQUESTS:
                    refused.set()

    workers = [threading.Thread(target=hammer) for _ in range(6)]
    for worker in workers:
        worker.start()
    try:
        assert refused.wait(60), "the gateway lets any number of logins through"
        yield
    finally:
        over.set()
        for worker in workers:
            worker.join()


@pytest.mark.usefixtures("crowd_at_the_door")
def test_too_many_logins_are_told_so(visit: Visit) -> None:
    page = visit()
    for _ in range(20):  # one of them may be among those that are let through
        page.goto("/login")
        page.get_by_label("Email").fill("ann@example.org")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        if "Too many attempts" in page.title():
            break
    expect_no_violation(page)
    page.get_by_role("link", name="try again").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.fixture
def away(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Stop or start the app; it runs again afterwards."""

    def change(verb: str) -> None:
        if verb == "stop":
            stack.compose("stop", "--timeout=5", "app")
        else:
            stack.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "app")

    yield change
    change("start")


def test_an_app_that_is_away_comes_back_by_itself(
    visit: Visit, people: Team, city: City, away: Callable[[str], None]
) -> None:
    """Who opens a page is told so, and sees it as soon as it is there; who had it open loses nothing."""
    (ann,) = people(ann=city("Paris"))
    typing, opening = visit(ann), visit(ann)
    typing.goto("/trips/new")
    fill_trip(typing, "Rome, IT", day(1), day(2), "typed")
    away("stop")
    typing.get_by_role("button", name="Book").click()
    expect(typing.get_by_text("We are away for a moment")).to_be_visible()
    expect(typing.get_by_label("Notes")).to_have_value("typed")
    opening.goto("/trips")
    expect(opening.get_by_role("heading", name="witw is away for a moment")).to_be_visible()
    expect_no_violation(opening)
    away("start")
    typing.get_by_role("button", name="Try again").click()
    expect(typing.get_by_text("Your trip is booked.")).to_be_visible()
    expect(opening.get_by_role("heading", name="My trips")).to_be_visible()
