"""A newcomer's first day: log in, say where home is, book a trip, meet somebody."""

import re

from playwright.sync_api import expect

from tests.browser.days import day, written
from tests.browser.visits import City, Team, Visit, choose_city, fill_trip, log_in


def test_from_the_first_login_to_a_meeting(visit: Visit, people: Team) -> None:
    """Two newcomers in two browsers: they say where home is, one travels to the other, they will meet."""
    ann, bob = people(ann=None, bob=None)
    ann_sees, bob_sees = visit(), visit()
    for page, person, home in ((ann_sees, ann, "Paris"), (bob_sees, bob, "London")):
        page.goto("/trips")
        expect(page).to_have_url(re.compile(r"/login\?next=/trips"))
        log_in(page, person.email, person.password)
        expect(page.get_by_role("heading", name="Welcome! Where do you live?")).to_be_visible()
        page.goto("/trips")
        expect(page).to_have_url(re.compile("/welcome$"))
        expect(page.get_by_role("navigation")).to_have_count(0)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_text("Choose a city from the list.")).to_be_visible()
        choose_city(page, "Home city", home)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("heading", name="Where is everybody?")).to_be_visible()
    expect(bob_sees.get_by_role("button", name="Paris, FR: 1 person")).to_be_visible()

    bob_sees.get_by_role("link", name="Trips").click()
    expect(bob_sees.get_by_text("You have no trips planned.")).to_be_visible()
    bob_sees.get_by_role("link", name="New trip").click()
    fill_trip(bob_sees, "Paris", day(1), day(5), "Bring the contract")
    bob_sees.get_by_role("button", name="Book").click()
    expect(bob_sees.get_by_text("Your trip is booked.")).to_be_visible()
    trip = bob_sees.get_by_role("list", name="Trips to come").get_by_role("listitem")
    expect(trip).to_contain_text("Paris, FR")
    expect(trip).to_contain_text("Bring the contract")
    bob_sees.get_by_role("link", name="Matches 1 new").click()
    bob_card = bob_sees.locator(".match")
    expect(bob_card).to_contain_text("Ann")
    expect(bob_card).to_contain_text("in the same city")
    bob_sees.get_by_role("button", name="We meet: Ann").click()
    expect(bob_card.get_by_text("you meet")).to_be_visible()
    expect(bob_sees.get_by_role("link", name="Matches", exact=True)).to_be_visible()

    ann_sees.reload()
    ann_sees.get_by_role("link", name="Matches 1 new").click()
    ann_card = ann_sees.locator(".match")
    expect(ann_card).to_contain_text("Bob")
    expect(ann_card.get_by_role("time")).to_have_text(written(1, 5))
    expect(ann_card.get_by_text("you meet")).to_be_visible()
    expect(ann_sees.locator("main")).not_to_contain_text("contract")
    we_meet = ann_sees.get_by_role("button", name="We meet: Bob")
    expect(we_meet).to_have_attribute("aria-pressed", "true")
    we_meet.click()
    expect(ann_card.get_by_text("you meet")).to_have_count(0)
    bob_sees.reload()
    expect(bob_card).to_contain_text("Ann")
    expect(bob_card.get_by_text("you meet")).to_have_count(0)


def test_who_logs_out_leaves_nothing_behind(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.goto("/trips/new")
    page.get_by_label("Notes").fill("a secret")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Where in the world")).to_be_visible()
    assert "a secret" not in page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert not any("session" in cookie.get("name", "") for cookie in page.context.cookies())
    page.go_back()
    expect(page.get_by_role("heading", name="Where in the world")).to_be_visible()


def test_who_logs_out_leaves_nothing_in_other_tabs(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    other = page.context.new_page()
    page.goto("/")
    other.goto("/trips/new")
    other.get_by_label("Notes").fill("a secret")
    page.context.set_offline(True)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.context.set_offline(False)
    expect(other.get_by_label("Notes")).to_have_value("a secret")
    page.get_by_role("button", name="Log out").click()
    for tab in (page, other):
        expect(tab).to_have_url(re.compile("/login"))
        expect(tab.get_by_role("heading", name="Where in the world")).to_be_visible()
    assert "a secret" not in other.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    other.goto("/trips/new")
    expect(other).to_have_url(re.compile("/login"))


def test_a_wrong_password_is_told_and_the_address_kept(visit: Visit, people: Team) -> None:
    (ann,) = people(ann=None)
    page = visit()
    page.goto("/login")
    page.get_by_label("Email").fill(ann.email)
    page.get_by_label("Password").fill("a guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(ann.email)
    expect(page.get_by_label("Password")).to_have_value("")
