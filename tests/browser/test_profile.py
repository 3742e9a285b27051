"""Who I am: names of any kind, work hours, an avatar."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.days import day
from tests.browser.visits import City, Team, Visit

ENORMOUS = "Wolfeschlegelsteinhausenbergerdorff" * 4
RIGHT_TO_LEFT = "\u05d9\u05e2\u05dc " * 37
PHONE = {"width": 360, "height": 740}


def test_a_profile_is_saved(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.goto("/profile")
    expect(page.get_by_label("Email")).not_to_be_editable()
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Avatar").fill("🦊")
    page.get_by_label("Work from").fill("22:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("until")).to_have_accessible_description("Give both times or none.")
    page.get_by_label("until").fill("06:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    expect(page.locator(".here")).to_contain_text("🦊")
    me = ann.get("/api/users/me").json()
    assert (me["first_name"], me["work_hours"]) == ("Anna", {"start": "22:00", "end": "06:30"})


def test_two_tabs_change_each_its_own(visit: Visit, people: Team, city: City) -> None:
    """What one tab has changed is not undone by another that was opened before and changes something else."""
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.goto("/profile")
    page.get_by_label("Avatar").fill("🦊")
    elsewhere = {"first_name": "Anna", "work_hours": {"start": "9:00", "end": "17:00"}}
    assert ann.patch("/api/users/me", json=elsewhere).is_success
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    me = ann.get("/api/users/me").json()
    assert {name: me[name] for name in (*elsewhere, "avatar_url")} == elsewhere | {"avatar_url": "🦊"}
    # Hours may be stored in other ways than an input writes them; and what is said again is seen again.
    expect(page.get_by_label("Work from")).to_have_value("09:00")
    page.locator(".toast p").evaluate("(one) => { one.id = 'said-before'; }")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said-before")).to_have_count(0)
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    assert ann.get("/api/users/me").json()["work_hours"] == elsewhere["work_hours"]
    # A draft is one of the fields that were touched: a reload shows the others as they are by now.
    page.get_by_label("Avatar").fill("🐻")
    assert ann.patch("/api/users/me", json={"first_name": "Anne"}).is_success
    page.reload()
    expect(page.get_by_label("Avatar")).to_have_value("🐻")
    expect(page.get_by_label("First name")).to_have_value("Anne")


def test_a_time_that_is_half_typed_does_not_clear_the_hours(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    hours = {"start": "09:00", "end": "17:00"}
    assert ann.patch("/api/users/me", json={"work_hours": hours}).is_success
    page = visit(ann)
    page.goto("/profile")
    for label in ("Work from", "until"):
        field = page.get_by_label(label)
        field.focus()
        page.keyboard.press("Delete")  # the hour; the minutes stay
        expect(field).to_have_value("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Work from")).to_have_accessible_description(
        "Give hours and minutes, or clear the field."
    )
    page.reload()
    expect(page.get_by_label("Work from")).to_have_value("09:00")  # half a time is no draft
    assert ann.get("/api/users/me").json()["work_hours"] == hours


def test_a_refused_name_is_told_at_its_field(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.goto("/profile")
    name = page.get_by_label("First name")
    name.evaluate("(field) => field.removeAttribute('maxlength')")
    name.fill("x" * 151)
    page.get_by_role("button", name="Save").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    expect(name).to_have_value("x" * 151)


@pytest.mark.parametrize("name", [ENORMOUS, RIGHT_TO_LEFT.strip()], ids=["enormous", "right-to-left"])
def test_names_of_any_kind_fit_on_a_phone(visit: Visit, people: Team, city: City, name: str) -> None:
    """On every page where a team mate's name stands; its direction leaves the text around it alone."""
    ann, bob = people(ann=city("Paris"), bob=city("Paris"))
    bob.patch("/api/users/me", json={"first_name": name})
    bob.book(city("London"), "2090-01-01", "2090-01-03", f"{name}\n{name}")
    ann.book(city("London"), "2090-01-01", "2090-01-02")
    page = visit(ann, viewport=PHONE)
    page.goto("/")
    page.locator(".pin").click()
    expect(page.locator("bdi").filter(has_text=name)).to_be_visible()
    _expect_no_scrolling_aside(page)
    page.get_by_role("searchbox").fill(name)
    expect(page.locator(".person")).to_have_count(1)
    _expect_no_scrolling_aside(page)
    page.goto("/matches")
    expect(page.locator(".match bdi").filter(has_text=name)).to_be_visible()
    _expect_no_scrolling_aside(page)
    bobs = visit(bob, viewport=PHONE)
    for path in ("/", "/trips", "/profile"):
        bobs.goto(path)
        expect(bobs.get_by_role("heading", level=1)).to_be_visible()
        expect(bobs.locator(".loading")).to_have_count(0)
        _expect_no_scrolling_aside(bobs)


PLACES = """(one) => {
    const text = one.firstChild;
    const at = (place) => {
        const range = document.createRange();
        range.setStart(text, place);
        range.setEnd(text, place + 1);
        return range.getBoundingClientRect().x;
    };
    const after = document.createRange();
    after.setStartAfter(one);
    after.setEndAfter(one.parentNode.lastChild);
    return [at(0), at(2), one.getBoundingClientRect().right, after.getBoundingClientRect().right];
}"""
"""Where the first and the third letter of a name are, its right edge, and that of what follows it."""


@pytest.mark.parametrize(("name", "is_from_the_right"), [("יעל", True), ("Yael", False)])
def test_a_name_is_written_in_its_own_direction_and_what_follows_in_that_of_the_page(
    visit: Visit, people: Team, city: City, name: str, is_from_the_right: bool
) -> None:
    ann, bob = people(ann=city("Paris"), bob=city("Paris"))
    for person in (ann, bob):
        person.patch("/api/users/me", json={"first_name": name})
    bob.book(city("London"), day(1), day(3))
    ann.book(city("London"), day(1), day(2))
    page = visit(ann)
    page.goto("/")
    page.locator(".pin").click()
    mine = page.locator(".person").filter(has_text="(you)").locator("bdi")
    _expect_direction(mine, is_from_the_right)
    page.goto("/matches")
    _expect_direction(page.locator(".match.new bdi").first, is_from_the_right)


def _expect_direction(name: Locator, is_from_the_right: bool) -> None:
    first, third, end, end_of_line = name.evaluate(PLACES)
    assert (first > third) == is_from_the_right
    assert end_of_line > end, "what follows the name stands before it"


def _expect_no_scrolling_aside(page: Page) -> None:
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} px wide, the screen {seen}"
