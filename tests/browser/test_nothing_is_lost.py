"""Forms while the network or the server is away: nothing typed is lost, and trying again is enough."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.days import day
from tests.browser.visits import City, Team, Visit, choose_city, fill_trip
from tests.people_kit import Person

NOTES = "Two words of Hebrew: שלום עולם, and a line\nbreak"
ERROR = '{"type": "server_error", "code": "error", "detail": "An error.", "attr": null}'
HELD_WITHIN = 20.0
"""Seconds in which what is sent gets to where it is held."""


@dataclass(frozen=True)
class Form:
    """A form that is filled in and not yet sent."""

    page: Page
    button: str
    done: str
    typed: dict[str, str]

    def send(self) -> None:
        self.page.get_by_role("button", name=self.button, exact=True).click()

    def try_again(self) -> None:
        self.page.get_by_role("button", name="Try again").click()

    def expect_all_of_it(self) -> None:
        for label, value in self.typed.items():
            expect(self.page.get_by_label(label, exact=True)).to_have_value(value)

    def expect_done(self) -> None:
        expect(self.page.get_by_text(self.done)).to_be_visible()


def _trip(page: Page, button: str, done: str) -> Form:
    fill_trip(page, "Rome, IT", day(3), day(7), NOTES)
    typed = {"City": "Rome, IT", "First day": day(3), "Last day": day(7), "Notes": NOTES}
    return Form(page, button, done, typed)


def new_trip(page: Page, ann: Person, city: City) -> Form:
    """A trip to book."""
    ann.patch("/api/users/me", json={"home_city": city("Paris")})
    page.goto("/trips/new")
    return _trip(page, "Book", "Your trip is booked.")


def changed_trip(page: Page, ann: Person, city: City) -> Form:
    """A trip to change."""
    ann.patch("/api/users/me", json={"home_city": city("Paris")})
    trip = ann.book(city("London"), day(20), day(21), "old")
    page.goto(f"/trips/{trip['id']}")
    return _trip(page, "Save", "Your trip is changed.")


def profile(page: Page, ann: Person, city: City) -> Form:
    """A profile to change."""
    ann.patch("/api/users/me", json={"home_city": city("Paris")})
    page.goto("/profile")
    typed = {"First name": "Anna", "Work from": "22:00", "until": "06:30", "Avatar": "🦊"}
    for label, value in typed.items():
        page.get_by_label(label, exact=True).fill(value)
    choose_city(page, "Home city", "Rome, IT")
    return Form(page, "Save", "Your profile is saved.", typed | {"Home city": "Rome, IT"})


def welcome(page: Page, _ann: Person, _city: City) -> Form:
    """A newcomer's home."""
    page.goto("/welcome")
    choose_city(page, "Home city", "Rome, IT")
    return Form(page, "Save and continue", "Welcome!", {"Home city": "Rome, IT"})


@pytest.fixture
def ann(people: Team) -> Person:
    """Somebody who is new."""
    (person,) = people(ann=None)
    return person


@pytest.fixture
def form(request: pytest.FixtureRequest, visit: Visit, ann: Person, city: City) -> Form:
    """Ann's form; which one, the test's parameter says."""
    filled: Form = request.param(visit(ann), ann, city)
    return filled


every_form = pytest.mark.parametrize(
    "form", [new_trip, changed_trip, profile, welcome], indirect=True, ids=lambda one: one.__name__
)


@every_form
def test_a_network_that_is_lost_loses_nothing(form: Form) -> None:
    form.page.context.set_offline(True)
    form.send()
    expect(form.page.get_by_text("You are offline.")).to_be_visible()
    form.expect_all_of_it()
    form.try_again()
    expect(form.page.get_by_text("You are offline.")).to_be_visible()
    form.page.context.set_offline(False)
    form.try_again()
    form.expect_done()


def refuse(status: int, body: str) -> Callable[[Route], None]:
    """What answers in the server's place when something is saved."""

    def answer(route: Route) -> None:
        if route.request.method in {"POST", "PATCH"}:
            route.fulfill(status=status, body=body)
        else:
            route.continue_()

    return answer


@every_form
def test_a_server_that_breaks_loses_nothing(form: Form) -> None:
    """As the server says it, as a proxy says it, and as nobody would."""
    for status, body, words in (
        (500, ERROR, "Something broke on our side"),
        (503, "<html>", "We are away for a moment"),
        (200, "no", "makes no sense"),
    ):
        form.page.route("**/api/**", refuse(status, body))
        form.send()
        expect(form.page.get_by_text(words)).to_be_visible()
        form.expect_all_of_it()
        form.page.unroute("**/api/**")
    form.try_again()
    form.expect_done()


@pytest.mark.parametrize("form", [new_trip, changed_trip], indirect=True, ids=["new_trip", "changed_trip"])
def test_a_trip_whose_answer_is_lost_is_found_saved(form: Form, ann: Person) -> None:
    """It overlaps itself, or has a newer version than the form knows: nothing to complain of."""

    def lose(route: Route) -> None:
        if route.request.method in {"POST", "PATCH"}:
            route.fetch()
        route.abort()

    form.page.route("**/api/trips**", lose)
    form.send()
    expect(form.page.get_by_text("The server cannot be reached.")).to_be_visible()
    form.page.unroute("**/api/trips**")
    form.try_again()
    form.expect_done()
    assert len(ann.results("/api/trips", me="true")) == 1


def hold(page: Page, address: str) -> list[Route]:
    """Let nothing be saved until the routes that are found here go on."""
    held: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.method in {"POST", "PATCH"}:
            held.append(route)
        else:
            route.continue_()

    page.route(address, answer)
    return held


def one_of(page: Page, held: list[Route]) -> Route:
    """What is held, as soon as it has got here: the page says that it saves before it does."""
    deadline = time.monotonic() + HELD_WITHIN
    while not held and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    return held.pop()


@pytest.mark.parametrize("form", [new_trip, changed_trip], indirect=True, ids=["new_trip", "changed_trip"])
def test_what_is_typed_while_a_trip_is_saved_is_kept(form: Form, ann: Person) -> None:
    page = form.page
    held = hold(page, "**/api/trips**")
    form.send()
    expect(page.get_by_role("button", name="Saving …")).to_be_visible()
    page.get_by_label("Notes").fill("typed late")
    one_of(page, held).continue_()
    form.expect_done()
    expect(page.get_by_role("heading", name="Change your trip")).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("typed late")
    assert ann.results("/api/trips", me="true")[0]["notes"] == NOTES
    page.unroute_all()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Your trip is changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="My trips")).to_be_visible()
    assert [trip["notes"] for trip in ann.results("/api/trips", me="true")] == ["typed late"]


@pytest.mark.parametrize("form", [profile], indirect=True, ids=["profile"])
def test_what_is_typed_while_a_profile_is_saved_is_kept(form: Form, ann: Person) -> None:
    held = hold(form.page, "**/api/users/me")
    form.send()
    expect(form.page.get_by_role("button", name="Saving …")).to_be_visible()
    form.page.get_by_label("First name").fill("typed late")
    one_of(form.page, held).continue_()
    form.expect_done()
    expect(form.page.get_by_label("First name")).to_have_value("typed late")
    assert ann.get("/api/users/me").json()["first_name"] == "Anna"
