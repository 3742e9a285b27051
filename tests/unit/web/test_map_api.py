"""`GET /api/map`: a team on the map, small and in few queries."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from people.models import User
from tests.unit.clients import ApiClient, problem
from tests.unit.factories import UserFactory, book
from web import team_map

pytestmark = pytest.mark.django_db

NOON = datetime(2040, 1, 10, 12, tzinfo=UTC)
YESTERDAY = date(2040, 1, 9)


@pytest.fixture(autouse=True)
def noon() -> object:
    """It is noon in London on 10 January 2040."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def anna() -> User:
    """Anna lives in London."""
    hours = {"start": "09:00", "end": "17:30"}
    return UserFactory(email="anna@example.com", first_name="Anna", home_city="London", work_hours=hours)


def after(days: int) -> date:
    return YESTERDAY + timedelta(days=days)


def test_people_come_with_home_hours_and_trips(anna: User) -> None:
    book(anna, "Rome", after(3), after(5))
    answer = ApiClient(anna).get("/api/map").json()
    assert answer["first_day"] == "2040-01-09"
    names = [city["name"] for city in answer["cities"]]
    assert answer["people"] == [
        {
            "id": anna.public_id,
            "name": "Anna",
            "avatar": "",
            "home": names.index("London"),
            "work_hours": ["09:00", "17:30"],
            "trips": [[names.index("Rome"), 3, 5]],
        }
    ]
    assert answer["cities"][names.index("London")] == {
        "id": 2643743,
        "name": "London",
        "country": "GB",
        "region": "ENG",
        "location": [-0.12574, 51.50853],
        "timezone": "Europe/London",
    }


def test_trips_of_days_that_cannot_be_looked_at_are_left_out(anna: User) -> None:
    last = team_map.DAYS_AHEAD + 2 * team_map.MARGIN
    for city, start, end in (
        ("Paris", -5, -1),
        ("Rome", -1, 0),
        ("Suva", last, last + 9),
        ("Paris", last + 10, last + 11),
    ):
        book(anna, city, after(start), after(end))
    (person,) = ApiClient(anna).get("/api/map").json()["people"]
    assert [trip[1:] for trip in person["trips"]] == [[-1, 0], [last, last + 9]]


def test_only_people_of_ones_own_team_who_can_log_in_show(anna: User) -> None:
    UserFactory(team=anna.team, is_active=False, home_city="Paris")
    UserFactory(home_city="Rome")
    UserFactory(team=anna.team, first_name="", email="nomad@example.com")
    answer = ApiClient(anna).get("/api/map").json()
    assert [(person["name"], person["home"]) for person in answer["people"]] == [("nomad", None), ("Anna", 0)]
    assert len(answer["cities"]) == 1


def test_nobody_sees_it_without_a_login() -> None:
    assert problem(ApiClient().get("/api/map"))[:3] == (403, "authentication_error", "not_authenticated")


def test_the_number_of_queries_does_not_grow_with_the_team(
    anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api = ApiClient(anna)
    book(anna, "Paris", after(1), after(3))
    api.get("/api/map")
    with django_assert_num_queries(4):
        api.get("/api/map")
    for _ in range(10):
        book(UserFactory(team=anna.team, home_city="Paris"), "London", after(1), after(3))
    with django_assert_num_queries(4):
        api.get("/api/map")


def test_five_hundred_people_are_a_small_answer(anna: User) -> None:
    """Even if every one of their 5,000 trips lies in the days that are shown."""
    User.objects.bulk_create(
        User(
            email=f"person{number}@example.com",
            first_name=f"Person {number}",
            team=anna.team,
            home_city=anna.home_city,
            work_hours={"start": "09:00", "end": "17:30"},
            public_id=f"user_{number:024}",
        )
        for number in range(499)
    )
    people = len(ApiClient(anna).get("/api/map").content)
    trips = 5_000 * len("[29,179,182],")
    assert people + trips < 130 * 1024  # before compression, which leaves a fifth
