"""The shell of the pages: who gets it, what is in it, and what is not."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.models import User
from tests.unit.factories import UserFactory

pytestmark = pytest.mark.django_db

TRIP = "/trips/trip_" + "a" * 24
PAGES = ["/", "/matches", "/trips", "/trips/new", TRIP, "/profile", "/welcome"]


@pytest.fixture
def anna() -> User:
    """Anna lives in London."""
    return UserFactory(email="anna@example.com", first_name="Anna", home_city="London")


@pytest.fixture
def browser(anna: User) -> Client:
    """Anna's browser."""
    client = Client()
    client.force_login(anna)
    return client


class TestWithoutLogin:
    @pytest.mark.parametrize("path", [*PAGES, "/anything/else", "/admin/"])
    def test_every_page_leads_to_the_login_page_and_back(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")

    def test_the_api_says_so_in_json(self, client: Client) -> None:
        assert client.get("/api/anything").json()["code"] == "not_found"

    def test_the_platforms_paths_are_no_pages(self, client: Client) -> None:
        assert client.get("/internal/nothing").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_each_page_can_be_come_to_directly(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert '<div id="app"' in answer.text


@pytest.mark.parametrize("path", ["/nonsense", "/trips/none", f"{TRIP}/cancel", "/world.svg"])
def test_other_addresses_are_not_found(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("path", [page for page in PAGES if page != "/welcome"])
def test_newcomers_are_asked_where_they_live_before_anything_else(client: Client, path: str) -> None:
    client.force_login(UserFactory())
    assert client.get(path)["Location"] == "/welcome"
    assert client.get("/welcome").status_code == 200


def test_pages_are_only_looked_at(browser: Client) -> None:
    assert browser.post("/trips", {}).status_code == 405


def test_a_page_is_kept_in_no_cache(browser: Client) -> None:
    assert browser.get("/")["Cache-Control"] == "no-store, private"


def test_the_script_gets_the_token_that_its_changes_need(browser: Client) -> None:
    assert browser.get("/trips").cookies["csrftoken"].value


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(browser: Client, client: Client) -> None:
    for answer in (*map(browser.get, PAGES), client.get("/login"), browser.get("/nonsense")):
        html = answer.text
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
        assert not re.search(r'(src|action|data-\w+)="(https?:)?//', html)
        assert not re.search(r'<link[^>]*href="(https?:)?//', html)
        assert "unsafe-inline" not in answer["Content-Security-Policy"]


def test_a_page_says_nothing_of_anybody(browser: Client, anna: User) -> None:
    """So it may be the same for all; who is where comes from the API."""
    html = browser.get("/").text
    assert anna.email not in html
    assert anna.first_name not in html


def test_a_page_costs_no_more_than_its_login(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # session, person
        browser.get("/")


def test_the_first_page_says_where_its_script_and_map_are(browser: Client, settings: Any) -> None:
    html = browser.get("/").text
    for file in ("web/built/app.js", "web/built/world.svg", "web/pages.css", "web/style.css"):
        assert f'"{settings.STATIC_URL}{file}"' in html
