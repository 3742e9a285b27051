"""Every row of the table of errors, and bodies that no client should send."""

import json
from typing import Any

import pytest
from django.test import Client

from people.models import User
from tests.unit.clients import NOT_FOUND, ApiClient, detail, problem
from tests.unit.factories import UserFactory, book, day, place

pytestmark = pytest.mark.django_db

UNKNOWN = "trip_" + "a" * 24


def booking(**fields: Any) -> dict[str, Any]:
    return {"city": place("Paris").pk, "start": "2040-01-01", "end": "2040-01-05", **fields}


@pytest.mark.parametrize(
    "path",
    ["/api/users/me", "/api/users", "/api/trips", "/api/matches", "/api/cities", f"/api/trips/{UNKNOWN}"],
)
def test_nobody_gets_403(path: str) -> None:
    answer = ApiClient().get(path)
    assert problem(answer) == (403, "authentication_error", "not_authenticated", None)
    assert detail(answer) == "Authentication credentials were not provided."


def test_somebody_deactivated_is_nobody(me: User, api: ApiClient) -> None:
    User.objects.filter(pk=me.pk).update(is_active=False)
    assert api.get("/api/users/me").status_code == 403


def test_a_missing_csrf_token_gets_403(me: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(me)
    answer = client.patch("/api/users/me", "{}", "application/json")
    assert problem(answer) == (403, "authentication_error", "permission_denied", None)
    client.cookies["csrftoken"] = "a" * 32
    answer = client.patch("/api/users/me", "{}", "application/json", headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/users/me/",
        "/api/users/",
        "/api/trips/5",
        "/api/trips/" + UNKNOWN + "b",
        "/api/trips/" + UNKNOWN + "%0A",
        "/api/trips/TRIP_" + "a" * 24,
        "/api/teams",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete", "trace"])
@pytest.mark.parametrize("somebody", [True, False])
def test_an_unknown_path_is_not_found_for_anybody(me: User, path: str, method: str, somebody: bool) -> None:
    client = ApiClient(me if somebody else None).django
    answer = getattr(client, method)(path)
    assert problem(answer) == NOT_FOUND
    assert answer["Content-Type"] == "application/json"
    assert detail(answer) == "Not found."


def test_other_paths_that_begin_alike_are_not_the_apis() -> None:
    answer = Client().get("/apiary")
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", ["trips", "matches"])
def test_an_unknown_object_is_not_found(api: ApiClient, kind: str) -> None:
    assert problem(api.get(f"/api/{kind}/{UNKNOWN}")) == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/users"),
        ("PUT", "/api/users/me"),
        ("PUT", "/api/trips"),
        ("PUT", f"/api/trips/{UNKNOWN}"),
        ("DELETE", f"/api/matches/{UNKNOWN}"),
        ("OPTIONS", "/api/trips"),
        ("POST", "/api/cities"),
        ("NONSENSE", "/api/users/me"),
    ],
)
def test_a_wrong_method_gets_405(api: ApiClient, method: str, path: str) -> None:
    answer = api.django.generic(method, path)
    assert problem(answer) == (405, "invalid_request", "method_not_allowed", None)
    assert detail(answer) == f'Method "{method}" not allowed.'
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{}",
        b'{"first_name": "\xff"}',
        b"NaN",
        b'{"city": Infinity}',
        b"[" * 100_000,
        b'{"city": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_unreadable_json_gets_400(api: ApiClient, body: bytes) -> None:
    answer = api.django.patch("/api/users/me", body, "application/json")
    assert problem(answer) == (400, "invalid_request", "parse_error", None)


@pytest.mark.parametrize("charset", ["base64", "utf-16", "no-such-thing"])
def test_a_charset_changes_nothing(api: ApiClient, charset: str) -> None:
    answer = api.django.patch("/api/users/me", b"{}", f"application/json; charset={charset}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"],
)
def test_another_media_type_gets_415(api: ApiClient, content_type: str) -> None:
    answer = api.django.post("/api/trips", b"a=b", content_type)
    assert problem(answer) == (415, "invalid_request", "unsupported_media_type", None)


def test_a_body_without_end_gets_413(api: ApiClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api.patch("/api/users/me", {"first_name": "x" * 100})
    assert problem(answer) == (413, "invalid_request", "too_large", None)


def test_a_browser_gets_json_too(api: ApiClient) -> None:
    answer = api.django.get("/api/users/me", headers={"Accept": "text/html"})
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("body", [[], "text", 5, True, None])
def test_a_body_that_is_no_object_gets_400(api: ApiClient, body: Any) -> None:
    status, kind, code, attr = problem(api.post("/api/trips", body))
    assert (status, kind, attr) == (400, "validation_error", None)
    assert code in ("invalid_input", "null")


@pytest.mark.parametrize("field", ["city", "start", "end"])
def test_a_missing_field_is_required(api: ApiClient, field: str) -> None:
    body = booking()
    del body[field]
    answer = api.post("/api/trips", body)
    assert problem(answer) == (400, "validation_error", "required", field)
    assert detail(answer) == "This field is required."


@pytest.mark.parametrize("field", ["city", "start", "end", "notes"])
def test_null_is_refused(api: ApiClient, field: str) -> None:
    assert problem(api.post("/api/trips", booking(**{field: None}))) == (
        400,
        "validation_error",
        "null",
        field,
    )


@pytest.mark.parametrize("city", [1, -1, 0, 2**31, 10**30, 1e300, "99"])
def test_a_city_that_is_none_does_not_exist(api: ApiClient, city: Any) -> None:
    answer = api.post("/api/trips", booking(city=city))
    assert problem(answer) == (400, "validation_error", "does_not_exist", "city")


@pytest.mark.parametrize("city", ["London", "", True, [], {}, 1.5, "-1", "\u0662"])
def test_a_city_of_a_wrong_type_is_invalid(api: ApiClient, city: Any) -> None:
    assert problem(api.post("/api/trips", booking(city=city))) == (
        400,
        "validation_error",
        "invalid_input",
        "city",
    )


@pytest.mark.parametrize("as_what", [int, float, str])
def test_a_city_may_be_any_integer_of_json_or_a_string_of_one(api: ApiClient, as_what: Any) -> None:
    number = place("Paris").pk
    value: Any = str(number) if as_what is str else as_what(number)
    assert api.post("/api/trips", booking(city=value)).json()["city"]["id"] == number


@pytest.mark.parametrize(
    "value",
    [
        "2040-02-30",
        "0000-01-01",
        "10000-01-01",
        "2040-1-1",
        "20400101",
        "2040-01-01T00:00:00",
        "tomorrow",
        "",
        "2040-01-01\n",
        "２０４０-01-01",  # noqa: RUF001 (digits of another script)
        5,
        [],
        {},
        True,
    ],
)
def test_a_bad_date_is_invalid(api: ApiClient, value: Any) -> None:
    answer = api.post("/api/trips", booking(start=value))
    assert problem(answer) == (400, "validation_error", "invalid_input", "start")


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", 5, True, [], {}])
@pytest.mark.parametrize("field", ["first_name", "avatar_url"])
def test_a_bad_text_is_invalid(api: ApiClient, field: str, value: Any) -> None:
    answer = api.patch("/api/users/me", {field: value})
    assert problem(answer) == (400, "validation_error", "invalid_input", field)


def test_a_text_may_not_be_too_long(api: ApiClient) -> None:
    for field, most in (("first_name", 150), ("avatar_url", 512)):
        assert api.patch("/api/users/me", {field: "x" * most}).status_code == 200
        answer = api.patch("/api/users/me", {field: "x" * (most + 1)})
        assert problem(answer) == (400, "validation_error", "invalid_input", field)


def test_trips_end_after_they_start(me: User, api: ApiClient) -> None:
    answer = api.post("/api/trips", booking(start="2040-01-05", end="2040-01-04"))
    assert problem(answer) == (400, "validation_error", "invalid_date_range", "end")
    assert "before" in detail(answer)
    assert not me.trips.exists()


def test_trips_do_not_overlap(me: User, api: ApiClient) -> None:
    book(me, "Paris", day(1), day(5))
    answer = api.post("/api/trips", booking(start="2040-01-04", end="2040-01-09"))
    assert problem(answer) == (400, "validation_error", "overlapping_trip", "end")
    assert detail(answer) == "You cannot add an overlapping trip."
    assert me.trips.count() == 1


def test_errors_quote_even_what_is_no_unicode(me: User, api: ApiClient) -> None:
    mate = UserFactory(team=me.team, home_city="Paris")
    book(me, "Paris", day(1))
    match_id = ApiClient(mate).ids("/api/matches")[0]
    answer = api.django.patch(f"/api/matches/{match_id}", rb'{"state": "\ud800"}', "application/json")
    assert problem(answer) == (400, "validation_error", "invalid_choice", "state")
    assert json.loads(answer.content)["detail"] == '"\ud800" is not a valid choice.'


@pytest.mark.parametrize("path", ["/api/users", "/api/trips", "/api/matches", "/api/cities"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("offset", "-1"),
        ("offset", "\x00"),
        ("limit", "1_0"),
    ],
)
def test_pages_are_asked_for_in_whole_numbers(api: ApiClient, path: str, name: str, value: str) -> None:
    assert problem(api.get(path, **{name: value})) == (400, "validation_error", "invalid_input", name)


@pytest.mark.parametrize("path", ["/api/users", "/api/trips", "/api/matches", "/api/cities"])
def test_huge_numbers_of_pages_are_harmless(api: ApiClient, path: str) -> None:
    answer = api.get(path, limit="9" * 40, offset="9" * 40)
    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize(("path", "name"), [("/api/users", "trips"), ("/api/matches", "state")])
def test_filters_have_choices(api: ApiClient, path: str, name: str) -> None:
    assert problem(api.get(path, **{name: "x"})) == (400, "validation_error", "invalid_choice", name)


def test_queries_of_no_unicode_are_harmless(api: ApiClient) -> None:
    for path in ("/api/users", "/api/trips", "/api/matches", "/api/cities"):
        for query in (
            "?me=%00&past=%00&search=%00",
            "?me=%ED%A0%80&search=%ED%A0%80&limit=1",
            "?%ff=%fe&limit=1",
        ):
            answer = api.django.get(path + query)
            assert answer.status_code == 200, (path, query, answer.content)
