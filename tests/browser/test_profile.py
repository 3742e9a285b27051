"""Who I am: names of any kind, work hours, an avatar."""

import pytest
from playwright.sync_api import Page, expect

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


def _expect_no_scrolling_aside(page: Page) -> None:
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} px wide, the screen {seen}"
