"""Which cities are near which."""

import pytest
from django.db import connection

from cities.models import City
from tests.unit.cities.filler import fill_with_cities

KILOMETRE = 1000


def make(number: int, latitude: float, longitude: float) -> City:
    return City.objects.create(
        id=number,
        name=str(number),
        ascii_name=str(number),
        search=str(number),
        country_id="FJ",
        latitude=latitude,
        longitude=longitude,
        kind="PPL",
        timezone="UTC",
    )


def near(city: City, metres: float) -> set[int]:
    return set(City.objects.near(city, metres).values_list("id", flat=True))


def test_a_city_is_near_itself_at_no_distance(small_world: None) -> None:
    london = City.objects.get(name="London")
    assert [(city.name, city.distance) for city in City.objects.near(london, 0)] == [("London", 0)]


def test_near_is_200_kilometres_unless_said_otherwise(small_world: None) -> None:
    london = City.objects.get(name="London")
    found = {city.name: int(city.distance) for city in City.objects.near(london)}
    assert found == {"London": 0, "Cambridge": 78_758}


def test_the_limit_itself_is_near(small_world: None) -> None:
    london, cambridge = City.objects.get(name="London"), City.objects.get(name="Cambridge")
    distance = City.objects.near(london).get(pk=cambridge.pk).distance
    assert cambridge.pk in near(london, distance)
    assert cambridge.pk not in near(london, distance - 0.001)


def test_the_date_line_does_not_divide(small_world: None) -> None:
    west, east = make(1, -17, 179.9), make(2, -17, -179.9)
    assert near(west, 25 * KILOMETRE) == {1, 2} == near(east, 25 * KILOMETRE)


@pytest.mark.parametrize("pole", [90, -90])
def test_at_the_poles_every_longitude_is_near(small_world: None, pole: int) -> None:
    at_the_pole = make(1, pole, 0)
    around = {
        make(number, pole * 0.999, longitude).pk for number, longitude in enumerate(range(-180, 180, 45), 2)
    }
    assert near(at_the_pole, 12 * KILOMETRE) == {1} | around


def test_the_whole_world_is_near_enough_for_a_great_distance(small_world: None) -> None:
    london = City.objects.get(name="London")
    assert City.objects.near(london, 30_000 * KILOMETRE).count() == City.objects.count()


def test_nearness_is_looked_up_in_the_index(small_world: None) -> None:
    fill_with_cities()
    london = City.objects.get(name="London")
    plan = City.objects.near(london).explain()
    assert "cities_city_place_earth" in plan
    assert "Seq Scan" not in plan


def test_a_place_must_be_on_earth(small_world: None) -> None:
    from django.db import IntegrityError, transaction

    for latitude, longitude in [(91, 0), (0, 181), (float("nan"), 0)]:
        with pytest.raises(IntegrityError, match="cities_city_on_earth"), transaction.atomic():
            make(1, latitude, longitude)


def test_the_database_can_analyse_and_rebuild_the_index_on_places(small_world: None) -> None:
    """PostgreSQL does so with an empty search path, in which functions find each other only by full name."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ANALYZE cities_city")
        cursor.execute("REINDEX INDEX cities_city_place_earth")
