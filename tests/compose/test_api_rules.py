"""What holds for the whole API: who may call it, how it says no, how lists are cut into pages."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.compose.stack import Person, Stack

GHOST = "trip_" + "A" * 24

ENDPOINTS = [
    ("GET", "/api/cities"),
    ("GET", "/api/users"),
    ("GET", "/api/users/me"),
    ("PATCH", "/api/users/me"),
    ("GET", "/api/trips"),
    ("POST", "/api/trips"),
    ("GET", f"/api/trips/{GHOST}"),
    ("PATCH", f"/api/trips/{GHOST}"),
    ("DELETE", f"/api/trips/{GHOST}"),
    ("GET", "/api/matches"),
    ("GET", "/api/matches/" + GHOST.replace("trip", "match")),
    ("PATCH", "/api/matches/" + GHOST.replace("trip", "match")),
]


def error(kind: str, code: str, detail: str, attr: str | None = None) -> dict[str, Any]:
    return {"type": kind, "code": code, "detail": detail, "attr": attr}


@pytest.fixture(scope="module")
def alice(stack: Stack) -> Person:
    return stack.people(alice=None)[0]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_strangers_are_turned_away(public: httpx.Client, method: str, path: str) -> None:
    answer = public.request(method, path)

    assert answer.status_code == 403
    assert answer.json() == error(
        "authentication_error", "not_authenticated", "Authentication credentials were not provided."
    )


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/trips/", "/api/trips/trip_tooshort"])
def test_an_unknown_path_is_a_json_404_even_for_strangers(
    public: httpx.Client, alice: Person, path: str
) -> None:
    for client in (public, alice):
        answer = client.get(path)

        assert answer.status_code == 404
        assert answer.json() == error("invalid_request", "not_found", "Not found.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/cities"),
        ("PUT", "/api/users/me"),
        ("DELETE", "/api/matches"),
        ("PUT", f"/api/trips/{GHOST}"),
    ],
)
def test_a_wrong_method_is_named(alice: Person, method: str, path: str) -> None:
    answer = alice.request(method, path)

    assert answer.status_code == 405
    assert answer.json() == error("invalid_request", "method_not_allowed", f'Method "{method}" not allowed.')


def test_an_unsafe_request_without_its_token_is_refused(alice: Person) -> None:
    answer = alice.post("/api/trips", json={}, headers={"X-CSRFToken": "wrong"})

    assert answer.status_code == 403
    assert (answer.json()["type"], answer.json()["code"]) == ("authentication_error", "permission_denied")


def test_unreadable_json_is_a_parse_error(alice: Person) -> None:
    answer = alice.post("/api/trips", content=b'{"city":', headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["code"]) == ("invalid_request", "parse_error")


def test_another_media_type_is_refused(alice: Person) -> None:
    answer = alice.post("/api/trips", content=b"<trip/>", headers={"Content-Type": "application/xml"})

    assert answer.status_code == 415
    assert (answer.json()["type"], answer.json()["code"]) == ("invalid_request", "unsupported_media_type")


def trip(place: int, **changes: Any) -> dict[str, Any]:
    """A good trip, with some of its fields changed or, given ..., left out."""
    fields = {"city": place, "start": "2031-05-01", "end": "2031-05-04", **changes}
    return {name: value for name, value in fields.items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "code", "attr", "detail"),
    [
        ({"city": ...}, "required", "city", "This field is required."),
        ({"start": ...}, "required", "start", "This field is required."),
        ({"end": ...}, "required", "end", "This field is required."),
        ({"end": None}, "null", "end", None),
        ({"city": None}, "null", "city", None),
        ({"city": 1}, "does_not_exist", "city", None),
        ({"city": "Paris"}, "invalid_input", "city", None),
        ({"start": "01/05/2031"}, "invalid_input", "start", None),
        ({"start": "2031-02-30"}, "invalid_input", "start", None),
        ({"end": "2031-04-30"}, "invalid_date_range", "end", None),
    ],
)
def test_the_first_problem_of_a_trip_is_named(
    alice: Person,
    city: Callable[[str], int],
    changes: dict[str, Any],
    code: str,
    attr: str,
    detail: str | None,
) -> None:
    answer = alice.post("/api/trips", json=trip(city("Paris"), **changes))

    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert set(said) == {"type", "code", "detail", "attr"}
    assert (said["type"], said["code"], said["attr"]) == ("validation_error", code, attr)
    assert detail in (None, said["detail"])


def test_lists_come_in_pages_that_lead_to_one_another(alice: Person) -> None:
    first = alice.get("/api/cities", params={"search": "san", "limit": 3}).json()
    second = alice.get(first["next"]).json()
    all_six = alice.get("/api/cities", params={"search": "san", "limit": 6}).json()

    assert set(first) == {"count", "next", "previous", "results"}
    assert first["previous"] is None
    assert first["results"] + second["results"] == all_six["results"]
    assert alice.get(second["previous"]).json()["results"] == first["results"]
    assert first["count"] == second["count"] == all_six["count"] > 6


def test_a_page_has_a_hundred_entries_unless_told_otherwise(alice: Person) -> None:
    assert len(alice.results("/api/cities")) == 100


def test_links_to_other_pages_lead_to_the_host_that_was_asked(alice: Person, stack: Stack) -> None:
    assert alice.get("/api/cities").json()["next"].startswith(f"{stack.url}/api/cities?")
