"""What a process remembers of the cities."""

import pytest
from pytest_django import DjangoAssertNumQueries

from cities import memory, representation
from cities.api import CitySerializer
from cities.importing import import_dataset
from cities.models import City, Country
from cities.representation import represent, represent_all
from tests.unit.cities.conftest import ignore
from tests.unit.cities.world import CITIES, world

LONDON = 2643743
pytestmark = pytest.mark.usefixtures("small_world")


def moved(name: str) -> None:
    """Import a world in which London is called otherwise."""
    import_dataset(
        world([row._replace(ascii_name=name) if row.id == LONDON else row for row in CITIES]), ignore
    )


def test_a_city_that_was_seen_before_costs_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    city = City.objects.get(pk=LONDON)
    first = represent(city)
    with django_assert_num_queries(0):
        assert represent(city) is first


def test_a_cold_process_asks_for_all_cities_at_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ids = [row.id for row in CITIES]
    with django_assert_num_queries(4):  # the newest import, the cities, the countries, the regions
        assert set(represent_all(ids)) == set(ids)
    with django_assert_num_queries(0):
        represent_all(ids)


def test_what_is_no_city_is_left_out() -> None:
    assert set(represent_all([LONDON, 1, LONDON])) == {LONDON}
    assert represent_all([]) == {}


def test_the_serializer_shows_the_same() -> None:
    city = City.objects.get(pk=LONDON)
    assert CitySerializer(city).data == represent(city) == represent_all([LONDON])[LONDON]
    assert set(represent(city)) == set(CitySerializer().fields)
    assert set(represent(city)["country"]) == set(CitySerializer().fields["country"].fields)


def test_an_import_in_this_process_is_noticed_at_once() -> None:
    assert represent_all([LONDON])[LONDON]["name"] == "London"
    moved("Londinium")
    assert represent_all([LONDON])[LONDON]["name"] == "Londinium"


def test_an_import_elsewhere_is_noticed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cities.importing.memory.forget", lambda: None)  # as if in another process
    assert represent_all([LONDON])[LONDON]["name"] == "London"
    moved("Londinium")
    assert represent_all([LONDON])[LONDON]["name"] == "London"
    later = memory.time.monotonic() + memory.NOTICE_AFTER_SECONDS + 1
    monkeypatch.setattr(memory.time, "monotonic", lambda: later)
    assert represent_all([LONDON])[LONDON]["name"] == "Londinium"


def test_without_an_import_in_between_nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    before = memory.current()
    later = memory.time.monotonic() + memory.NOTICE_AFTER_SECONDS + 1
    monkeypatch.setattr(memory.time, "monotonic", lambda: later)
    assert memory.current() is before


def test_what_was_read_before_an_import_is_not_kept_after_it() -> None:
    known = memory.current()
    moved("Londinium")
    memory.remember(known.cities, LONDON, {"name": "stale"}, 10)
    assert represent_all([LONDON])[LONDON]["name"] == "Londinium"


def test_a_process_remembers_no_more_than_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(representation, "MOST_CITIES", 3)
    ids = [row.id for row in CITIES]
    assert set(represent_all(ids)) == set(ids)
    assert len(memory.current().cities) == 3


def test_a_country_that_is_new_to_the_process_is_looked_up() -> None:
    represent_all([LONDON])
    Country.objects.create(code="AQ", code3="ATA", name="Antarctica")
    vostok = City.objects.get(pk=LONDON)
    vostok.pk, vostok.country_id, vostok.region_id = 1, "AQ", None
    assert represent(vostok)["country"]["name"] == "Antarctica"
