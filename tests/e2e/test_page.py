"""The pages in a real browser, through the cluster's public gateway; what else they do: tests/browser."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from dev.cluster_config import PUBLIC_NODE_PORT
from tests.browser.chromium import address_of, chromium
from tests.browser.visits import Visits, log_in
from tests.e2e.stack import Stack
from tests.people_kit import Person

# One browser is enough, and logins are limited for all together.
pytestmark = pytest.mark.xdist_group("login")

PATIENCE_MS = 30_000
STATIC = re.compile(r"^/static/.+\.[0-9a-f]{12}\.(css|js|svg)$")


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[Browser]:
    """Chromium in the network of the cluster's node."""
    expect.set_options(timeout=PATIENCE_MS)
    node = stack.to.ours.control_plane
    where = f"{address_of(node)}:{PUBLIC_NODE_PORT}"
    with chromium(stack.url, beside=node, at=where, name=f"{stack.to.ours.name}-chromium") as started:
        yield started


@pytest.fixture
def visits(browser: Browser, stack: Stack) -> Iterator[Visits]:
    """Who looks at the pages; at the end nothing may have gone wrong in their browsers."""
    opened = Visits(browser, stack.url, PATIENCE_MS)
    yield opened
    opened.close()


def test_a_person_logs_in_and_sees_the_map(
    visits: Visits, people: Callable[..., list[Person]], city: Callable[[str], int]
) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visits.open()
    page.goto("/")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, ann.email, ann.password)
    page.get_by_role("button", name="Paris, FR: 1 person").click()
    expect(page.locator(".person")).to_contain_text("Ann (you)")
    assert page.evaluate("document.querySelector('.map img').decode().then(() => true)")


def test_what_pages_are_made_of_is_kept_for_good(visits: Visits) -> None:
    """Static files have their hash in their name and may be kept for ever; the page itself may not."""
    page = visits.open()
    answers: dict[str, str] = {}
    page.on(
        "response",
        lambda one: answers.update({httpx.URL(one.url).path: one.headers.get("cache-control", "")}),
    )
    page.goto("/login")
    page.wait_for_load_state("networkidle")
    files = {path: caching for path, caching in answers.items() if path.startswith("/static/")}
    assert files
    for path, caching in files.items():
        assert STATIC.match(path), path
        assert caching == "max-age=31536000, public, immutable", path
    assert "no-store" in answers["/login"]


def test_a_script_that_is_not_ours_does_not_run(visits: Visits) -> None:
    page = visits.open()
    answer = page.goto("/login")
    assert answer is not None
    assert "default-src 'none'" in (answer.header_value("Content-Security-Policy") or "")
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = 1';
        document.body.append(script);
    }""")
    assert page.evaluate("window.injected") is None
    assert any("Content Security Policy" in text for text in visits.wrong)
    visits.wrong.clear()
