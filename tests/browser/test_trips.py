"""One's own trips: changed, cancelled, refused; and nothing that was typed is ever lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.days import day, written
from tests.browser.visits import City, Team, Visit, fill_trip, log_in
from tests.people_kit import Person

NOTES = "Two words of Hebrew: שלום עולם, and a line\nbreak"


@pytest.fixture
def ann(people: Team, city: City) -> Person:
    """Somebody who lives in Paris."""
    (person,) = people(ann=city("Paris"))
    return person


@pytest.fixture
def form(visit: Visit, ann: Person) -> Page:
    """Ann's new trip, filled in and not yet booked."""
    page = visit(ann)
    page.goto("/trips/new")
    fill_trip(page, "Rome, IT", day(3), day(7), NOTES)
    return page


def book(page: Page) -> None:
    """Send the form."""
    page.get_by_role("button", name="Book", exact=True).click()


def expect_all_of_it(page: Page) -> None:
    """What was typed is still in the form."""
    expect(page.get_by_role("combobox", name="City")).to_have_value("Rome, IT")
    expect(page.get_by_label("First day")).to_have_value(day(3))
    expect(page.get_by_label("Last day")).to_have_value(day(7))
    expect(page.get_by_label("Notes")).to_have_value(NOTES)


def expect_booked(page: Page) -> None:
    """The trip stands in the list."""
    expect(page.get_by_text("Your trip is booked.")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Rome, IT")
    expect(row).to_contain_text(written(3, 7))
    expect(row).to_contain_text("שלום עולם")


def test_a_trip_is_changed_and_cancelled(visit: Visit, ann: Person, city: City) -> None:
    ann.book(city("Rome"), day(3), day(7), "old notes")
    page = visit(ann)
    page.goto("/trips")
    page.get_by_role("link", name=f"Change: Rome, IT, {written(3, 7)}").click()
    expect(page.get_by_label("Notes")).to_have_value("old notes")
    fill_trip(page, "Vienna", day(4), day(9), "new notes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your trip is changed.")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Vienna, AT")
    expect(row).to_contain_text(written(4, 9))
    expect(row).to_contain_text("new notes")

    page.get_by_role("button", name=f"Cancel: Vienna, AT, {written(4, 9)}").click()
    dialog = page.get_by_role("dialog", name="Cancel the trip to Vienna")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_have_count(0)
    expect(row).to_be_visible()
    page.get_by_role("button", name="Cancel: Vienna").click()
    dialog.get_by_role("button", name="Cancel the trip").click()
    expect(page.get_by_text("Your trip is cancelled.")).to_be_visible()
    expect(row).to_have_count(0)
    assert ann.results("/api/trips", me="true") == []


def test_what_is_missing_is_told_at_its_field_without_asking_the_server(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/trips/new")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    book(page)
    city_field = page.get_by_role("combobox", name="City")
    expect(city_field).to_be_focused()
    expect(city_field).to_have_accessible_description("Choose a city from the list.")
    expect(page.get_by_label("First day")).to_have_accessible_description("Which day?")
    assert "POST" not in asked


def test_an_overlap_is_told_at_its_field(form: Page, ann: Person, city: City) -> None:
    ann.book(city("Rome"), day(5), day(9))
    book(form)
    last = form.get_by_label("Last day")
    expect(last).to_have_accessible_description("You cannot add an overlapping trip.")
    expect(last).to_have_attribute("aria-invalid", "true")
    expect(last).to_be_focused()
    expect_all_of_it(form)
    form.get_by_label("Last day").fill(day(4))
    book(form)
    expect(form.get_by_text("Your trip is booked.")).to_be_visible()


def test_a_session_that_ended_leads_to_the_login_and_back(form: Page, ann: Person) -> None:
    form.context.clear_cookies()
    book(form)
    expect(form.get_by_text("Your session has ended.")).to_be_visible()
    expect_all_of_it(form)
    form.get_by_role("link", name="Log in again").click()
    log_in(form, ann.email, ann.password)
    expect(form).to_have_url(re.compile("/trips/new$"))
    expect(form.get_by_text("What you had typed and not saved is back.")).to_be_visible()
    expect_all_of_it(form)
    book(form)
    expect_booked(form)


def test_a_reload_keeps_what_was_typed_and_one_may_start_over(form: Page) -> None:
    form.reload()
    expect_all_of_it(form)
    form.get_by_role("button", name="Start over").click()
    expect(form.get_by_label("Notes")).to_have_value("")
    expect(form.get_by_role("combobox", name="City")).to_have_value("")


def two_tabs(
    visit: Visit, ann: Person, city: City, meanwhile: Callable[[Page], object] = lambda _: None
) -> tuple[Page, Page]:
    """One trip in two tabs; the second is saved already, then something happens to the first."""
    trip = ann.book(city("Rome"), day(3), day(7), "as booked")
    first = visit(ann)
    second = first.context.new_page()
    for tab in (first, second):
        tab.goto(f"/trips/{trip['id']}")
        expect(tab.get_by_label("Notes")).to_have_value("as booked")
    first.get_by_label("Notes").fill("of the first tab")
    second.get_by_label("Notes").fill("of the second tab")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_text("Your trip is changed.")).to_be_visible()
    meanwhile(first)
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("This trip was changed meanwhile")).to_be_visible()
    expect(first.get_by_text("It is now")).to_contain_text("of the second tab")
    expect(first.get_by_label("Notes")).to_have_value("of the first tab")
    assert ann.results("/api/trips", me="true")[0]["notes"] == "of the second tab"
    return first, second


def test_of_two_tabs_the_later_one_is_told_and_may_overwrite(visit: Visit, ann: Person, city: City) -> None:
    first, _ = two_tabs(visit, ann, city)
    first.get_by_role("button", name="Save mine over it").click()
    expect(first.get_by_text("Your trip is changed.")).to_be_visible()
    assert ann.results("/api/trips", me="true")[0]["notes"] == "of the first tab"


def test_a_tab_that_was_loaded_again_is_told_all_the_same(visit: Visit, ann: Person, city: City) -> None:
    """What was typed lies over the newer version then, and is still one of the older."""
    first, _ = two_tabs(visit, ann, city, Page.reload)
    expect(first.get_by_label("Last day")).to_have_value(day(7))


def test_nobody_saves_over_what_they_cannot_see(visit: Visit, ann: Person, city: City) -> None:
    """What the other tab has made of the trip cannot be had at first."""
    trips = re.compile("/api/trips/trip_")

    def cut_off(route: Route) -> None:
        if route.request.method == "GET":
            route.abort()
        else:
            route.continue_()

    trip = ann.book(city("Rome"), day(3), day(7))
    page = visit(ann)
    page.goto(f"/trips/{trip['id']}")
    page.get_by_label("Notes").fill("mine")
    assert ann.patch(f"/api/trips/{trip['id']}", json={"notes": "newer"}).is_success
    page.route(trips, cut_off)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("could not be found out")).to_be_visible()
    expect(page.get_by_role("button", name="Save mine over it")).to_have_count(0)
    page.unroute(trips)
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("It is now")).to_contain_text("newer")
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_text("Your trip is changed.")).to_be_visible()


def test_a_trip_that_was_changed_is_shown_before_it_is_cancelled(
    visit: Visit, ann: Person, city: City
) -> None:
    trip = ann.book(city("Rome"), day(3), day(7))
    page = visit(ann)
    page.goto("/trips")
    page.get_by_role("button", name="Cancel: Rome").click()
    assert ann.patch(f"/api/trips/{trip['id']}", json={"city": city("Vienna")}).is_success
    page.get_by_role("button", name="Cancel the trip").click()
    expect(page.get_by_role("dialog", name="Cancel the trip to Vienna")).to_contain_text("changed meanwhile")
    assert len(ann.results("/api/trips", me="true")) == 1
    page.get_by_role("button", name="Cancel the trip").click()
    expect(page.get_by_text("Your trip is cancelled.")).to_be_visible()
    assert ann.results("/api/trips", me="true") == []


def test_of_two_tabs_the_later_one_may_give_way(visit: Visit, ann: Person, city: City) -> None:
    first, second = two_tabs(visit, ann, city)
    first.get_by_role("button", name="Take the other version").click()
    expect(first.get_by_label("Notes")).to_have_value("of the second tab")
    second.goto("/trips")
    second.get_by_role("button", name="Cancel: Rome").click()
    second.get_by_role("button", name="Cancel the trip").click()
    expect(second.get_by_text("Your trip is cancelled.")).to_be_visible()
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("This trip was cancelled meanwhile.")).to_be_visible()
    first.get_by_role("button", name="Book it as a new trip").click()
    expect(first.get_by_text("Your trip is booked.")).to_be_visible()


def test_nobody_edits_the_trip_of_another(visit: Visit, people: Team, city: City) -> None:
    eve, bob = people(eve=city("Paris"), bob=city("London"))
    trip = bob.book(city("Paris"), day(3), day(7), "private")
    page = visit(eve)
    page.goto(f"/trips/{trip['id']}")
    expect(page.get_by_role("heading", name="There is no such trip of yours")).to_be_visible()
    expect(page.get_by_text("private")).to_have_count(0)
