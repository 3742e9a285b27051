"""For everybody: by keyboard, with a screen reader's names, in the dark, on a phone, without motion."""

import functools
import itertools
import re
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.browser.days import day
from tests.browser.visits import City, Team, Visit, fill_trip
from tests.compose.stack import Stack
from tests.people_kit import Person

PHONE = {"width": 360, "height": 740}
PAGES = ("/", "/matches", "/trips", "/trips/new", "/profile", "/nothing-here")


@pytest.fixture
def ann(people: Team, city: City) -> Person:
    """Lives in Paris, has a trip ahead and two matches."""
    ann, bob = people(ann=city("Paris"), bob=city("London"))
    ann.book(city("London"), day(1), day(3), "notes")
    bob.book(city("Paris"), day(10), day(12))
    return ann


def settle(page: Page) -> None:
    """Wait for what a page looks for, and for what moves."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")


def expect_no_violation(page: Page) -> None:
    """Axe finds nothing, in light and in dark."""
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        settle(page)
        found = Axe().run(page)
        assert not found.violations_count, f"{page.url} ({colours}): {found.generate_report()}"


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_any_page(visit: Visit, ann: Person, path: str) -> None:
    page = visit(ann)
    page.goto(path)
    expect_no_violation(page)


def test_axe_finds_nothing_before_one_is_in(visit: Visit, people: Team) -> None:
    (newcomer,) = people(newcomer=None)
    stranger = visit()
    stranger.goto("/login")
    expect_no_violation(stranger)
    stranger.get_by_label("Email").fill(newcomer.email)
    stranger.get_by_label("Password").fill("wrong")
    stranger.get_by_role("button", name="Log in").click()
    expect(stranger.get_by_role("alert")).to_be_visible()
    expect_no_violation(stranger)
    page = visit(newcomer)
    page.goto("/")
    page.get_by_role("combobox").fill("Pari")
    expect(page.get_by_role("option").first).to_be_visible()
    expect_no_violation(page)


def test_axe_finds_nothing_in_what_only_providers_lead_to(visit: Visit, stack: Stack) -> None:
    """The pages before and after somebody else's login page, drawn by the app without one."""
    page = visit()
    for template, context in (
        ("web/refused.html", {"why": "The provider has not verified your email address."}),
        ("socialaccount/login.html", {"provider": {"name": "GitHub"}}),
    ):
        draw = f"from django.template.loader import render_to_string as r; print(r({template!r}, {context}))"
        answer = functools.partial(_answer_with, stack.manage("shell", "--no-imports", "-c", draw))
        page.route("**/login", answer)
        page.goto("/login")
        expect_no_violation(page)
        page.unroute("**/login", answer)


def _answer_with(html: str, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html")


def test_axe_finds_nothing_in_what_is_good_news(visit: Visit, ann: Person) -> None:
    """Somebody at work, a meeting, a message that all went well."""
    hours = {"work_hours": {"start": "00:00", "end": "24:00"}}
    assert ann.patch("/api/users/me", json=hours).status_code == httpx.codes.OK
    page = visit(ann)
    page.goto("/")
    page.locator(".pin.on").click()
    expect(page.locator(".person .working")).to_be_visible()
    expect_no_violation(page)
    page.get_by_role("link", name="Matches").click()
    page.get_by_role("button", name="We meet").first.click()
    expect(page.locator(".match.meeting")).to_have_count(1)
    page.get_by_role("button", name="Mark as seen").click()
    expect(page.locator(".match.new")).to_have_count(0)
    expect_no_violation(page)
    page.evaluate(LASTING)
    page.get_by_role("link", name="Profile").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast p")).to_be_visible()
    expect_no_violation(page)
    expect(page.locator(".toast p")).to_be_visible()


def test_axe_finds_nothing_in_what_opens_and_what_fails(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/")
    page.locator(".pin").first.click()
    expect(page.locator(".person").first).to_be_visible()
    expect_no_violation(page)
    page.get_by_role("link", name="Matches").click()
    for view in ("Agenda", "Dismissed", "Past"):
        page.get_by_role("button", name=view, exact=True).click()
        expect_no_violation(page)
    page.get_by_role("link", name="Trips").click()
    page.get_by_role("button", name="Cancel: London").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect_no_violation(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Change: London").click()
    fill_trip(page, "Rome, IT", day(5), day(4))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Last day")).to_have_attribute("aria-invalid", "true")
    expect_no_violation(page)
    page.context.set_offline(True)
    page.get_by_label("Last day").fill(day(6))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect_no_violation(page)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(visit: Visit, ann: Person, path: str) -> None:
    page = visit(ann, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(path)
    settle(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{path} is {wide} px wide"
    small = page.evaluate("""[...document.querySelectorAll('main button:not(.pin), main input, nav a')]
        .map((one) => [one.ariaLabel ?? one.textContent, one.getBoundingClientRect()])
        .filter(([, box]) => box.height && box.height < 24).map(([name]) => name)""")
    assert small == [], "too small for a finger"


def test_nothing_is_wider_than_a_phone_before_one_is_in(visit: Visit, people: Team) -> None:
    (newcomer,) = people(newcomer=None)
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    for path, page in (("/login", visit(**phone)), ("/welcome", visit(newcomer, **phone))):
        page.goto(path)
        settle(page)
        assert urlsplit(page.url).path == path
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{path} is {wide} px wide"


def test_a_phone_books_a_trip(visit: Visit, ann: Person) -> None:
    page = visit(ann, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/")
    page.get_by_role("link", name="Trips").tap()
    page.get_by_role("link", name="New trip").tap()
    page.get_by_role("combobox", name="City").fill("Vienn")
    page.get_by_role("option").first.tap()
    page.get_by_label("First day").fill(day(20))
    page.get_by_label("Last day").fill(day(21))
    page.get_by_role("button", name="Book").tap()
    expect(page.get_by_text("Your trip is booked.")).to_be_visible()


def test_dark_is_dark(visit: Visit, ann: Person) -> None:
    brightness = []
    for colours in ("light", "dark"):
        for path, page in (("/login", visit(color_scheme=colours)), ("/", visit(ann, color_scheme=colours))):
            page.goto(path)
            assert urlsplit(page.url).path == path
            colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            brightness.append(sum(map(int, re.findall(r"\d+", colour)[:3])) / 3)
    light, dark = brightness[:2], brightness[2:]
    assert min(light) > 200
    assert max(dark) < 60


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "rise")])
def test_nothing_moves_for_who_does_not_want_it(
    visit: Visit, ann: Person, motion: str, animation: str
) -> None:
    page = visit(ann, reduced_motion=motion)
    page.goto("/profile")
    page.get_by_role("button", name="Save").click()
    toast = page.get_by_text("Your profile is saved.")
    expect(toast).to_be_visible()
    assert toast.evaluate("(one) => getComputedStyle(one).animationName") == animation
    moving = page.evaluate("""[...document.querySelectorAll('*')].map((one) => getComputedStyle(one))
        .filter((style) => style.scrollBehavior === 'smooth' || style.transitionDuration !== '0s').length""")
    assert motion != "reduce" or moving == 0


LASTING = """() => {
    const real = window.setTimeout;
    window.setTimeout = (run, wait, ...rest) => wait >= 1000 ? 0 : real(run, wait, ...rest);
}"""
"""What is shown for some seconds stays; a stopped clock would stop axe as well."""

NAME = """(() => {
    const one = document.activeElement;
    if (one === document.body) return '';
    return (one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.textContent).trim().replace(/\\s+/g, ' ');
})()"""
OUTLINE = """(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
})()"""


def focused(page: Page) -> str:
    """The name of what has the focus; it must be seen to have it."""
    name: str = page.evaluate(NAME)
    assert page.evaluate(OUTLINE) >= 2, f"the focus of {name!r} is not to be seen"
    return name


def stops(page: Page, count: int) -> list[str]:
    """What the Tab key comes to."""
    found = []
    for _ in range(count):
        page.keyboard.press("Tab")
        found.append(focused(page))
    return found


def test_the_tab_key_goes_through_the_map_in_the_order_in_which_it_is_read(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/")
    expect(page.locator(".pin")).to_have_count(2)
    found = stops(page, 15)
    wanted = [
        "Skip to the content", "witw", "Map", "Matches 2 new", "Trips", "Profile", "Log out",
        "Day", "A day later",
        "London, GB: 1 person", "Zoom in", "Search for a person or a city",
    ]  # fmt: skip
    assert [name for name in found if name in wanted] == wanted
    # All pins are one stop; the arrow keys go from one to the next.
    page.get_by_role("button", name="London, GB: 1 person").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Paris, FR: 1 person"
    page.keyboard.press("Enter")
    expect(page.locator(".person")).to_contain_text("Ann (you)")
    page.get_by_role("slider", name="Day").focus()
    for key, days in (("ArrowRight", 1), ("End", 180), ("ArrowRight", 180), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        expect(page.get_by_role("slider", name="Day")).to_have_value(str(days))


def test_the_skip_link_leads_past_the_bar(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/")
    expect(page.locator(".pin")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_trip_is_booked_and_cancelled_by_keyboard_alone(visit: Visit, ann: Person) -> None:
    page = visit(ann, locale="en-US")
    page.goto("/trips")
    press_until(page, "New trip")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New trip")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Vienn")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="City")).to_have_value("Vienna, AT")
    for number in (20, 22):
        press_until(page, "First day" if number == 20 else "Last day")
        year, month, date = day(number).split("-")
        page.keyboard.type(f"{month}{date}{year}")
    expect(page.get_by_label("Last day")).to_have_value(day(22))
    page.get_by_label("Last day").press("Enter")
    expect(page.get_by_text("Your trip is booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="My trips")).to_be_focused()

    cancel = page.get_by_role("button", name="Cancel: Vienna")
    press_until(page, str(cancel.get_attribute("aria-label")))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Cancel the trip to Vienna")
    expect(dialog).to_be_visible()
    for _ in range(6):  # to both of its buttons, and to the browser's own
        assert page.evaluate("document.activeElement.closest('dialog, main')?.tagName") in {"DIALOG", None}
        page.keyboard.press("Tab")
    for _ in range(8):  # at once: browsers tell of a closed dialog later, when the next one may be open
        page.keyboard.press("Escape")
        expect(cancel).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
    press_until(page, "Cancel the trip")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your trip is cancelled.")).to_be_visible()


def test_a_match_is_answered_by_keyboard_alone(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    expect(page.locator(".match")).to_have_count(2)
    press_until(page, "We meet")
    page.keyboard.press("Space")
    expect(page.locator(".match.meeting")).to_have_count(1)
    expect(page.get_by_role("button", name="We meet", pressed=True)).to_be_focused()
    press_until(page, "Dismiss")
    page.keyboard.press("Enter")
    expect(page.locator(".match")).to_have_count(1)
    expect(page.locator(".match").get_by_role("button", name="We meet")).to_be_focused()
    press_until(page, "Mark as seen")
    page.keyboard.press("Enter")
    expect(page.locator(".match").get_by_role("button", name="We meet")).to_be_focused()
    press_until(page, "Dismissed")
    page.keyboard.press("Enter")
    press_until(page, "Bring back")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have dismissed none.")).to_be_visible()
    expect(page.get_by_role("heading", name="Matches")).to_be_focused()


def test_a_profile_is_changed_by_keyboard_alone(visit: Visit, ann: Person) -> None:
    page = visit(ann, locale="en-US")
    page.goto("/profile")
    press_until(page, "First name")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Anna")
    press_until(page, "Home city")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Vienn")
    expect(page.get_by_role("option").first).to_contain_text("Vienna, AT")
    page.keyboard.press("Enter")
    press_until(page, "Work from")
    page.keyboard.type("0900A")
    press_until(page, "until")
    page.keyboard.type("0530P")
    press_until(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    me = ann.get("/api/users/me").json()
    assert (me["first_name"], me["home_city"]["name"]) == ("Anna", "Vienna")
    assert me["work_hours"] == {"start": "09:00", "end": "17:30"}


def press_until(page: Page, name: str, most: int = 25) -> None:
    """Press the Tab key until something gets the focus that was not there before."""
    before = page.evaluate(NAME)
    for _ in itertools.repeat(None, most):
        page.keyboard.press("Tab")
        found = page.evaluate(NAME)  # a date has several stops, and its calendar a ring of its own
        if found != before and found.startswith(name):
            assert focused(page) == found
            return
        before = found
    raise AssertionError(f"{most} Tabs do not lead to {name!r}")
