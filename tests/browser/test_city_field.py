"""Finding a city: by its name, by where it lies, by keyboard, and when the search fails."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visits import City, Team, Visit, choose_city

SHOWN = 50


@pytest.fixture
def page(visit: Visit, people: Team, city: City) -> Page:
    """The form of a new trip."""
    (ann,) = people(ann=city("Paris"))
    opened: Page = visit(ann)
    opened.goto("/trips/new")
    return opened


def test_a_search_for_a_city_that_is_none_says_so(page: Page) -> None:
    page.get_by_role("combobox", name="City").fill("Xyzzyqqq")
    expect(page.get_by_text("No city is found by “Xyzzyqqq”.")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("combobox", name="City").fill("Madri")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Search again").click()
    expect(page.get_by_role("option").first).to_contain_text("Madrid, ES")
    choose_city(page, "City", "Madri")
    expect(page.get_by_role("combobox", name="City")).to_have_value("Madrid, ES")


def test_a_search_without_a_session_leads_to_the_login(page: Page) -> None:
    page.context.clear_cookies()
    page.get_by_role("combobox", name="City").fill("Madri")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_role("link", name="Log in again")).to_have_attribute(
        "href", re.compile("/login.next=%2Ftrips%2Fnew")
    )


def test_who_types_fast_never_gets_the_city_of_an_older_search(page: Page) -> None:
    box = page.get_by_role("combobox", name="City")
    box.fill("Vienn")
    expect(page.get_by_role("option").first).to_contain_text("Vienna, AT")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/cities?*", hold)
    with page.expect_request("**/api/cities?*"):
        box.fill("Madri")
        box.press("Enter")
    expect(box).to_have_value("Madri")
    box.press("Enter")
    expect(box).to_have_value("Madri")
    expect(page.get_by_text("Choose a city from the list.")).to_have_count(0)  # nor is the form sent
    for route in held:
        route.continue_()
    expect(page.get_by_role("option").first).to_contain_text("Madrid, ES")
    box.press("Enter")
    expect(box).to_have_value("Madrid, ES")


def test_where_many_have_a_name_the_country_finds_the_small_ones(page: Page) -> None:
    box, options = page.get_by_role("combobox", name="City"), page.get_by_role("option")
    box.fill("San")
    expect(options).to_have_count(SHOWN)
    box.fill("San, El Salv")
    expect(options.first).to_contain_text(", SV")
    assert all(", SV" in found for found in options.all_inner_texts())
    box.fill("San, TX, US")
    expect(options.first).to_contain_text("San Antonio, TX, US")
    box.fill("San, XX")
    expect(options).to_have_count(SHOWN)  # what nobody knows hides nothing
    box.fill("Amsterdam, Netherlands")
    expect(options.first).to_contain_text("Amsterdam, NL")


def test_the_city_that_the_keys_have_come_to_is_in_sight(page: Page) -> None:
    box, options = page.get_by_role("combobox", name="City"), page.get_by_role("option")
    box.fill("San")
    expect(options).to_have_count(SHOWN)
    expect(options.last).not_to_be_in_viewport()
    box.press("ArrowUp")
    expect(options.last).to_be_in_viewport(ratio=0.9)
    box.press("ArrowDown")
    expect(options.first).to_be_in_viewport(ratio=0.9)
