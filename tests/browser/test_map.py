"""The map: who is where on which day, and who can be reached now."""

from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.days import ahead, day, today
from tests.browser.visits import City, Team, Visit
from tests.people_kit import Person

HORIZON = 180


def slider(page: Page, days: int) -> None:
    """Look so many days ahead."""
    page.get_by_role("slider", name="Day").fill(str(days))


def work(person: Person, start: str, end: str) -> None:
    """Set somebody's work hours."""
    answer = person.patch("/api/users/me", json={"work_hours": {"start": start, "end": end}})
    assert answer.status_code == httpx.codes.OK


def test_a_pin_opens_the_list_of_who_is_there(visit: Visit, people: Team, city: City) -> None:
    ann, *_ = people(ann=city("Paris"), bob=city("Paris"), eve=city("Tokyo"), newcomer=None)
    page = visit(ann)
    page.goto("/")
    expect(page.locator(".pin")).to_have_count(2)
    expect(page.get_by_text("Nobody knows where Newcomer lives.")).to_be_visible()
    pin = page.get_by_role("button", name="Paris, FR: 2 people")
    expect(pin).to_have_text("2")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    opened = page.locator(".place").filter(has_text="Paris, FR")
    expect(opened.get_by_role("listitem")).to_have_count(2)
    expect(opened).to_contain_text("Ann (you)")
    expect(opened).to_contain_text("Europe/Paris")
    expect(opened).to_contain_text("at home")
    expect(opened.get_by_role("button")).to_be_focused()
    page.get_by_role("searchbox").fill("eve")
    expect(page.locator(".place")).to_have_count(1)
    expect(page.locator(".place")).to_contain_text("Tokyo, JP")
    page.get_by_role("searchbox").fill("nobody of that name")
    expect(page.get_by_text("Nobody here is found by")).to_be_visible()


def test_the_slider_goes_from_today_to_half_a_year_ahead(visit: Visit, people: Team, city: City) -> None:
    ann, bob = people(ann=city("Paris"), bob=city("Paris"))
    bob.book(city("Rome"), day(10), day(12))
    bob.book(city("Tokyo"), *[(today() + timedelta(days=HORIZON)).isoformat()] * 2)
    page = visit(ann)
    page.goto("/")
    range_ = page.get_by_role("slider", name="Day", exact=True)
    expect(range_).to_have_attribute("min", "0")
    expect(range_).to_have_attribute("max", str(HORIZON))
    expect(range_).to_have_attribute("aria-valuetext", "Today")
    expect(page.get_by_role("button", name="A day earlier")).to_be_disabled()
    for days, where in ((ahead(10) - 1, False), (ahead(10), True), (ahead(12), True), (ahead(12) + 1, False)):
        slider(page, days)
        expect(page.get_by_role("button", name="Rome, IT: 1 person")).to_have_count(int(where))
    slider(page, HORIZON)
    expect(page.get_by_role("button", name="Tokyo, JP: 1 person")).to_be_visible()
    expect(range_).to_have_attribute("aria-valuetext", f"{_long(HORIZON)}, in {HORIZON} days")
    expect(page.get_by_role("button", name="A day later")).to_be_disabled()
    page.reload()
    expect(range_).to_have_value(str(HORIZON))
    page.get_by_role("button", name="Back to today").click()
    expect(range_).to_have_value("0")
    expect(page.get_by_role("button", name="Paris, FR: 2 people")).to_be_visible()
    # So does the link to the page that is shown.
    slider(page, ahead(10))
    page.get_by_role("link", name="Map").click()
    expect(range_).to_have_value("0")


def _long(days: int) -> str:
    found = today() + timedelta(days=days)
    return f"{found:%a} {found.day} {found:%b %Y}"


@pytest.mark.parametrize(
    ("where", "hours", "words"),
    [
        pytest.param("Tokyo", ("09:00", "17:30"), "available until 08:30", id="at-work"),
        pytest.param(
            "Tokyo", ("09:30", "10:30"), "out of working hours until 00:30 (+1)", id="done-for-today"
        ),
        pytest.param("Kathmandu", ("22:00", "08:00"), "available until 02:15", id="night-shift"),
        pytest.param("Delhi", ("08:00", "17:00"), "out of working hours until 02:30", id="half-hour-zone"),
        pytest.param("Paris", None, "work hours unknown", id="unknown"),
    ],
)
def test_availability_is_told_in_the_readers_time(
    visit: Visit, people: Team, city: City, where: str, hours: tuple[str, str] | None, words: str
) -> None:
    """It is two o'clock in the morning, in UTC."""
    (ann,) = people(ann=city(where))
    if hours:
        work(ann, *hours)
    page = visit(ann)
    page.clock.set_fixed_time(datetime.combine(today(), time(2), UTC))
    page.goto("/")
    page.locator(".pin").click()
    expect(page.locator(".person")).to_contain_text(words)
    expect(page.get_by_text("Set your work hours")).to_have_count(0 if hours else 1)
    if words.startswith("available"):
        expect(page.locator(".pin.on")).to_have_count(1)


def test_on_another_day_the_usual_hours_are_told(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Tokyo"))
    work(ann, "09:00", "17:30")
    page = visit(ann)
    page.goto("/?day=" + day(1))
    page.locator(".pin").click()
    expect(page.locator(".person")).to_contain_text("works 00:00\N{EN DASH}08:30 your time")


def test_a_pin_outside_of_the_part_that_is_shown_comes_into_its_middle(
    visit: Visit, people: Team, city: City
) -> None:
    """Where the browser scrolled to it instead, the outline would no longer fit the pins."""
    ann, *_ = people(ann=city("Tokyo"), bob=city("Lima"))
    page = visit(ann)
    page.goto("/")
    tokyo = page.get_by_role("button", name="Tokyo, JP: 1 person")
    lima = page.get_by_role("button", name="Lima, PE: 1 person")
    lima.click()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    expect(lima).to_be_in_viewport()
    expect(tokyo).not_to_be_in_viewport()
    lima.focus()
    page.keyboard.press("ArrowRight")
    expect(tokyo).to_be_focused()
    expect(tokyo).to_be_in_viewport(ratio=1)
    assert page.locator(".map").evaluate("(map) => [map.scrollLeft, map.scrollTop]") == [0, 0]


def test_a_map_that_cannot_be_had_is_offered_again(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.route("**/api/map", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    # Whatever else asks for the map at first has failed by then as well.
    page.wait_for_load_state("networkidle")
    page.unroute("**/api/map")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".pin")).to_have_count(1)


def test_the_list_is_there_before_the_outline_of_the_world(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.route("**/world*.svg", lambda _: None)  # never answered
    page.goto("/", wait_until="commit")
    page.get_by_role("button", name="Paris, FR: 1 person").click()
    expect(page.locator(".person")).to_contain_text("Ann (you)")
    page.unroute_all(behavior="ignoreErrors")
