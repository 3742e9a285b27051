"""The policy forbids code and styles inside pages: none may need any, the admin's included."""

import re

import pytest
from django.test import Client

from tests.unit.factories import UserFactory, book, day

pytestmark = pytest.mark.django_db
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:",
    re.IGNORECASE,
)
OUTSIDE = re.compile(r"(?:src|action|<link[^>]*href)=[\"'](?:https?:)?//", re.IGNORECASE)
ADMIN = "/internal/admin/"


@pytest.fixture
def root(client: Client) -> Client:
    """A superuser's browser; there are a trip and a match to look at."""
    user = UserFactory(email="root@example.com", is_staff=True, is_superuser=True, home_city="London")
    book(UserFactory(team=user.team, home_city="Paris"), "London", day(1))
    client.force_login(user)
    return client


def checked(page: str) -> None:
    """No code, no styles, nothing from elsewhere."""
    assert not INLINE.search(page), INLINE.search(page)
    assert not OUTSIDE.search(page)


@pytest.mark.parametrize("path", ["/login", f"{ADMIN}login/", "/nowhere"])
def test_pages_for_anybody_hold_no_code(client: Client, path: str) -> None:
    checked(client.get(path).text)


def test_the_admins_pages_hold_no_code(root: Client) -> None:
    seen = [ADMIN]
    for path in seen:
        page = root.get(path)
        assert page.status_code == 200, path
        checked(page.text)
        links = re.findall(rf'href="({ADMIN}[a-z/0-9]*)"', page.text)
        seen += [link for link in dict.fromkeys(links) if link not in seen and "logout" not in link]
    assert len(seen) > 10
    assert any(path.endswith("/change/") for path in seen)
