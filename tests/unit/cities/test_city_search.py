"""`GET /api/cities`: what people find, in which order, and at what cost."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cities import memory
from cities.models import City
from cities.search import CitySearch
from tests.unit.cities.filler import CITIES, fill_with_cities
from tests.unit.factories import UserFactory

SESSION_AND_USER = 2
pytestmark = pytest.mark.usefixtures("small_world")


@pytest.fixture
def traveller(client: Client, small_world: None) -> Client:
    """A client that somebody is logged in with."""
    client.force_login(UserFactory())
    return client


def get(client: Client, **parameters: Any) -> dict[str, Any]:
    response = client.get("/api/cities", parameters)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def found(client: Client, search: str) -> list[str]:
    return [city["name"] for city in get(client, search=search)["results"]]


def test_a_city_has_the_shape_that_clients_know(traveller: Client) -> None:
    assert get(traveller, search="sao paulo") == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": 3448439,
                "name": "Sao Paulo",
                "country": {
                    "code": "BR",
                    "code3": "BRA",
                    "name": "Brazil",
                    "currency": "BRL",
                    "tld": "br",
                    "capital": "Brasilia",
                },
                "region": {"code": "27", "name": "São Paulo"},
                "location": [-46.63611, -23.5475],
                "kind": "PPLA",
                "timezone": "America/Sao_Paulo",
            }
        ],
    }


def test_what_a_place_lacks_is_null(traveller: Client) -> None:
    (pristina,) = get(traveller, search="pristina")["results"]
    assert pristina["region"] is None
    assert pristina["country"]["currency"] is None
    assert pristina["country"]["tld"] == ""


def test_without_a_search_all_cities_come_biggest_first(traveller: Client) -> None:
    page = get(traveller)
    assert page["count"] == City.objects.count() == len(page["results"])
    assert [city["name"] for city in page["results"]][:3] == ["Sao Paulo", "London", "New York City"]
    assert page["results"][-1]["name"] == "Sao Felix"


def test_equally_big_cities_come_by_name(traveller: Client) -> None:
    City.objects.update(population=1)
    names = [city["name"] for city in get(traveller)["results"]]
    assert names == sorted(names)


@pytest.mark.parametrize("search", ["sao", "são", "SÃO", " sao ", "Sa\u0303o", "ao,s"])
def test_accents_case_and_blanks_do_not_matter(traveller: Client, search: str) -> None:
    assert found(traveller, search) == ["Sao Paulo", "Sao Felix"]


@pytest.mark.parametrize("search", ["new york", "york new", "york,new", "york, NEW", "ew ork", "New-York"])
def test_all_words_must_occur_in_any_order(traveller: Client, search: str) -> None:
    assert found(traveller, search) == ["New York City"]


def test_a_word_that_does_not_occur_leaves_nothing(traveller: Client) -> None:
    assert found(traveller, "new london") == []


@pytest.mark.parametrize("search", ["saint denis", "Saint-Denis", "denis saint"])
def test_hyphens_do_not_matter(traveller: Client, search: str) -> None:
    assert found(traveller, search) == ["Saint-Denis"]


@pytest.mark.parametrize("search", ["München", "munchen", "Monaco di B", "мюнхен", "mons", "nyc"])
def test_a_city_is_found_by_its_other_names(traveller: Client, search: str) -> None:
    expected = {"mons": [], "nyc": ["New York City"]}.get(search, ["Munich"])
    assert found(traveller, search) == expected


@pytest.mark.parametrize("search", ["di baviera", "mon", "athens", "mu ni hei"])
def test_other_names_are_found_by_their_beginning_and_four_letters(traveller: Client, search: str) -> None:
    assert found(traveller, search) == []


@pytest.mark.parametrize("search", ["%", "_", "\\", "s%o", "s_o", "%%%", "l|ndon", "'; DROP TABLE x", "nyc|"])
def test_signs_mean_nothing_but_themselves(traveller: Client, search: str) -> None:
    expected = {"l|ndon": ["London"], "nyc|": ["New York City"]}  # a bar divides words
    assert found(traveller, search) == expected.get(search, [])


@pytest.mark.parametrize("search", ["", " ", ",", " , ,", "\x00", "\x00\x00", "'", "-", "|"])
def test_a_search_for_nothing_leaves_out_nothing(traveller: Client, search: str) -> None:
    assert get(traveller, search=search)["count"] == City.objects.count()


@pytest.mark.parametrize(
    "search", ["x" * 201, "sao " * 60, "\x00sao" + "o" * 100_000, "\U0001d50f" * 300, "\ud7ff" * 300]
)
def test_a_huge_search_finds_nothing(search: str) -> None:
    assert CitySearch(search).count() == 0
    assert CitySearch(search)[0:100] == []


@pytest.mark.parametrize("search", ["s\x00ao", "sao\ufffd", "\U0010ffff", "ﷺ", "e\u0301" * 90])
def test_odd_characters_do_no_harm(traveller: Client, search: str) -> None:
    get(traveller, search=search)


def test_pages_follow_each_other(traveller: Client) -> None:
    first = get(traveller, search="s", limit=2)
    second = traveller.get(first["next"]).json()
    assert first["count"] == second["count"] > 2
    assert second["previous"]
    names = [city["name"] for city in first["results"] + second["results"]]
    assert names == found(traveller, "s")[:4]


@pytest.mark.parametrize("search", ["", "sao", "s"])
def test_a_page_behind_the_last_is_empty(traveller: Client, search: str) -> None:
    page = get(traveller, search=search, offset=1000)
    assert page["results"] == []
    assert page["count"] > 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_cities_can_only_be_read(traveller: Client, method: str) -> None:
    response = getattr(traveller, method)("/api/cities", {}, content_type="application/json")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_a_search_needs_a_login(client: Client) -> None:
    response = client.get("/api/cities")
    assert (response.status_code, response.json()["code"]) == (403, "not_authenticated")


@pytest.mark.parametrize("search", ["", "s", "sao", "new york", "nothing at all"])
def test_a_process_that_knows_the_cities_asks_one_thing(
    traveller: Client, django_assert_num_queries: DjangoAssertNumQueries, search: str
) -> None:
    get(traveller, search=search)
    with django_assert_num_queries(SESSION_AND_USER + 1):
        get(traveller, search=search)


def test_a_fresh_process_asks_as_much_for_many_cities_as_for_one(
    traveller: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill_with_cities()
    for search, total in (("", 1), ("s", 1), ("sao", 0)):
        memory.forget()
        # The newest import, the page, the cities on it, the countries, the regions; if broad, the total.
        with django_assert_num_queries(SESSION_AND_USER + 5 + total):
            get(traveller, search=search, limit=1000)


def test_a_search_uses_the_trigram_index() -> None:
    fill_with_cities()
    for search in ("abc", "abc def", "München", "são paulo", "nyc"):
        plan = City.objects.matching(search).explain()
        assert "cities_city_words_trgm" in plan
        assert "Seq Scan" not in plan


def test_a_page_of_a_broad_search_comes_off_the_index_on_the_order() -> None:
    fill_with_cities()
    for search in ("", "a", "e b"):
        plan = City.objects.matching(search)[:100].explain()
        assert "cities_city_biggest_first" in plan
        assert "Sort" not in plan


def test_a_search_agrees_with_reading_every_name() -> None:
    """The filler's names are arbitrary letters, so that a word is anywhere in some of them."""
    fill_with_cities()
    for word in ("a", "ab", "abc", "abcd"):
        plain = sum(word in search for search in City.objects.values_list("search", flat=True))
        others = City.objects.exclude(search__contains=word).filter(aliases__contains=f"|{word}").count()
        assert CitySearch(word).count() == plain + (others if len(word) >= 4 else 0)
        assert 0 < plain < CITIES
