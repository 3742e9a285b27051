"""The cities, brought by a Job on a read-only root file system."""

from tests.e2e.stack import Stack
from tests.people_kit import Person

MANY = 20_000


def test_cities_are_there_without_anybody_having_brought_them(stack: Stack) -> None:
    assert int(stack.sql("SELECT count(*) FROM cities_city")) > MANY


def test_people_find_them_the_biggest_first(stack: Stack) -> None:
    reader: Person
    (reader,) = stack.people(reader=None)
    found = reader.results("/api/cities", search="paris")
    assert found[0]["country"]["code"] == "FR"


def test_bringing_them_again_changes_nothing(stack: Stack) -> None:
    """On the read-only root of a pod of the app, where only /tmp and the cities' folder can be written."""
    before = stack.sql("SELECT count(*), max(id) FROM cities_city")
    stack.manage("import_cities")
    assert stack.sql("SELECT count(*), max(id) FROM cities_city") == before
