"""The admin of people, trips and matches: who may do what, the app's own rules, and its cost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from matches.models import Match
from people.models import Team, User
from tests.unit.factories import PASSWORD, TeamFactory, UserFactory, book, day, place
from trips.models import Trip

pytestmark = pytest.mark.django_db

ADMIN = "/internal/admin"
TABLES = ("people/team", "people/user", "trips/trip", "matches/match")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, team=TeamFactory())


@pytest.fixture
def client(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def staff(root: User) -> Client:
    client = Client()
    client.force_login(UserFactory(team=root.team, is_staff=True))
    return client


def team_of_travellers(size: int = 3) -> Team:
    team = TeamFactory()
    for number in range(size):
        user = UserFactory(team=team, home_city=("Paris", "Rome", "London")[number % 3])
        book(user, "Versailles", day(1), day(3))
    return team


def post(client: Client, path: str, **fields: Any) -> Any:
    answer = client.post(f"{ADMIN}/{path}", fields)
    assert answer.status_code == 302, getattr(answer, "context_data", {}).get("errors")
    return answer


def user_form(user: User, **changes: Any) -> dict[str, Any]:
    return {
        "email": user.email,
        "first_name": user.first_name,
        "team": user.team_id,
        "home_city": user.home_city_id or "",
        "work_hours": "null",
        "is_active": "on",
        **changes,
    }


@pytest.mark.parametrize("table", TABLES)
def test_staff_may_look_at_everything_and_change_nothing(staff: Client, table: str) -> None:
    team_of_travellers()
    assert staff.get(f"{ADMIN}/").status_code == 200
    listing = staff.get(f"{ADMIN}/{table}/")
    assert listing.status_code == 200
    first = listing.context_data["cl"].result_list[0]
    shown = staff.get(f"{ADMIN}/{table}/{first.pk}/change/")
    assert shown.status_code == 200
    assert b'name="_save"' not in shown.content
    assert staff.get(f"{ADMIN}/{table}/add/").status_code == 403
    assert staff.get(f"{ADMIN}/{table}/{first.pk}/delete/").status_code == 403
    assert staff.post(f"{ADMIN}/{table}/{first.pk}/change/", {}).status_code == 403


def test_others_see_no_admin() -> None:
    client = Client()
    client.force_login(UserFactory())
    assert client.get(f"{ADMIN}/").status_code == 302


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("query", ["", "?q=a", "?q=trip_x"])
def test_a_list_costs_the_same_whatever_its_length(client: Client, table: str, query: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{ADMIN}/{table}/{query}").status_code == 200
        return len(queries)

    team_of_travellers(2)
    few = cost()
    team_of_travellers(9)
    assert cost() == few


@pytest.mark.parametrize(
    "query", ["people&model_name=user&field_name=team", "trips&model_name=trip&field_name=city"]
)
def test_choices_complete_themselves(client: Client, query: str) -> None:
    place("Paris")
    answer = client.get(f"{ADMIN}/autocomplete/?term=&app_label={query}")
    assert answer.json()["results"]


def test_a_person_added_with_a_home_meets_visitors(client: Client) -> None:
    guest = UserFactory()
    book(guest, "Paris", day(1))
    post(
        client,
        "people/user/add/",
        email="New@Example.com",
        team=guest.team_id,
        home_city=place("Paris").pk,
        usable_password="true",
        password1="a good long one",
        password2="a good long one",
    )
    new = User.objects.get(email="new@example.com")
    assert new.check_password("a good long one")
    assert Match.objects.get().target_user == new


def test_a_person_may_have_no_password(client: Client) -> None:
    team = TeamFactory()
    post(client, "people/user/add/", email="new@example.com", team=team.pk, usable_password="false")
    assert not User.objects.get(email="new@example.com").has_usable_password()


def test_an_email_address_is_taken_only_once(client: Client) -> None:
    user = UserFactory(email="alice@example.com")
    answer = client.post(
        f"{ADMIN}/people/user/add/",
        {"email": "Alice@Example.com", "team": user.team_id, "usable_password": "false"},
    )
    assert b"A person with this email address exists already." in answer.content


def test_moving_somebody_changes_the_matches(client: Client) -> None:
    team = team_of_travellers(2)
    parisian = team.users.get(home_city=place("Paris"))
    other = team.users.exclude(pk=parisian.pk).get()
    Trip.objects.filter(user=parisian).delete()
    assert Match.objects.count() == 0
    post(client, f"people/user/{parisian.pk}/change/", **user_form(parisian, home_city=place("London").pk))
    post(client, f"people/user/{parisian.pk}/change/", **user_form(parisian, home_city=place("Paris").pk))
    assert Match.objects.get().target_trip == other.trips.get()


def test_changing_somebodys_team_changes_the_matches(client: Client) -> None:
    team = team_of_travellers(3)
    leaver = team.users.last()
    assert leaver is not None
    assert Match.objects.filter(target_user=leaver).exists()
    elsewhere = team_of_travellers(1)
    post(client, f"people/user/{leaver.pk}/change/", **user_form(leaver, team=elsewhere.pk))
    assert set(Match.objects.filter(source_user=leaver).values_list("team", flat=True)) == {elsewhere.pk}
    assert not Match.objects.filter(target_user=leaver).exists()


def test_bad_work_hours_are_explained(client: Client) -> None:
    user = UserFactory()
    answer = client.post(
        f"{ADMIN}/people/user/{user.pk}/change/", user_form(user, work_hours='{"start": "9"}')
    )
    assert b"is a required property" in answer.content


def trip_form(user: User, first: int, last: int, city: str = "Paris") -> dict[str, Any]:
    return {"user": user.pk, "city": place(city).pk, "start": day(first), "end": day(last)}


@pytest.fixture
def host() -> User:
    return UserFactory(home_city="Paris")


@pytest.fixture
def guest(host: User) -> User:
    return UserFactory(team=host.team)


def test_trips_are_booked_changed_and_cancelled_with_their_matches(
    client: Client, host: User, guest: User
) -> None:
    post(client, "trips/trip/add/", **trip_form(guest, 1, 5))
    trip = Trip.objects.get()
    match = Match.objects.get()
    post(client, f"trips/trip/{trip.pk}/change/", **trip_form(host, 2, 9))
    trip.refresh_from_db()
    assert (trip.user, trip.end) == (guest, day(9))
    assert Match.objects.get().public_id == match.public_id
    post(client, f"trips/trip/{trip.pk}/delete/", post="yes")
    assert not Match.objects.exists()


def test_cancelling_several_trips_brings_the_hosts_back(client: Client, host: User, guest: User) -> None:
    away = [book(host, "Rome", day(1), day(3)), book(host, "Rome", day(3), day(5))]
    book(guest, "Paris", day(1), day(5))
    assert not Match.objects.exists()
    keys = [trip.pk for trip in away]
    post(client, "trips/trip/", action="delete_selected", _selected_action=keys, post="yes")
    match = Match.objects.get()
    assert (match.overlap_start, match.overlap_end) == (day(1), day(5))


@pytest.mark.parametrize(("last", "error"), [(4, b"overlapping trip"), (0, b"must not be before")])
def test_a_trip_against_the_rules_is_explained(client: Client, guest: User, last: int, error: bytes) -> None:
    book(guest, "Rome", day(3), day(5))
    answer = client.post(f"{ADMIN}/trips/trip/add/", trip_form(guest, 1, last))
    assert error in answer.content
    assert Trip.objects.count() == 1


def test_notes_are_private_even_here(client: Client, guest: User) -> None:
    trip = book(guest, "Rome", day(1), notes="meet the other company")
    assert b"other company" not in client.get(f"{ADMIN}/trips/trip/{trip.pk}/change/").content


def test_matches_are_only_looked_at(client: Client) -> None:
    team_of_travellers()
    match = Match.objects.first()
    assert match is not None
    assert client.get(f"{ADMIN}/matches/match/{match.pk}/change/").status_code == 200
    assert client.get(f"{ADMIN}/matches/match/add/").status_code == 403
    assert client.get(f"{ADMIN}/matches/match/{match.pk}/delete/").status_code == 403


@pytest.mark.parametrize("what", [lambda team: team, lambda team: team.users.first()])
def test_people_and_teams_can_be_deleted_with_all_they_have(
    client: Client, what: Callable[[Team], Team | User]
) -> None:
    team = team_of_travellers()
    thing = what(team)
    post(client, f"people/{thing._meta.model_name}/{thing.pk}/delete/", post="yes")
    assert not Match.objects.filter(source_user=thing.pk).exists()
    assert not type(thing)._default_manager.filter(pk=thing.pk).exists()


def test_a_teams_matches_can_be_computed_afresh(client: Client) -> None:
    team = team_of_travellers()
    count = Match.objects.count()
    Match.objects.all().delete()
    post(client, "people/team/", action="rebuild_matches", _selected_action=[team.pk])
    assert Match.objects.count() == count
