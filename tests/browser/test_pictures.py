"""The pictures in the documentation, of what demo people see; `./witw screenshots` keeps them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev.stack import DEMO_EMAIL
from tests.browser.visits import Visit, log_in
from tests.compose.stack import Stack

DESKTOP, PHONE = {"width": 1280, "height": 660}, {"width": 390, "height": 844}
NOTHING = 8_000
"""Bytes of a picture with hardly more than the bar."""


@pytest.fixture
def take(pytestconfig: pytest.Config, tmp_path: Path) -> Callable[[Page, str], None]:
    """Save what a page shows, once all that it looks for is there."""
    folder = Path(pytestconfig.getoption("--pictures") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def shoot(page: Page, name: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".loading")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        picture = page.screenshot(path=folder / f"{name}.png", animations="disabled")
        assert len(picture) > NOTHING, f"there is nothing on the picture of {name}"

    return shoot


def test_the_demo_people_make_a_picture(
    visit: Visit, stack: Stack, take: Callable[[Page, str], None]
) -> None:
    reading = stack.compose("exec", "--no-TTY", "app", "cat", "/run/secrets/app/demo_password")
    desktop = visit(viewport=DESKTOP, color_scheme="light")
    desktop.goto("/login")
    take(desktop, "login")
    log_in(desktop, DEMO_EMAIL, reading.stdout.strip())
    desktop.locator(".pin").first.click()
    take(desktop, "home")
    for page in ("matches", "trips"):
        desktop.goto(f"/{page}")
        take(desktop, page)
    phone = visit(viewport=PHONE, color_scheme="dark", is_mobile=True, has_touch=True)
    phone.context.add_cookies([{**cookie} for cookie in desktop.context.cookies()])
    phone.goto("/")
    take(phone, "phone")
