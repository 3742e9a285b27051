"""The pages, as somebody with a browser uses them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cities.models import City
from matches.models import Match, State
from people.models import User
from tests.unit.factories import TeamFactory, UserFactory, book, place
from trips.models import Trip

pytestmark = pytest.mark.django_db

NOON = datetime(2040, 1, 10, 12, tzinfo=UTC)
TODAY = NOON.date()
HOURS = {"start": "09:00", "end": "17:30"}


@pytest.fixture(autouse=True)
def noon() -> object:
    """It is noon in London on 10 January 2040."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def anna() -> User:
    """Anna lives in London."""
    return UserFactory(email="anna@example.com", first_name="Anna", home_city="London", work_hours=HOURS)


@pytest.fixture
def bob(anna: User) -> User:
    """Bob, of Anna's team, lives in Paris."""
    return UserFactory(first_name="Bob", home_city="Paris", team=anna.team)


@pytest.fixture
def browser(anna: User) -> Client:
    """Anna's browser."""
    client = Client()
    client.force_login(anna)
    return client


def in_days(number: int) -> date:
    return TODAY + timedelta(days=number)


def text_of(html: str) -> str:
    """What people read, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestWithoutLogin:
    @pytest.mark.parametrize("path", ["/", "/trips", "/trips/new", "/profile", "/anything/else", "/admin/"])
    def test_every_page_leads_to_the_login_page_and_back(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")

    def test_the_api_says_so_in_json(self, client: Client) -> None:
        assert client.get("/api/anything").json()["code"] == "not_found"

    def test_the_platforms_paths_are_no_pages(self, client: Client) -> None:
        assert client.get("/internal/nothing").status_code == 404


class TestHome:
    def test_it_shows_who_is_where_and_whether_they_work(self, browser: Client, bob: User) -> None:
        text = text_of(browser.get("/").text)
        assert "Today, you are in London" in text
        assert "Tuesday, 10 January 2040 · 12:00 there" in text
        assert "Anna (you) at home · working now" in text
        assert "Paris, FR 13:00" in text
        assert "Bob at home" in text

    def test_travellers_are_where_they_travel_to_on_their_last_day_too(
        self, browser: Client, bob: User
    ) -> None:
        book(bob, "Rome", in_days(-3), TODAY)
        text = text_of(browser.get("/").text)
        assert "Rome, IT 13:00 B Bob travelling until 10 Jan" in text

    def test_of_two_trips_that_touch_today_the_later_one_counts(self, browser: Client, bob: User) -> None:
        book(bob, "Rome", in_days(-3), TODAY)
        book(bob, "Singapore", TODAY, in_days(3))
        assert "Singapore, SG 20:00 B Bob" in text_of(browser.get("/").text)

    def test_another_day_can_be_looked_at_without_clocks(self, browser: Client, bob: User) -> None:
        book(bob, "Rome", in_days(20), in_days(22))
        text = text_of(browser.get(f"/?day={in_days(21)}").text)
        assert "Tuesday, 31 January 2040, you are in London" in text
        assert "Rome, IT B Bob travelling until 1 Feb" in text
        assert "working now" not in text

    @pytest.mark.parametrize(
        ("day", "shown"), [("2039-01-01", TODAY), ("2050-01-01", in_days(180)), ("soon", TODAY)]
    )
    def test_a_day_out_of_reach_is_brought_into_it(self, browser: Client, day: str, shown: date) -> None:
        assert f'value="{shown}"' in browser.get(f"/?day={day}").text

    def test_people_of_other_teams_do_not_show(self, browser: Client) -> None:
        UserFactory(first_name="Mallory", home_city="Paris")
        assert "Mallory" not in browser.get("/").text

    def test_people_without_a_home_are_named(self, browser: Client, anna: User) -> None:
        UserFactory(first_name="", email="nomad@example.com", team=anna.team)
        assert "Nobody knows where nomad lives." in text_of(browser.get("/").text)

    def test_newcomers_are_asked_where_they_live_first(self, client: Client) -> None:
        client.force_login(UserFactory())
        assert client.get("/")["Location"] == "/profile"
        assert "Where do you live?" in client.get("/profile").text

    def test_places_that_would_cover_one_another_share_a_pin(
        self, browser: Client, bob: User, anna: User
    ) -> None:
        UserFactory(first_name="Cleo", home_city="Paris", team=anna.team)
        UserFactory(first_name="Dora", home_city="Singapore", team=anna.team)
        html = browser.get("/").text
        assert re.findall("<title>(.*?)</title>", html)[1:] == [
            "Paris, FR: Bob, Cleo; London, GB: Anna",
            "Singapore, SG: Dora",
        ]
        assert re.findall(r'<g class="pin( on)?">', html) == [" on", ""]
        assert 'cx="182.35" cy="41.15"' in html

    def test_the_number_of_queries_does_not_grow_with_the_team(
        self, browser: Client, anna: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        browser.get("/")
        for _ in range(10):
            book(UserFactory(team=anna.team, home_city="Versailles"), "London", in_days(1), in_days(3))
        browser.get("/")
        with django_assert_num_queries(8):
            browser.get("/")

    def test_nothing_comes_from_elsewhere_and_nothing_is_inline(self, browser: Client, bob: User) -> None:
        book(bob, "London", in_days(1), in_days(3))
        for path in ("/", "/trips", "/profile"):
            html = browser.get(path).text
            assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
            assert not re.search(r'(src|action)="(https?:)?//', html)

    def test_a_page_of_ones_own_is_kept_in_no_cache(self, browser: Client) -> None:
        assert browser.get("/")["Cache-Control"] == "no-store, private"


class TestMatches:
    @pytest.fixture
    def match(self, anna: User, bob: User) -> Match:
        """Bob comes to London."""
        book(bob, "London", in_days(5), in_days(8))
        return Match.objects.get()

    def test_whom_one_will_be_near_shows_with_place_and_days(self, browser: Client, match: Match) -> None:
        text = text_of(browser.get("/").text)
        assert "You will be near 1 new" in text
        assert "15\N{EN DASH}18 Jan 2040 · visits London, GB you are at home, in the same city" in text

    def test_a_match_on_ones_own_trip_says_where_the_other_lives(
        self, browser: Client, anna: User, bob: User
    ) -> None:
        book(anna, "Versailles", in_days(5), in_days(8))
        text = text_of(browser.get("/").text)
        assert "at home in Paris, FR on your trip to Versailles, 17 km apart" in text

    @pytest.mark.parametrize(
        ("said", "state", "meeting"),
        [
            ({"state": "seen"}, State.SEEN, False),
            ({"state": "dismissed"}, State.DISMISSED, False),
            ({"meet": "yes"}, State.SEEN, True),
            ({"meet": "no"}, State.SEEN, False),
            ({}, State.UNSEEN, False),
        ],
    )
    def test_what_one_says_about_a_match_is_kept(
        self, browser: Client, anna: User, match: Match, said: dict[str, str], state: str, meeting: bool
    ) -> None:
        answer = browser.post(f"/matches/{match.public_id}", said)
        assert answer["Location"] == "/#matches"
        match.refresh_from_db()
        assert (match.source_state, match.are_meeting) == (state, meeting)

    def test_dismissed_matches_are_put_aside(self, browser: Client, match: Match) -> None:
        browser.post(f"/matches/{match.public_id}", {"state": "dismissed"})
        text = text_of(browser.get("/").text)
        assert "Nobody yet." in text
        assert "1 dismissed" in text
        assert "Bring back" in text

    def test_a_meeting_is_marked(self, browser: Client, match: Match) -> None:
        browser.post(f"/matches/{match.public_id}", {"meet": "yes"})
        assert "Bob you meet" in text_of(browser.get("/").text)

    def test_nonsense_and_other_peoples_matches_are_not_found(
        self, browser: Client, anna: User, match: Match
    ) -> None:
        assert browser.post(f"/matches/{match.public_id}", {"state": "loved"}).status_code == 404
        third = Client()
        third.force_login(UserFactory(team=anna.team, home_city="Rome"))
        assert third.post(f"/matches/{match.public_id}", {"state": "seen"}).status_code == 404
        assert browser.get(f"/matches/{match.public_id}").status_code == 405


class TestTrips:
    def trip(self, **changes: object) -> dict[str, object]:
        """A filled-in form."""
        return {"city": "Paris", "start": in_days(1), "end": in_days(3), "notes": "by train"} | changes

    def test_a_trip_is_booked_and_its_matches_follow(self, browser: Client, anna: User, bob: User) -> None:
        answer = browser.post("/trips", self.trip(), follow=True)
        text = text_of(answer.content.decode())
        assert "Your trip is booked." in text
        assert "Paris, FR 11\N{EN DASH}13 Jan 2040 by train" in text
        assert Trip.objects.get().user == anna
        assert Match.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"city": "Atlantis"}, "No city of this name is known."),
            ({"city": ""}, "Which city?"),
            ({"end": in_days(0)}, "The last day must not be before the first day."),
            ({"start": "tomorrow"}, "Enter a valid date."),
            ({"end": ""}, "This field is required."),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(
        self, browser: Client, changes: dict[str, object], message: str
    ) -> None:
        place("Paris")
        answer = browser.post("/trips", self.trip(**changes))
        assert answer.status_code == 422
        assert message in re.findall(r'<p class="error"[^>]*>(.*?)(?: Try|</p>)', answer.text)
        assert "aria-invalid" in answer.text
        assert not Trip.objects.exists()

    def test_an_overlapping_trip_is_refused_at_its_last_day(self, browser: Client, anna: User) -> None:
        book(anna, "Paris", in_days(2), in_days(9))
        answer = browser.post("/trips", self.trip())
        assert answer.status_code == 422
        assert "You cannot add an overlapping trip." in answer.text
        assert 'id="id_end_error"' in answer.text

    def test_where_several_cities_have_a_name_one_is_asked_which(self, browser: Client) -> None:
        place("Paris")
        City.objects.create(
            id=1, name="Paris", ascii_name="Paris", search="paris", country=place("London").country,
            latitude=0, longitude=0, population=9, kind="PPL", timezone="UTC",
        )  # fmt: skip
        answer = browser.post("/trips", self.trip())
        assert answer.status_code == 422
        assert "Several cities have this name" in answer.text
        assert re.findall(r'name="pick" value="(\d+)"( checked)?', answer.text) == [
            ("2988507", " checked"),
            ("1", ""),
        ]
        assert browser.post("/trips", self.trip(pick=1)).status_code == 302
        assert Trip.objects.get().city_id == 1

    def test_a_label_that_the_script_filled_in_is_enough(self, browser: Client) -> None:
        place("Paris")
        assert browser.post("/trips", self.trip(city="Paris, FR", pick=2988507)).status_code == 302

    def test_an_id_that_does_not_belong_to_the_name_is_not_believed(self, browser: Client) -> None:
        place("Paris")
        browser.post("/trips", self.trip(pick=place("Rome").pk))
        assert Trip.objects.get().city.name == "Paris"

    def test_a_trip_is_changed(self, browser: Client, anna: User) -> None:
        trip = book(anna, "Paris", in_days(2), in_days(9), "old notes")
        page = browser.get(f"/trips/{trip.public_id}").text
        assert 'value="Paris, FR"' in page
        assert "old notes" in page
        place("Rome")
        answer = browser.post(f"/trips/{trip.public_id}", self.trip(city="Rome", pick=""))
        assert answer["Location"] == "/trips"
        trip.refresh_from_db()
        assert (trip.city.name, trip.start, trip.notes) == ("Rome", in_days(1), "by train")
        assert browser.post(f"/trips/{trip.public_id}", {}).status_code == 422

    def test_a_trip_is_cancelled(self, browser: Client, anna: User) -> None:
        trip = book(anna, "Paris", in_days(2))
        assert browser.get(f"/trips/{trip.public_id}/cancel").status_code == 405
        assert browser.post(f"/trips/{trip.public_id}/cancel")["Location"] == "/trips"
        assert not Trip.objects.exists()

    def test_other_peoples_trips_are_not_found(self, browser: Client, bob: User) -> None:
        trip = book(bob, "Rome", in_days(2), notes="private")
        for path in (f"/trips/{trip.public_id}", f"/trips/{trip.public_id}/cancel"):
            assert browser.post(path, self.trip()).status_code == 404
        assert "private" not in browser.get("/").text + browser.get("/trips").text

    def test_past_trips_are_put_aside(self, browser: Client, anna: User) -> None:
        book(anna, "Rome", in_days(-400), in_days(-350))
        text = text_of(browser.get("/trips").text)
        assert "None is planned. 1 past" in text
        assert "6 Dec 2038 \N{EN DASH} 25 Jan 2039" in text


class TestProfile:
    def test_a_profile_is_saved(self, browser: Client, anna: User) -> None:
        place("Rome")
        given = {"first_name": "Ann", "city": "Rome", "work_start": "22:00", "work_end": "06:00"}
        assert browser.post("/profile", given)["Location"] == "/profile"
        anna.refresh_from_db()
        assert anna.first_name == "Ann"
        assert anna.home_city is not None
        assert anna.home_city.name == "Rome"
        assert anna.work_hours == {"start": "22:00", "end": "06:00"}
        page = browser.get("/profile").text
        assert "Your profile is saved." in page
        assert 'value="22:00"' in page

    def test_work_hours_may_be_left_out_but_not_by_half(self, browser: Client, anna: User) -> None:
        given = {"first_name": "Ann", "city": "London", "pick": 2643743}
        answer = browser.post("/profile", {**given, "work_start": "09:00"})
        assert "Give both times or none." in answer.text
        answer = browser.post("/profile", {**given, "work_start": "09:00", "work_end": "late"})
        assert "Give both times or none." not in answer.text
        browser.post("/profile", given)
        anna.refresh_from_db()
        assert anna.work_hours is None

    def test_a_new_home_leads_to_the_first_page(self, client: Client) -> None:
        client.force_login(UserFactory())
        place("Rome")
        assert client.post("/profile", {"first_name": "Cleo", "city": "Rome"})["Location"] == "/"
        assert "Welcome!" in client.get("/").text


def test_the_map_is_made_of_the_cities(client: Client) -> None:
    place("London")
    answer = client.get("/world.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "max-age=86400, public"
    assert answer.text.count("h0") == 1


def test_people_who_were_switched_off_are_nowhere(browser: Client, anna: User) -> None:
    UserFactory(first_name="Gone", home_city="Paris", team=anna.team, is_active=False)
    assert "Gone" not in browser.get("/").text


def test_a_team_of_ones_own_is_no_trouble(client: Client) -> None:
    client.force_login(UserFactory(home_city="Suva", team=TeamFactory()))
    assert "Suva, FJ" in client.get("/").text
