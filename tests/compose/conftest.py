"""The stack that all tests here share. It is a Compose project of its own: yours is left alone."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests import people_kit
from tests.compose.stack import Stack


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """A running stack with cities and demo data; its data goes at the end."""
    with Stack.running(keep=pytestconfig.getoption("--keep")) as found:
        yield found


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
