"""Two tabs with one trip: who saves second is told."""

import pytest

from tests.unit.clients import ApiClient, problem
from tests.unit.factories import UserFactory, book, day
from trips.models import Trip

pytestmark = pytest.mark.django_db

CONFLICT = (412, "invalid_request", "changed_meanwhile", None)


@pytest.fixture
def trip() -> Trip:
    """A trip that its owner looks at in two tabs."""
    return book(UserFactory(home_city="London"), "Paris", day(1), day(3), notes="by train")


def send(api: ApiClient, method: str, path: str, tag: str, body: str = "{}") -> object:
    return api.django.generic(method, path, body, "application/json", headers={"If-Match": tag})


def test_a_trip_has_a_tag_that_changes_with_it(trip: Trip) -> None:
    api, path = ApiClient(trip.user), f"/api/trips/{trip.public_id}"
    first = api.get(path)["ETag"]
    assert api.get(path)["ETag"] == first
    changed = api.patch(path, {"notes": "by air"})["ETag"]
    assert changed != first
    assert api.get(path)["ETag"] == changed


def test_a_booking_is_answered_with_its_tag(trip: Trip) -> None:
    api = ApiClient(trip.user)
    booking = {"city": trip.city_id, "start": "2041-01-01", "end": "2041-01-02"}
    answer = api.post("/api/trips", booking)
    assert api.get(f"/api/trips/{answer.json()['id']}")["ETag"] == answer["ETag"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_decides_on_an_old_version_changes_nothing_and_is_told(trip: Trip, method: str) -> None:
    api, path = ApiClient(trip.user), f"/api/trips/{trip.public_id}"
    seen = api.get(path)["ETag"]
    api.patch(path, {"notes": "by air"})
    assert problem(send(api, method, path, seen, '{"notes": "on foot"}')) == CONFLICT
    trip.refresh_from_db()
    assert trip.notes == "by air"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"0", {}', "*"])
def test_the_version_that_it_is_may_be_changed(trip: Trip, form: str) -> None:
    api, path = ApiClient(trip.user), f"/api/trips/{trip.public_id}"
    tag = form.format(api.get(path)["ETag"])
    assert send(api, "PATCH", path, tag, '{"notes": "on foot"}').status_code == 200
    trip.refresh_from_db()
    assert trip.notes == "on foot"


def test_a_current_tag_lets_a_trip_be_cancelled(trip: Trip) -> None:
    api, path = ApiClient(trip.user), f"/api/trips/{trip.public_id}"
    assert send(api, "DELETE", path, api.get(path)["ETag"]).status_code == 204
    assert not Trip.objects.exists()


def test_clients_that_know_no_tags_overwrite_as_ever(trip: Trip) -> None:
    api, path = ApiClient(trip.user), f"/api/trips/{trip.public_id}"
    api.patch(path, {"notes": "by air"})
    assert api.patch(path, {"notes": "on foot"}).status_code == 200
