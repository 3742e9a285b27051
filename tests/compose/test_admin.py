"""The admin, on the internal gateway: every model can be opened, searched, added and looked at."""

import re
import secrets
from collections.abc import Callable

import httpx
import pytest

from tests.compose.stack import Stack
from tests.people_kit import LOGIN_TOKEN

ADMIN = "/internal/admin/"


@pytest.fixture(scope="module")
def admin(stack: Stack) -> httpx.Client:
    """A superuser, made by `createsuperuser`, logged in at the internal gateway."""
    email, password = f"root.{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
    team = stack.manage(
        "shell",
        "--no-imports",
        "-c",
        "from people.models import Team; print(Team.objects.create(name='Root').pk)",
    ).strip()
    stack.compose(
        "exec", "--no-TTY", "--env", f"DJANGO_SUPERUSER_PASSWORD={password}", "app",
        "python", "manage.py", "createsuperuser", "--no-input", "--email", email, "--team", team,
    )  # fmt: skip
    browser = stack.operator()
    browser.follow_redirects = True
    page = browser.get(ADMIN)
    token = LOGIN_TOKEN.search(page.text)
    assert token
    name = "username" if 'name="username"' in page.text else "login"
    browser.post(page.url, data={"csrfmiddlewaretoken": token[1], name: email, "password": password})
    return browser


def lists(admin: httpx.Client) -> list[str]:
    """The change lists that the index leads to."""
    return sorted(set(re.findall(rf'href="({ADMIN}[a-z]+/[a-z]+/)"', admin.get(ADMIN).text)))


def test_every_model_of_ours_is_there(admin: httpx.Client) -> None:
    models = {path.removeprefix(ADMIN).strip("/") for path in lists(admin)}

    assert models >= {
        "cities/city", "cities/country", "cities/region",
        "people/team", "people/user", "trips/trip", "matches/match",
    }  # fmt: skip


def test_every_list_opens_and_can_be_searched(admin: httpx.Client) -> None:
    for path in lists(admin):
        assert admin.get(path).status_code == 200, path
        searched = admin.get(path, params={"q": "paris"})
        assert searched.status_code == 200, path
        assert str(searched.url).endswith("?q=paris"), f"{path} has no search"


@pytest.mark.parametrize("model", ["people/team", "people/user", "trips/trip", "cities/city"])
def test_an_entry_opens_with_its_history(admin: httpx.Client, model: str) -> None:
    listed = admin.get(f"{ADMIN}{model}/").text
    entry = re.search(rf'href="({ADMIN}{model}/[^/"?]+/change/)', listed)
    assert entry, f"{model} is empty"

    assert admin.get(entry[1]).status_code == 200
    assert admin.get(entry[1].replace("/change/", "/history/")).status_code == 200


@pytest.mark.parametrize("model", ["people/team", "people/user", "trips/trip"])
def test_an_entry_can_be_added(admin: httpx.Client, model: str) -> None:
    assert admin.get(f"{ADMIN}{model}/add/").status_code == 200


def test_cities_complete_themselves(admin: httpx.Client) -> None:
    wanted = {"app_label": "trips", "model_name": "trip", "field_name": "city", "term": "sao paulo"}

    found = admin.get(f"{ADMIN}autocomplete/", params=wanted).json()["results"]

    assert "Sao Paulo" in found[0]["text"] or "São Paulo" in found[0]["text"]


def test_ordinary_people_do_not_get_in(stack: Stack, city: Callable[[str], int]) -> None:
    (alice,) = stack.people(alice=city("Paris"))
    browser = stack.operator()
    browser.cookies.update({cookie.name: cookie.value or "" for cookie in alice.cookies.jar})

    assert browser.get(f"{ADMIN}people/user/").status_code in {302, 403, 404}


def test_the_public_gateway_has_no_admin(public: httpx.Client) -> None:
    assert public.get(ADMIN).status_code == 404
