"""The stack that all tests here share. It is a Compose project of its own: yours is left alone."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests import people_kit
from tests.compose.stack import Stack


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    parser.addoption(
        "--keep", action="store_true", help="leave the test stack running, for the next run or a look"
    )


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """A running stack with cities and demo data; its data goes at the end."""
    with Stack.running(keep=pytestconfig.getoption("--keep")) as found:
        yield found


@pytest.fixture
def public(stack: Stack) -> httpx.Client:
    """An anonymous client of the public gateway."""
    return stack.browser()


@pytest.fixture(scope="session")
def internal(stack: Stack) -> httpx.Client:
    """A client of the internal gateway."""
    return stack.operator()


@pytest.fixture
def login(stack: Stack) -> Callable[[str, str], httpx.Client]:
    """Log in at the login page as a person would, and get the browser that is logged in."""

    def log_in(email: str, password: str) -> httpx.Client:
        return people_kit.log_in(stack.browser(), email, password)

    return log_in


@pytest.fixture(scope="session")
def compose(stack: Stack) -> Callable[..., object]:
    """`docker compose` on the stack."""
    return stack.compose


@pytest.fixture(scope="session")
def city(stack: Stack) -> Callable[[str], int]:
    """The id of the biggest city that a search finds."""
    return people_kit.city_finder(stack.people(reader=None)[0])
