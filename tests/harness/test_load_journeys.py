"""What people do under load: CSRF done right, nothing left behind, times counted from when they should."""

import time
from contextlib import contextmanager
from typing import Any

import pytest

from tests.load import journeys
from tests.load.journeys import Browser, Person, Visit

LOGIN = '<input name="csrfmiddlewaretoken" value="from-the-page">'


class Response:
    """As locust gives it within a `with` block."""

    def __init__(self, status: int, text: str = "", headers: dict[str, str] | None = None) -> None:
        self.status_code, self.text, self.headers = status, text, headers or {}
        self.request_meta: dict[str, Any] = {"response_time": 1.0}
        self.said = "nothing"

    def success(self) -> None:
        self.said = "success"

    def failure(self, why: str) -> None:
        self.said = why


class Session:
    """A client of locust that answers from a list and remembers what was asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str, dict[str, Any]]]()
        self.client = type("Client", (), {"redirect_response_codes": frozenset({302})})()

    @contextmanager
    def request(self, method: str, path: str, **options: Any) -> Any:
        self.asked.append((method, path, options))
        yield self.answers.pop(0)


def person(*, logs_in: bool = False) -> Person:
    return Person("a@load.invalid", "secret", {"sessionid": "old"}, logs_in)


def visit(session: Session, who: Person) -> Visit:
    return Visit(Browser(session, who), lambda _: None)


def test_a_login_sends_the_forms_token_and_keeps_the_cookies_that_come_back() -> None:
    session = Session(
        Response(200, LOGIN, {"Set-Cookie": "csrftoken=first; Path=/"}),
        Response(302, "", {"set-cookie": "sessionid=new; HttpOnly"}),
        Response(200),
    )
    who = person(logs_in=True)

    visit(session, who).arrive()

    form, page = session.asked[1][2], session.asked[2][2]
    assert form["data"]["csrfmiddlewaretoken"] == "from-the-page"
    assert form["headers"] == {"Cookie": "csrftoken=first", "X-CSRFToken": "first"}
    assert page["headers"]["Cookie"] == "csrftoken=first; sessionid=new"
    assert not who.logs_in, "once, and not again by the next user who is this person"


def test_who_is_over_the_limit_of_logins_goes_on_with_the_old_session() -> None:
    session = Session(Response(200, LOGIN), too_many := Response(429), Response(200))

    visit(session, person(logs_in=True)).arrive()

    assert too_many.said == "success"
    assert "sessionid=old" in session.asked[2][2]["headers"]["Cookie"]


def test_unsafe_requests_carry_the_token_and_safe_ones_do_not() -> None:
    session = Session(Response(200, "", {"Set-Cookie": "csrftoken=abc"}), Response(200), Response(200))
    browser = Browser(session, person())
    for method in ("GET", "PATCH", "GET"):
        browser.send(method, "/", "/")

    assert ["X-CSRFToken" in options["headers"] for _, _, options in session.asked] == [False, True, False]


def test_an_answer_that_is_not_expected_is_a_failure() -> None:
    session = Session(wrong := Response(503), redirect := Response(302))
    browser = Browser(session, person())

    assert not browser.send("GET", "/", "/").ok
    assert not browser.send("GET", "/", "/").ok
    assert (wrong.said, redirect.said) == ("503, expected 200", "302, expected 200")


def test_redirects_are_never_followed_for_they_may_lead_to_other_machines() -> None:
    session = Session()
    Browser(session, person())

    assert session.client.redirect_response_codes == frozenset()


def test_an_arrivals_time_counts_from_when_it_should_have_begun() -> None:
    """A stall of a second before a request is seen by that request (no coordinated omission)."""
    session = Session(answer := Response(200))

    Browser(session, person()).send("GET", "/", "/", intended=time.perf_counter() - 1)

    assert answer.request_meta["response_time"] >= 1000


def test_booked_trips_are_cancelled_again() -> None:
    city = Response(200, '{"results": [{"id": 5}]}')
    booked = Response(201, '{"id": "trip_1"}')
    session = Session(city, city, city, booked, Response(200), Response(204))
    who = person()
    here = visit(session, who)

    here.book_a_trip()
    assert who.trips == ["trip_1"]
    here.cancel_all()

    assert session.asked[-1][:2] == ("DELETE", "/api/trips/trip_1")
    assert who.trips == []


def test_a_cancellation_that_fails_is_not_tried_for_ever() -> None:
    who = person()
    who.trips.append("trip_1")

    visit(Session(Response(503)), who).cancel_all()

    assert who.trips == ["trip_1"]


def test_every_weight_is_something_that_people_can_do() -> None:
    assert all(callable(getattr(Visit, name)) for name in journeys.WEIGHTS)


@pytest.mark.parametrize("name", journeys.READS)
def test_every_read_of_arrivals_goes_to_the_path_that_it_is_named_by(name: str) -> None:
    assert journeys.READS[name][0].startswith(name)
