"""createsuperuser, seed_demo, rebuild_matches and seed_bench."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from cities.models import City, Country
from matches.models import Match
from people import demo
from people.management.commands import createsuperuser
from people.models import Team, User
from tests.unit.factories import TeamFactory, UserFactory, book, day
from trips.models import Trip

pytestmark = pytest.mark.django_db

SECRET = "a demo password 1"


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def everything() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in (Team, User, Trip, Match)]


class TestCreatesuperuser:
    @pytest.fixture(autouse=True)
    def _password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse")

    def create(self, *arguments: str) -> User:
        run("createsuperuser", "--noinput", "--email", "root@example.com", *arguments)
        return User.objects.get(email="root@example.com")

    def test_makes_a_team_that_does_not_exist(self) -> None:
        user = self.create("--team", "Operators")
        assert (user.team.name, user.is_staff, user.is_superuser) == ("Operators", True, True)
        assert user.check_password("correct horse")

    @pytest.mark.parametrize("by", ["name", "public_id"])
    def test_finds_a_team_that_exists(self, by: str) -> None:
        TeamFactory()
        team = TeamFactory(name="Operators")
        assert self.create("--team", getattr(team, by)).team == team
        assert Team.objects.count() == 2

    def test_takes_the_only_team_there_is(self) -> None:
        team = TeamFactory()
        assert self.create().team == team

    @pytest.mark.parametrize("teams", [0, 2])
    def test_asks_for_a_team_where_there_is_a_choice(self, teams: int) -> None:
        TeamFactory.create_batch(teams)
        with pytest.raises(CommandError, match="--team NAME"):
            self.create()

    def test_wants_the_public_id_where_a_name_is_not_enough(self) -> None:
        teams = TeamFactory.create_batch(2, name="Twins")
        with pytest.raises(CommandError, match=teams[1].public_id):
            self.create("--team", "Twins")

    def test_leaves_no_team_behind_where_it_fails(self) -> None:
        UserFactory(email="root@example.com")
        teams = Team.objects.count()
        with pytest.raises(CommandError):
            self.create("--team", "New")
        assert Team.objects.count() == teams

    def test_people_are_asked_for_the_team(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("builtins.input", lambda _: " Operators ")
        assert createsuperuser._team(None, interactive=True).name == "Operators"


class TestSeedDemo:
    @pytest.fixture(autouse=True)
    def _cities(self, settings: Any) -> None:
        settings.ENVIRONMENT, settings.DEMO_PASSWORD = "local", SECRET
        country = Country.objects.create(code="XX", code3="XXX", name="Everywhere")
        for number, key in enumerate(
            (demo.LONDON, demo.CAMBRIDGE, demo.EDINBURGH, demo.PARIS, demo.ROME, demo.LISBON, demo.NEW_YORK)
        ):
            self.city(country, key, number * 3 - 0.5 * (key == demo.CAMBRIDGE) * 5)
        self.city(country, demo.SINGAPORE, 60)

    def city(self, country: Country, key: int, latitude: float) -> None:
        City.objects.create(
            pk=key, name="x", ascii_name="x", country=country, latitude=latitude, longitude=0, timezone="UTC"
        )

    def test_makes_people_trips_and_matches(self) -> None:
        out = run("seed_demo")
        assert "alice@example.com" in out
        assert SECRET not in out
        alice = User.objects.get(email="alice@example.com")
        assert (alice.first_name, alice.is_staff, alice.is_superuser) == ("Alice", True, False)
        assert alice.check_password(SECRET)
        assert alice.password.startswith(("md5", "pbkdf2"))
        assert Match.objects.filter(source_user=alice, target_user__first_name="Bob").exists()

    def test_changes_nothing_the_second_time(self) -> None:
        run("seed_demo")
        before = everything()
        assert "0 people and 0 trips" in run("seed_demo")
        assert everything() == before

    def test_books_no_trip_again_while_it_lies_ahead(self) -> None:
        run("seed_demo")
        with time_machine.travel(datetime.now(UTC) + timedelta(days=12), tick=False):
            run("seed_demo")
        assert Trip.objects.filter(user__first_name="Charlie", city=demo.LONDON).count() == 1

    def test_adds_what_is_missing_and_sets_a_new_password(self, settings: Any) -> None:
        run("seed_demo")
        User.objects.get(email="bob@example.com").delete()
        settings.DEMO_PASSWORD = "another password 2"
        assert "1 people and 2 trips" in run("seed_demo")
        assert User.objects.get(email="alice@example.com").check_password("another password 2")

    def test_takes_the_password_from_a_file(self, tmp_path: Path, settings: Any) -> None:
        settings.DEMO_PASSWORD = ""
        (tmp_path / "password").write_text("from a file 3\n")
        run("seed_demo", "--password-file", str(tmp_path / "password"))
        assert User.objects.get(email="bob@example.com").check_password("from a file 3")

    def test_refuses_anywhere_but_locally(self, settings: Any) -> None:
        settings.ENVIRONMENT = "production"
        with pytest.raises(CommandError, match="--force"):
            run("seed_demo")
        assert not User.objects.exists()
        run("seed_demo", "--force")
        assert User.objects.exists()

    def test_says_what_is_missing(self, settings: Any, tmp_path: Path) -> None:
        City.objects.get(pk=demo.LISBON).delete()
        with pytest.raises(CommandError, match="import_cities"):
            run("seed_demo")
        settings.DEMO_PASSWORD = ""
        with pytest.raises(CommandError, match="DEMO_PASSWORD"):
            run("seed_demo")
        with pytest.raises(CommandError, match="Cannot read"):
            run("seed_demo", "--password-file", str(tmp_path / "nothing"))
        (tmp_path / "empty").touch()
        with pytest.raises(CommandError, match="empty"):
            run("seed_demo", "--password-file", str(tmp_path / "empty"))

    def test_asks_people_for_the_password(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.DEMO_PASSWORD = ""
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("people.management.commands.seed_demo.getpass", lambda _: "typed in 4")
        run("seed_demo")
        assert User.objects.get(email="bob@example.com").check_password("typed in 4")

    def test_leaves_other_peoples_addresses_alone(self) -> None:
        UserFactory(email="bob@example.com")
        with pytest.raises(CommandError, match=r"bob@example\.com"):
            run("seed_demo")
        assert User.objects.count() == 1


class TestRebuildMatches:
    def test_mends_every_team_or_one(self) -> None:
        hosts = [UserFactory(home_city="Paris") for _ in range(2)]
        for host in hosts:
            book(UserFactory(team=host.team), "Paris", day(1))
        Match.objects.all().delete()
        assert "1 new, 0 changed, 0 gone" in run("rebuild_matches", "--team", hosts[0].team.public_id)
        assert Match.objects.count() == 1
        run("rebuild_matches")
        assert Match.objects.count() == 2

    def test_names_a_team_that_is_none(self) -> None:
        with pytest.raises(CommandError, match="team_x"):
            run("rebuild_matches", "--team", "team_x")


class TestSeedBench:
    @pytest.fixture(autouse=True)
    def _settings(self, settings: Any) -> None:
        settings.ENVIRONMENT, settings.DEMO_PASSWORD = "local", SECRET

    def test_makes_people_and_trips_in_any_number(self) -> None:
        TestSeedDemo().city(Country.objects.create(code="XX", code3="XXX", name="X"), 1, 0)
        out = run("seed_bench", "--teams", "2", "--people", "3", "--trips", "20")
        assert "2 teams, 6 people, 40 trips" in out
        assert (Team.objects.count(), User.objects.count(), Trip.objects.count()) == (2, 6, 40)
        assert Match.objects.exists()
        assert User.objects.get(email=out.split()[-1]).check_password(SECRET)
        run("seed_bench", "--people", "3", "--trips", "5", "--no-matches")
        assert not Match.objects.filter(team=Team.objects.latest("pk")).exists()

    def test_takes_away_what_it_made_and_nothing_else(self) -> None:
        TestSeedDemo().city(Country.objects.create(code="XX", code3="XXX", name="X"), 1, 0)
        person = UserFactory()
        run("seed_bench", "--teams", "2", "--people", "3", "--trips", "20")
        assert "2 teams removed" in run("seed_bench", "--remove")
        assert (list(User.objects.all()), list(Team.objects.all())) == ([person], [person.team])
        assert not Trip.objects.exists()
        assert not Match.objects.exists()
        assert "0 teams removed" in run("seed_bench", "--remove")

    def test_refuses_where_it_cannot_or_must_not(self, settings: Any) -> None:
        with pytest.raises(CommandError, match="import_cities"):
            run("seed_bench")
        settings.DEMO_PASSWORD = ""
        with pytest.raises(CommandError, match="DEMO_PASSWORD"):
            run("seed_bench")
        settings.ENVIRONMENT = "production"
        with pytest.raises(CommandError, match="--force"):
            run("seed_bench")
