"""The stack that people share here, a Compose project of its own, and the browser that shows it to them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.visits import Visits
from tests.compose import containers
from tests.compose.stack import Stack
from tests.people_kit import Person
from tests.teams import Teams

PATIENCE_MS = 20_000
"""How long a page may take on a machine that has other things to do; what is quicker waits no longer."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our option."""
    parser.addoption("--pictures", metavar="FOLDER", help="keep the documentation's pictures here")


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """A running stack with cities and demo data; its data goes at the end."""
    with Stack.running("browser", keep=pytestconfig.getoption("--keep")) as found:
        yield found


@pytest.fixture(scope="session")
def browser(stack: Stack) -> Iterator[Browser]:
    """Chromium beside the gateway."""
    expect.set_options(timeout=PATIENCE_MS)
    (gateway,) = containers.ids(stack, "gateway")
    name = f"{stack.project}-chromium"
    with chromium.chromium(stack.url, beside=gateway, at="127.0.0.1:8080", name=name) as started:
        yield started


@pytest.fixture
def visits(browser: Browser, stack: Stack) -> Iterator[Visits]:
    """Who looks at the pages in this test; at its end nothing may have gone wrong in their browsers."""
    opened = Visits(browser, stack.url, PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def visit(visits: Visits) -> Callable[..., Page]:
    """Open a browser of one's own: `visit()` as a stranger, `visit(ann)` logged in, with options."""
    return visits.open


@pytest.fixture(scope="session")
def teams(stack: Stack) -> Teams:
    """Teams that wait for a test to take them."""
    return Teams(stack.manage, stack.url, stack.browsers, {1: 16, 2: 16, 3: 8})


@pytest.fixture
def people(teams: Teams) -> Callable[..., list[Person]]:
    """Takes a team of people, given their homes: `people(ann=None, bob=city("Paris"))`."""
    return teams.take
