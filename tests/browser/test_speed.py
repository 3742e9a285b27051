"""What a first look costs, with 500 people and 5,000 trips; and that nothing jumps while a page comes."""

import math
import re
import secrets
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.days import day
from tests.browser.visits import City, Team, Visit, Visits, log_in
from tests.compose.stack import Stack

PEOPLE, TRIPS = 500, 5_000
VIEW_KIB, API_KIB, API_CALLS = 150, 100, 3
INTERACTIVE_MS, REDRAW_MS = 1_000, 50
LOOKS = 5
"""The best of at most so many counts where time is measured: other things run on the machine."""
SHIFT = 0.01
"""A page may jump by so much (parts of the screen, times the way): rounding, but nothing that one sees."""

WATCH = """
window.seen = {shift: 0, drawn: null, busy: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) seen.busy = Math.max(seen.busy, entry.startTime + entry.duration);
}).observe({type: 'longtask', buffered: true});
new MutationObserver((_, observer) => {
  if (!document.querySelector('.place button')) return;
  seen.drawn = performance.now();
  observer.disconnect();
}).observe(document, {childList: true, subtree: true});
"""

SLIDE = """async (days) => {
  const range = document.getElementById('day');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const took = [];
  for (const day of days) {
    const began = performance.now();
    set.call(range, String(day));
    range.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise((painted) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = painted;
      channel.port2.postMessage(0);
    }));
    took.push(performance.now() - began);
  }
  return took;
}"""
"""From the input to the frame that shows it, in ms for each of some days."""
DAYS = [*range(4, 164, 4), 0]

BLOCK = """new Promise((drawn) => {
  const block = document.createElement('div');
  block.style.height = '300px';
  document.querySelector('main').prepend(block);
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn)));
})"""
"""What makes a page jump."""


@dataclass
class Wire:
    """What comes over the wire for a page, compressed as it comes, with its headers."""

    session: CDPSession
    urls: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session.send("Network.enable")
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.loadingFinished", self._came)

    def _sent(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _came(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def kib(self, part: str = "") -> float:
        """KiB of all whose address holds a part."""
        return sum(size for id_, size in self.sizes.items() if part in self.urls.get(id_, "")) / 1024


@pytest.fixture(scope="module")
def one_of_many(stack: Stack) -> Iterator[tuple[str, str]]:
    """The email and the password of one of a great team; all of it goes away afterwards."""
    said = stack.manage("seed_bench", f"--people={PEOPLE}", f"--trips={TRIPS}", "--cities=100")
    reading = stack.compose("exec", "--no-TTY", "app", "cat", "/run/secrets/app/demo_password")
    yield said.strip().rpartition("log in as ")[2], reading.stdout.strip()
    stack.manage("seed_bench", "--remove")


def test_the_first_view_of_a_great_team_is_small(
    visits: Visits, one_of_many: tuple[str, str], tell: Callable[[str], None]
) -> None:
    door = visits.open()
    door.goto("/login")
    log_in(door, *one_of_many)
    cookies = door.context.cookies()
    looks: list[Look] = []
    interactive = redraw = back = math.inf
    while len(looks) < LOOKS and (interactive > INTERACTIVE_MS or max(redraw, back) > REDRAW_MS):
        looks.append(_first_look(visits, cookies))
        interactive = min(look.interactive for look in looks)
        redraw = min(statistics.median(look.redraws) for look in looks)
        back = min(look.redraws[-1] for look in looks)
    quickest = min(looks, key=lambda look: look.interactive)
    wire, calls = quickest.wire, quickest.calls
    tell(
        f"first view of {PEOPLE} people and {TRIPS:,} trips: {wire.kib():.0f} KiB over the wire, of which "
        f"{wire.kib('/api/'):.0f} KiB in {len(calls)} API calls; layout shift {quickest.seen['shift']:.4f}; "
        f"best of {len(looks)}: drawn after {quickest.seen['drawn']:.0f} ms, no long task after "
        f"{quickest.seen['busy']:.0f} ms; a day of the slider in {redraw:.0f} ms (median), today in "
        f"{back:.0f} ms"
    )
    for look in looks:
        assert len(look.calls) <= API_CALLS, look.calls
        assert look.wire.kib("/api/") <= API_KIB
        assert 0 < look.wire.kib() <= VIEW_KIB
        assert look.seen["shift"] <= SHIFT
    assert interactive <= INTERACTIVE_MS
    assert max(redraw, back) <= REDRAW_MS


@dataclass
class Look:
    """A first look at the map: what came for it, what was seen, and how long each day took afterwards."""

    wire: Wire
    seen: dict[str, float]
    redraws: list[float]

    @property
    def calls(self) -> list[str]:
        """The calls of the API."""
        return [url for url in self.wire.urls.values() if "/api/" in url]

    @property
    def interactive(self) -> float:
        """When the list was there and nothing kept the page busy any more, in ms."""
        return max(self.seen["drawn"], self.seen["busy"])


def _first_look(visits: Visits, cookies: list[Any]) -> Look:
    """Look with an empty cache."""
    page = visits.open(viewport={"width": 1280, "height": 850})
    page.context.add_cookies([{**cookie, "path": "/"} for cookie in cookies])
    page.add_init_script(WATCH)
    wire = Wire(page.context.new_cdp_session(page))
    page.goto("/")
    expect(page.locator(".pin").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    counts = page.locator(".places .count").all_text_contents()  # of those out of sight, too
    assert sum(int(re.sub(r"\D", "", count)) for count in counts) == PEOPLE
    seen = page.evaluate("seen")
    look = Look(wire, seen, page.evaluate(SLIDE, DAYS))
    page.close()
    return look


def test_a_second_look_fetches_no_file_again(visit: Visit, people: Team, city: City) -> None:
    (ann,) = people(ann=city("Paris"))
    page = visit(ann)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    wire = Wire(page.context.new_cdp_session(page))
    page.goto("/trips")
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert any("/static/" in url for url in wire.urls.values())
    assert wire.kib("/static/") == 0


@pytest.mark.parametrize("size", [(1280, 850), (360, 740)], ids=["desktop", "phone"])
def test_nothing_jumps(visit: Visit, people: Team, city: City, size: tuple[int, int]) -> None:
    ann, bob = people(ann=city("Paris"), bob=city("London"))
    bob.book(city("Paris"), day(1), day(2))
    ann.book(city("Rome"), day(10), day(12))
    viewport = {"width": size[0], "height": size[1]}
    mine, strangers = visit(ann, viewport=viewport), visit(viewport=viewport)
    for page, paths in (
        (mine, ("/", "/matches", "/trips", "/trips/new", "/profile")),
        (strangers, ("/login",)),
    ):
        page.add_init_script(WATCH)
        for path in paths:
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_load_state("networkidle")
            assert urlsplit(page.url).path == path
            shift = page.evaluate("seen.shift")
            assert shift <= SHIFT, f"{path} jumps by {shift:.3f}"
        page.evaluate(BLOCK)
        page.wait_for_function(f"seen.shift > {SHIFT}")  # what jumps is seen here


def test_a_script_that_is_not_ours_does_not_run(visits: Visits, people: Team, city: City) -> None:
    """Inline, from elsewhere, in an attribute, as a style: the policy refuses all, and it is told."""
    (ann,) = people(ann=city("Paris"))
    page = visits.open(ann)
    answer = page.goto("/")
    assert answer is not None
    policy = answer.header_value("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    mark = secrets.token_hex(4)
    refused = page.evaluate(
        """async (mark) => {
            const refused = [];
            document.addEventListener('securitypolicyviolation',
                (event) => refused.push(event.effectiveDirective));
            const script = document.createElement('script');
            script.textContent = `window.x${mark} = 1`;
            const foreign = document.createElement('script');
            foreign.src = 'https://example.org/x.js';
            const box = document.createElement('div');
            box.innerHTML = `<img src="/nothing" onerror="window.x${mark} = 2">
                <style>body { opacity: .5 }</style>`;
            document.body.append(script, foreign, box);
            await fetch('https://example.org/').catch(() => undefined);
            await new Promise((done) => setTimeout(done, 500));
            return refused;
        }""",
        mark,
    )
    assert page.evaluate(f"window.x{mark}") is None
    assert page.evaluate("getComputedStyle(document.body).opacity") == "1"
    assert {"script-src-elem", "script-src-attr", "style-src-elem", "connect-src"} <= set(refused)
    visits.wrong.clear()
