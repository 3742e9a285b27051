"""Teams and people in the database, and who may do what."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from matches.models import Match
from people.models import Team, User
from tests.unit.factories import PASSWORD, TeamFactory, UserFactory, book, day, place
from trips.models import Trip

pytestmark = pytest.mark.django_db


def test_every_object_has_a_public_id_of_its_own_kind() -> None:
    host = UserFactory(home_city="Paris")
    trip = book(UserFactory(team=host.team), "Paris", day(1))
    for prefix, thing in (
        ("team", host.team),
        ("user", host),
        ("trip", trip),
        ("match", Match.objects.get()),
    ):
        assert re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{24}}", thing.public_id)


def test_public_ids_differ_also_in_bulk() -> None:
    team = TeamFactory()
    people = User.objects.bulk_create(User(email=f"{n}@example.com", team=team) for n in range(100))
    assert len({person.public_id for person in people}) == 100


def test_saving_again_keeps_the_public_id_and_stamps_the_change() -> None:
    team = TeamFactory()
    before = Team.objects.get(pk=team.pk)
    team.name = "Other"
    team.save()
    after = Team.objects.get(pk=team.pk)
    assert (after.public_id, after.created) == (before.public_id, before.created)
    assert after.modified > before.modified


def test_an_email_address_is_kept_in_lower_case_and_found_in_any() -> None:
    user = UserFactory(email="Alice.Bell@Example.COM")
    assert user.email == "alice.bell@example.com"
    assert User.objects.get(email="ALICE.BELL@example.com") == user
    assert User.objects.get_by_natural_key("Alice.Bell@example.com") == user
    assert authenticate(username="ALICE.bell@example.com", password=PASSWORD) == user


def test_people_without_a_password_cannot_log_in_with_one() -> None:
    user = User.objects.create_user("a@example.com", team=TeamFactory())
    assert not user.has_usable_password()
    User.objects.filter(pk=user.pk).update(password="")
    assert authenticate(username="a@example.com", password="") is None


def test_a_person_needs_an_email_address() -> None:
    with pytest.raises(ValueError, match="login name"):
        User.objects.create_user("", team=TeamFactory())


def test_names_fall_back_to_the_email_address() -> None:
    user = User(email="a@example.com")
    assert (user.get_full_name(), user.get_short_name(), str(user)) == (user.email,) * 3
    user.first_name, user.last_name = "Alice", "Bell"
    assert (user.get_full_name(), user.get_short_name()) == ("Alice Bell", "Alice")


@pytest.mark.parametrize(
    ("fields", "views", "changes"),
    [
        ({}, False, False),
        ({"is_staff": True}, True, False),
        ({"is_staff": True, "is_superuser": True}, True, True),
        ({"is_superuser": True}, True, True),
        ({"is_staff": True, "is_superuser": True, "is_active": False}, False, False),
    ],
)
def test_staff_may_look_and_superusers_may_change(
    fields: dict[str, bool], views: bool, changes: bool
) -> None:
    user = User(email="a@example.com", **fields)
    assert user.has_perm("trips.view_trip") == views
    assert user.has_module_perms("trips") == views
    assert user.has_perm("trips.change_trip") == changes
    assert user.has_perms(["trips.view_trip", "trips.delete_trip"]) == changes


def test_a_superuser_is_staff_whatever_is_asked() -> None:
    user = User.objects.create_superuser("a@example.com", "x", team=TeamFactory(), is_staff=False)
    assert user.is_staff
    assert user.is_superuser


def test_a_city_where_people_live_or_travel_cannot_be_deleted() -> None:
    user = UserFactory(home_city="Paris")
    book(user, "Rome", day(1))
    for city in ("Paris", "Rome"):
        with pytest.raises(ProtectedError):
            place(city).delete()
    place("London").delete()
    assert User.objects.get().home_city == place("Paris")


class TestTheDatabaseItself:
    """What no code can store, however wrong it is."""

    def refuses(self, change: Callable[[], Any], because: str) -> None:
        def act() -> None:
            with transaction.atomic():
                change()
                connection.check_constraints()

        with pytest.raises(IntegrityError, match=because):
            act()

    def test_refuses_an_email_address_twice_in_any_case(self) -> None:
        UserFactory(email="alice@example.com")
        self.refuses(lambda: UserFactory(email="Alice@example.com"), "user_email")

    @pytest.mark.parametrize(
        ("email", "because"), [("A@example.com", "user_email_lower_case"), ("", "user_email_not_empty")]
    )
    def test_refuses_an_email_address_in_capitals_or_none(self, email: str, because: str) -> None:
        UserFactory()

        def change() -> None:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE people_user SET email = %s", [email])

        self.refuses(change, because)

    @pytest.mark.parametrize("public_id", ["", "team_short", "trip_" + "a" * 24, "team_" + "-" * 24])
    def test_refuses_a_malformed_public_id(self, public_id: str) -> None:
        TeamFactory()
        self.refuses(lambda: Team.objects.update(public_id=public_id), "team_public_id_format")

    def test_refuses_a_public_id_twice(self) -> None:
        one, other = TeamFactory(), TeamFactory()
        change = {"public_id": one.public_id}
        self.refuses(lambda: Team.objects.filter(pk=other.pk).update(**change), "team_public_id")

    @pytest.mark.parametrize(
        "hours",
        [
            [],
            "9 to 5",
            5,
            {},
            {"start": "9"},
            {"start": "9", "end": 17},
            {"start": "9", "end": "17", "x": ""},
        ],
    )
    def test_refuses_malformed_work_hours(self, hours: Any) -> None:
        user = UserFactory()
        self.refuses(
            lambda: User.objects.filter(pk=user.pk).update(work_hours=hours), "user_work_hours_shape"
        )
        with pytest.raises(ValidationError):
            User(email="a@example.com", team=user.team, work_hours=hours, password="x").full_clean()

    @pytest.mark.parametrize("hours", [None, {"start": "9", "end": "17"}, {"end": "", "start": ""}])
    def test_stores_well_formed_work_hours(self, hours: Any) -> None:
        user = UserFactory(work_hours=hours)
        user.full_clean()
        assert User.objects.get(pk=user.pk).work_hours == hours

    def test_refuses_a_trip_that_ends_before_it_starts(self) -> None:
        trip = Trip(user=UserFactory(), city=place("Rome"), start=day(2), end=day(1))
        self.refuses(trip.save, "trip_start_not_after_end")
        with pytest.raises(ValidationError) as refusal:
            trip.full_clean()
        assert list(refusal.value.message_dict) == ["end"]

    def test_refuses_overlapping_trips(self) -> None:
        user = UserFactory()
        book(user, "Rome", day(1), day(5))
        trip = Trip(user=user, city=place("Paris"), start=day(4), end=day(9))
        self.refuses(trip.save, "trip_no_overlap")
        with pytest.raises(ValidationError, match="overlapping"):
            trip.full_clean()
