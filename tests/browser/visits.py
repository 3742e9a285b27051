"""People's browsers, and what may never happen in them whatever a test is about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from tests.people_kit import Person

Visit = Callable[..., Page]
"""`visit(ann)`: Ann's browser."""
Team = Callable[..., list[Person]]
"""`people(ann=city("Paris"), bob=None)`: a team, with its homes."""
City = Callable[[str], int]
"""`city("Paris")`: the id of a city."""

AN_ANSWER = "Failed to load resource"
"""How Chromium puts any answer that is no success; whether it should have come is a test's own business."""


@dataclass
class Visits:
    """The browsers of a test: each has cookies and a memory of its own."""

    browser: Browser
    url: str
    patience_ms: float
    contexts: list[BrowserContext] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def open(self, person: Person | None = None, **options: Any) -> Page:
        """A page in a new browser; somebody's is logged in already."""
        context = self.browser.new_context(
            base_url=self.url, **{"locale": "en-GB", "timezone_id": "UTC", **options}
        )
        self.contexts.append(context)
        context.set_default_timeout(self.patience_ms)
        context.on("console", self._read)
        context.on("weberror", lambda thrown: self.wrong.append(f"thrown: {thrown.error}"))
        context.on("request", self._watch)
        context.on("response", self._check)
        if person is not None:
            for cookie in person.cookies.jar:
                context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": self.url}])
        return context.new_page()

    def close(self) -> None:
        """Close them all.

        Raises:
            AssertionError: A page complained, broke the Content-Security-Policy, or asked somebody else.
        """
        for context in self.contexts:
            context.close()
        assert not self.wrong, "\n".join(self.wrong)

    def _read(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(AN_ANSWER):
            self.wrong.append(f"{message.type} in the console: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _check(self, answer: Response) -> None:
        if "/static/" in answer.url and answer.status >= 400:
            self.wrong.append(f"{answer.status} for {answer.url}")


def log_in(page: Page, email: str, password: str) -> None:
    """Fill in the login page that is shown."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def choose_city(page: Page, field: str, text: str) -> None:
    """Find a city by a part of its name, and take the first of the list."""
    box = page.get_by_role("combobox", name=field)
    box.fill(text)
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("Enter")


def fill_trip(page: Page, city: str, start: str, end: str, notes: str = "") -> None:
    """Fill in the form of a trip."""
    choose_city(page, "City", city)
    page.get_by_label("First day").fill(start)
    page.get_by_label("Last day").fill(end)
    page.get_by_label("Notes").fill(notes)
