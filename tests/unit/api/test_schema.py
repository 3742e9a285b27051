"""The OpenAPI description: complete, valid, and true of what the API answers."""

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from people.models import User
from tests.unit.clients import ApiClient
from tests.unit.factories import UserFactory, book, day, place

OPERATIONS = {
    "get /api/cities",
    "get /api/users",
    "get /api/users/me",
    "patch /api/users/me",
    "get /api/trips",
    "post /api/trips",
    "get /api/trips/{public_id}",
    "patch /api/trips/{public_id}",
    "delete /api/trips/{public_id}",
    "get /api/matches",
    "get /api/matches/{public_id}",
    "patch /api/matches/{public_id}",
    "get /api/map",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def conforms(schema: dict[str, Any], operation: str, answer: Any) -> None:
    """Check an answer against what the schema says about its status."""
    method, path = operation.split()
    described = schema["paths"][path][method]["responses"][str(answer.status_code)]
    if "content" not in described:
        assert answer.content == b""
        return
    body = described["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator(
        {**body, "components": schema["components"]}, format_checker=jsonschema.FormatChecker()
    )
    validator.validate(answer.json())


def test_it_is_valid_and_describes_exactly_the_api(schema: dict[str, Any]) -> None:
    validate_schema(schema)
    assert {name for name, _ in operations(schema)} == OPERATIONS


def test_every_operation_names_its_errors(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        statuses = set(operation["responses"])
        assert {"403", "405"} <= statuses, name
        assert ("404" in statuses) == ("{" in name)
        assert ("415" in statuses) == ("requestBody" in operation)
        takes_input = "requestBody" in operation or any(
            p["in"] in ("query", "path") for p in operation.get("parameters", [])
        )
        assert ("400" in statuses) == takes_input, name


def test_objects_have_no_keys_but_these(schema: dict[str, Any]) -> None:
    for name in ("City", "User", "ListedUser", "Trip", "SimpleTrip", "Match", "Error", "PaginatedTripList"):
        described = schema["components"]["schemas"][name]
        assert set(described["required"]) == set(described["properties"]), name


@pytest.mark.django_db
def test_answers_are_what_it_says(schema: dict[str, Any]) -> None:
    me: User = UserFactory(home_city="London", work_hours={"start": "9", "end": "17"})
    mate = UserFactory(team=me.team, home_city="Singapore")
    book(mate, "London", day(1), day(3))
    trip = book(me, "Rome", day(10), day(12), notes="x")
    book(mate, "Rome", day(11))
    api, nobody = ApiClient(me), ApiClient()
    ids = {"trips": trip.public_id, "matches": api.ids("/api/matches")[0]}
    booking = {"city": place("Paris").pk, "start": "2041-01-01", "end": "2041-01-01"}

    bodies: dict[str, list[Any]] = {
        "patch /api/users/me": [{"first_name": "x"}, {"home_city": 5}],
        "post /api/trips": [booking, booking, {}],
        "patch /api/trips/{public_id}": [{"notes": "y"}, {"end": "2000-01-01"}],
        "patch /api/matches/{public_id}": [{"state": "seen"}, {"state": 5}],
    }
    for name in sorted(OPERATIONS, key=lambda name: name.startswith("delete")):
        method, path = name.split()
        concrete = path.replace("{public_id}", ids.get(path.split("/")[2], ""))
        for body in bodies.get(name, [None]):
            send: Callable[..., Any] = getattr(api, method)
            conforms(schema, name, send(concrete) if body is None else send(concrete, body))
        conforms(schema, name, nobody.django.generic(method.upper(), concrete))
