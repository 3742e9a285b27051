"""`manage.py measure_bench`: what it says is what happened."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from matches.models import Match
from people.models import User
from tests.unit.factories import UserFactory, place
from trips.models import Trip

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(settings: Any) -> None:
    """Five people with trips, all in and to London and Cambridge."""
    settings.ENVIRONMENT, settings.DEMO_PASSWORD = "local", "a secret"
    place("London")
    place("Cambridge")
    UserFactory()  # of another team
    call_command("seed_bench", people=5, trips=20, stdout=io.StringIO())


def measured(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("measure_bench", *arguments, stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_the_queries_of_each_path_are_counted_and_the_session_works(crowd: None, client: Any) -> None:
    result = measured("endpoints", "/api/users/me", "/api/cities?search=lon", "/api/nothing")
    assert {path: answer["status"] for path, answer in result["paths"].items()} == {
        "/api/users/me": 200,
        "/api/cities?search=lon": 200,
        "/api/nothing": 404,
    }
    assert result["paths"]["/api/users/me"]["queries"] == 2
    assert result["paths"]["/api/cities?search=lon"]["queries"] == 3
    name, _, value = result["cookie"].partition("=")
    client.cookies[name] = value
    assert client.get("/api/users/me").json()["email"].endswith("@bench.invalid")


def test_bookings_are_booked_and_their_cost_is_told(crowd: None) -> None:
    before = Trip.objects.count()
    result = measured("bookings", "--times", "5")
    assert Trip.objects.count() == before + 5
    assert (result["times"], result["queries"]) == (5, result["queries"])
    assert 0 < result["p50_ms"] <= result["p95_ms"] <= result["most_ms"]
    assert result["p50_ms"] < result["all_p50_ms"]
    assert 0 < result["queries"] <= 15
    assert result["most_matches"] > 0


def test_people_are_moved_and_the_cost_is_told(crowd: None) -> None:
    homes = dict(User.objects.values_list("pk", "home_city_id"))
    result = measured("moves", "--times", "3")
    moved = [pk for pk, home in User.objects.values_list("pk", "home_city_id") if home != homes[pk]]
    assert len(moved) == 3
    assert result["queries"] <= 15
    assert result["most_matches"] == max(
        Match.objects.filter(source_user=pk).count() + Match.objects.filter(target_user=pk).count()
        for pk in moved
    )


def test_without_anybody_to_measure_with_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="seed_bench"):
        measured("bookings")
