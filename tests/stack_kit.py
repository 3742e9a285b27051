"""What tests of a running app share, be it in Compose or in a cluster: options, and who asks it something.

Each folder of such tests has a fixture `stack`; what is here goes by that.
"""

from collections.abc import Callable
from typing import Protocol

import httpx
import pytest

from tests import people_kit
from tests.people_kit import Person


class Stack(Protocol):
    """The running app, as far as it matters here."""

    def browser(self) -> httpx.Client: ...

    def operator(self) -> httpx.Client: ...

    def people(self, **homes: int | None) -> list[Person]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    parser.addoption(
        "--keep", action="store_true", help="leave what runs for the tests, for the next run or a look"
    )
    parser.addoption(
        "--seed", type=int, help="what the generated requests begin from, to see a failure again"
    )
    parser.addoption(
        "--cluster", metavar="NAME", help="e2e, load: use this cluster of `./witw up --kind`, as it is"
    )


@pytest.fixture
def public(stack: Stack) -> httpx.Client:
    """Somebody who is not logged in, at the public gateway."""
    return stack.browser()


@pytest.fixture(scope="session")
def internal(stack: Stack) -> httpx.Client:
    """Somebody at the internal gateway."""
    return stack.operator()


@pytest.fixture(scope="session")
def city(stack: Stack) -> Callable[[str], int]:
    """The id of the biggest city that a search finds."""
    return people_kit.city_finder(stack.people(reader=None)[0])
