"""Whom one will meet: counted while new, answered, put aside, by week, and when it is over."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.days import day, today, written
from tests.browser.test_reach import expect_no_violation
from tests.browser.visits import City, Team, Visit, Visits
from tests.people_kit import Person


@pytest.fixture
def ann(people: Team, city: City) -> Person:
    """Lives in Paris; Bob and Eve come by, Bob has been there before."""
    ann, bob, eve = people(ann=city("Paris"), bob=city("London"), eve=city("London"))
    past = today() - timedelta(days=30)
    bob.book(city("Paris"), past.isoformat(), (past + timedelta(days=2)).isoformat())
    bob.book(city("Paris"), day(2), day(4))
    eve.book(city("Versailles"), day(20), day(27))
    return ann


def views(page: Page, name: str) -> None:
    """Choose which matches are shown."""
    page.get_by_role("group", name="Which matches").get_by_role("button", name=name).click()


def test_new_matches_are_counted_until_they_are_seen(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/")
    page.get_by_role("link", name="Matches 2 new").click()
    expect(page.locator(".match")).to_have_count(2)
    expect(page.locator(".match").filter(has_text="Eve")).to_contain_text("km apart")
    page.get_by_role("button", name="Mark as seen: Bob").click()
    expect(page.get_by_role("link", name="Matches 1 new")).to_be_visible()
    expect(page.get_by_role("button", name="Mark as seen: Bob")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("link", name="Matches 1 new")).to_be_visible()


def test_all_are_marked_as_seen_at_once(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    page.get_by_role("button", name="Mark all 2 new ones as seen").click()
    expect(page.get_by_text("All matches are marked as seen.")).to_be_visible()
    expect(page.get_by_role("link", name="Matches", exact=True)).to_be_visible()
    assert {match["state"] for match in ann.results("/api/matches")} == {"seen"}


def test_a_match_is_dismissed_and_brought_back(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    page.get_by_role("button", name="Dismiss: Bob").click()
    expect(page.locator(".match")).to_have_count(1)
    views(page, "Dismissed")
    page.get_by_role("button", name="Bring back: Bob").click()
    expect(page.get_by_text("You have dismissed none.")).to_be_visible()
    views(page, "Coming")
    expect(page.locator(".match")).to_have_count(2)


def test_the_agenda_has_each_week_with_a_match(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    views(page, "Agenda")
    weeks = page.locator("section.week")
    expect(weeks.filter(has_text="Bob").first).to_contain_text(written(2, 4))
    # Eight days touch two weeks, whatever the weekday on which they begin.
    expect(weeks.filter(has_text="Eve")).to_have_count(2)
    headings = weeks.get_by_role("heading", level=2).all_inner_texts()
    assert len(headings) == len(set(headings)) >= 2
    assert all(re.search("\N{EN DASH}.*[0-9]{4}", heading) for heading in headings)


def test_past_matches_are_shown_when_asked_for(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    expect(page.locator(".match")).to_have_count(2)
    views(page, "Past")
    expect(page.get_by_role("list", name="Past matches").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="We meet: Bob").click()
    expect(page.get_by_text("you meet")).to_be_visible()


def test_an_answer_that_is_lost_is_offered_again(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    bob = page.locator(".match").filter(has_text="Bob")
    expect(bob).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("button", name="We meet: Bob").click()
    expect(bob.get_by_text("You are offline.")).to_be_visible()
    page.context.set_offline(False)
    bob.get_by_role("button", name="Try again").click()
    expect(bob.get_by_text("you meet")).to_be_visible()
    expect(bob.get_by_text("You are offline.")).to_have_count(0)


def test_a_match_that_is_gone_keeps_no_other_from_being_marked(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.goto("/matches")
    gone: list[str] = []

    def answer(route: Route) -> None:
        gone.append(route.request.url)
        if len(gone) > 1:
            route.continue_()
        else:
            route.fulfill(status=404, body='{"code": "not_found", "detail": "Not found."}')

    page.route("**/api/matches/match_*", answer)
    page.get_by_role("button", name="Mark all 2 new ones as seen").click()
    expect(page.get_by_text("All matches are marked as seen.")).to_be_visible()
    expect(page.locator(".match")).to_have_count(1)
    assert sorted(match["state"] for match in ann.results("/api/matches")) == ["seen", "unseen"]


def test_an_answer_does_not_stand_for_a_list_that_never_came(visit: Visit, ann: Person) -> None:
    page = visit(ann)
    page.route("**/api/matches?limit=1000*", lambda route: route.abort())
    page.goto("/matches")
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    views(page, "Past")
    page.get_by_role("button", name="We meet: Bob").click()
    expect(page.get_by_text("you meet")).to_be_visible()
    views(page, "Coming")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_text("Nobody yet.")).to_have_count(0)


def test_a_page_that_breaks_says_so_and_the_others_go_on(visits: Visits, ann: Person) -> None:
    page = visits.open(ann)
    nonsense = '{"count": 1, "results": [{"id": "match_x", "state": "unseen"}]}'
    page.route("**/api/matches?limit=1000*", lambda route: route.fulfill(body=nonsense))
    page.goto("/matches")
    expect(page.get_by_role("heading", name="This page broke")).to_be_visible()
    expect_no_violation(page)
    page.get_by_role("link", name="Trips").click()
    expect(page.get_by_role("heading", name="My trips")).to_be_visible()
    page.get_by_role("link", name="Matches").click()
    page.unroute_all()
    page.get_by_role("button", name="Load the page again").click()
    expect(page.locator(".match")).to_have_count(2)
    assert all("in the console" in one for one in visits.wrong), visits.wrong
    assert visits.wrong, "what broke is told nowhere"
    visits.wrong.clear()
