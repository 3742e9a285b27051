"""The cities in the admin."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cities import memory
from cities.models import City, CityImport
from tests.unit.cities.filler import fill_with_cities
from tests.unit.factories import UserFactory

ADMIN = "/internal/admin/cities"
pytestmark = pytest.mark.usefixtures("small_world")


@pytest.fixture
def admin(client: Client, small_world: None) -> Client:
    """A client of a superuser."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def page(client: Client, path: str, **parameters: str) -> str:
    response = client.get(f"{ADMIN}/{path}", parameters)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("model", ["city", "country", "region", "cityimport"])
def test_every_table_can_be_looked_through_but_not_changed(admin: Client, model: str) -> None:
    assert f"{ADMIN}/{model}/add/" not in page(admin, f"{model}/")
    assert admin.get(f"{ADMIN}/{model}/add/").status_code == 403


@pytest.mark.parametrize(
    ("model", "term", "found"), [("country", "GB", "United Kingdom"), ("region", "ile", "France")]
)
def test_countries_and_regions_are_found_by_name_and_code(
    admin: Client, model: str, term: str, found: str
) -> None:
    assert found in page(admin, f"{model}/", q=term)


def test_a_city_shows_all_that_is_known_of_it(admin: Client) -> None:
    shown = page(admin, "city/2867714/change/")
    for what in ("Munich", "Bavaria", "1505005", "Europe/Berlin", "monaco di baviera, munchen"):
        assert what in shown
    assert 'name="_save"' not in shown
    assert admin.post(f"{ADMIN}/city/2867714/change/", {"name": "x"}).status_code == 403
    assert admin.post(f"{ADMIN}/city/2867714/delete/", {"post": "yes"}).status_code == 403


def test_a_city_is_found_as_in_the_api(admin: Client) -> None:
    shown = page(admin, "city/", q="München")
    assert "Munich" in shown
    assert "London" not in shown.split('id="changelist-form"')[1]


def test_cities_come_biggest_first(admin: Client) -> None:
    shown = page(admin, "city/").split('id="changelist-form"')[1]
    assert shown.index("São Paulo") < shown.index("London") < shown.index("Suva")


def test_a_list_costs_the_same_for_any_number_of_cities(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queries = 6  # session, user, the count, the page, and what each filter offers
    City.objects.exclude(name="London").delete()
    memory.forget()
    with django_assert_num_queries(queries):
        page(admin, "city/")
    fill_with_cities()
    with django_assert_num_queries(queries):
        page(admin, "city/")


def test_a_field_for_a_city_completes_what_is_typed(admin: Client) -> None:
    parameters = {"app_label": "people", "model_name": "user", "field_name": "home_city", "term": "sao"}
    response = admin.get("/internal/admin/autocomplete/", parameters)
    assert response.status_code == 200, "people's admin must have autocomplete_fields = ['home_city']"
    assert [found["text"] for found in response.json()["results"]] == ["Sao Paulo, BR", "Sao Felix, BR"]


def test_the_newest_import_comes_first(admin: Client) -> None:
    CityImport.objects.create(version="2" * 64, source="newer", countries=1, regions=1, cities=1, changed=1)
    shown = page(admin, "cityimport/")
    assert shown.index("newer") < shown.index("a small world")
