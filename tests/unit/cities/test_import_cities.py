"""`manage.py import_cities`."""

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import Settings

from cities import importing
from cities.bundle.records import BadDataError, Dataset
from cities.importing import BusyError, import_dataset
from cities.management.commands.import_cities import Progress
from cities.models import City, CityImport, Country, Region
from tests.unit.cities.conftest import ignore
from tests.unit.cities.world import CITIES, COUNTRIES, REGIONS, world
from tests.unit.factories import UserFactory

Write = Callable[[Dataset], Path]
ROWS = len(CITIES) + len(COUNTRIES) + len(REGIONS)


def run(path: Path, *arguments: str) -> tuple[str, str]:
    """Run the command; returns what it says, and what it says of concern."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_cities", "--file", str(path), *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Country, Region, City, CityImport)]


@pytest.mark.django_db
class TestAnImport:
    def test_fills_all_tables(self, bundle: Write) -> None:
        out, err = run(bundle(world()))
        assert f"8 countries, 7 regions, 12 cities; {ROWS} rows inserted, 0 updated" in out
        assert err == ""
        city = City.objects.get(pk=3448439)
        assert (city.name, city.ascii_name, city.search) == ("São Paulo", "Sao Paulo", "sao paulo")
        assert (city.aliases, city.country_id, city.kind) == ("|sampa|", "BR", "PPLA")
        assert (city.latitude, city.longitude, city.population) == (-23.5475, -46.63611, 12400232)
        assert city.timezone == "America/Sao_Paulo"
        assert city.region
        assert (city.region.country_id, city.region.code, city.region.name) == ("BR", "27", "São Paulo")
        assert str(city) == "Sao Paulo, BR"
        assert (str(city.country), str(city.region)) == ("Brazil", "São Paulo, BR")

    def test_is_recorded(self, bundle: Write) -> None:
        run(bundle(world()))
        record = CityImport.objects.get()
        assert (record.countries, record.regions, record.cities, record.changed) == (8, 7, 12, ROWS)
        assert record.version == world().version
        assert str(record) == f"12 cities, {record.version[:12]}"

    def test_takes_the_file_of_the_settings(self, bundle: Write, settings: Settings) -> None:
        settings.CITIES_BUNDLE = bundle(world())
        call_command("import_cities", verbosity=0)
        assert City.objects.count() == len(CITIES)

    def test_keeps_backslashes_and_quotes(self, bundle: Write) -> None:
        odd = r"N'\N \t\"x"
        run(bundle(world([CITIES[0]._replace(name=odd)])))
        assert City.objects.get().name == odd

    def test_of_a_country_without_currency_leaves_it_null(self, bundle: Write) -> None:
        run(bundle(world()))
        assert Country.objects.get(pk="XK").currency is None

    def test_repeated_does_nothing(self, bundle: Write) -> None:
        path = bundle(world())
        run(path)
        before = everything()
        out, _ = run(path)
        assert "already imported, nothing changed" in out
        assert everything() == before

    def test_forced_writes_no_row_that_is_right(self, bundle: Write) -> None:
        path = bundle(world())
        run(path)
        before = everything()
        out, _ = run(path, "--force")
        assert "0 rows inserted, 0 updated" in out
        assert everything() == before

    def test_of_new_data_changes_what_differs_and_nothing_else(self, bundle: Write) -> None:
        run(bundle(world()))
        kept = {row["id"]: row for row in City.objects.values()}
        grown = [row._replace(population=9_000_000) if row.name == "London" else row for row in CITIES]
        renamed = [row._replace(name="Bavière") if row.name == "Bavaria" else row for row in REGIONS]
        out, _ = run(bundle(world(grown, renamed)))
        assert "0 rows inserted, 2 updated" in out
        now = {row["id"]: row for row in City.objects.values()}
        assert [pk for pk in now if now[pk] != kept[pk]] == [2643743]
        assert CityImport.objects.count() == 2

    def test_of_a_city_that_moved_to_another_region_follows_it(self, bundle: Write) -> None:
        run(bundle(world()))
        run(bundle(world([row._replace(region="") if row.name == "Munich" else row for row in CITIES])))
        assert City.objects.get(name="Munich").region is None

    def test_never_deletes_but_says_what_is_gone(self, bundle: Write) -> None:
        run(bundle(world()))
        UserFactory(home_city=City.objects.get(name="Suva"))
        out, err = run(bundle(world(CITIES[:3])))
        assert "0 rows inserted, 0 updated" in out
        assert City.objects.count() == len(CITIES)
        assert "9 cities are no longer in the data and were kept" in err
        assert "Singapore, SG; Paris, FR; Munich, DE; Pristina, XK; Sacramento, US, ..." in err
        _, err = run(bundle(world(CITIES[:-1])))
        assert err.strip().endswith("Sao Felix, BR")

    def test_of_a_broken_file_changes_nothing_and_says_where(self, bundle: Write) -> None:
        path = bundle(world())
        run(path)
        before = everything()
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(CommandError, match=rf"{path}, line \d+: .*Nothing was imported"):
            run(path)
        assert everything() == before

    @pytest.mark.parametrize(
        ("dataset", "reason"),
        [
            (world(cities=[]), "not a single city"),
            (world([*CITIES, CITIES[0]]), "city 3448439 is in it twice"),
            (world(regions=[*REGIONS, REGIONS[0]]), r"region \('BR', '05'\) is in it twice"),
            (world(countries=[*COUNTRIES, COUNTRIES[0]]), "country 'BR' is in it twice"),
            (
                world(countries=[*COUNTRIES, COUNTRIES[0]._replace(code="ZZ")]),
                "three letters 'BRA' is in it twice",
            ),
            (world([CITIES[0]._replace(country="ZZ")]), "city 'São Paulo' is in an unknown country 'ZZ'"),
            (world([CITIES[0]._replace(region="99")]), "city 'São Paulo' is in an unknown region '99'"),
            (
                world(regions=[*REGIONS, REGIONS[0]._replace(country="ZZ")]),
                "region 'Bahia' is in an unknown country",
            ),
            (
                world([*CITIES[:5], CITIES[5]._replace(name="x" * 201)]),
                "the database refuses it: value too long",
            ),
        ],
    )
    def test_of_contradictory_data_changes_nothing_and_says_why(
        self, bundle: Write, dataset: Dataset, reason: str
    ) -> None:
        with pytest.raises(CommandError, match=reason):
            run(bundle(dataset))
        assert everything() == [[], [], [], []]

    def test_says_how_far_it_is(self, bundle: Write) -> None:
        out, _ = run(bundle(world()))
        assert "countries: 8 of 8 (100 %)\n" in out
        assert "cities: 12 of 12 (100 %)\n" in out

    def test_can_be_quiet(self, bundle: Write) -> None:
        assert run(bundle(world()), "--verbosity", "0") == ("", "")

    def test_is_read_in_pieces_of_any_size(self) -> None:
        stream = importing._CopyStream(COUNTRIES, "countries", ignore)
        pieces = []
        while piece := stream.read(7):
            pieces.append(piece)
        assert "".join(pieces) == importing._CopyStream(COUNTRIES, "countries", ignore).read()
        assert {len(piece) for piece in pieces[:-1]} == {7}

    def test_leaves_other_troubles_of_the_database_as_they_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*arguments: object) -> None:
            raise OperationalError("the connection was closed")

        monkeypatch.setattr(importing, "_import", gone)
        with pytest.raises(OperationalError, match="closed"):
            import_dataset(world(), ignore)


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_progress_is_one_line_that_changes() -> None:
    from django.core.management.base import OutputWrapper

    terminal = Terminal()
    progress = Progress(OutputWrapper(terminal), quiet=False)
    for done in (100, 100, 200):
        progress("cities", done, 200)
    progress.end("Done.")
    assert terminal.getvalue() == (
        "\r\033[Kcities: 100 of 200 (50 %)\r\033[Kcities: 200 of 200 (100 %)\r\033[KDone.\n"
    )


def test_in_a_log_the_progress_is_a_line_per_quarter() -> None:
    from django.core.management.base import OutputWrapper

    log = io.StringIO()
    progress = Progress(OutputWrapper(log), quiet=False)
    for done in range(0, 101, 5):
        progress("cities", done, 100)
    progress("nothing", 0, 0)
    assert log.getvalue().splitlines() == [
        *(f"cities: {done} of 100 ({done} %)" for done in (0, 25, 50, 75, 100)),
        "nothing: 0 of 0 (100 %)",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_take_turns(bundle: Write) -> None:
    """The second finds the first one's rows, and has nothing to do."""
    outcomes: list[int] = []

    def other() -> None:
        try:
            outcomes.append(import_dataset(world(), ignore).changed)
        finally:
            connection.close()

    threads = [threading.Thread(target=other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, ROWS]
    assert CityImport.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_import_does_not_wait_forever_for_another(bundle: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LOCK_TIMEOUT", "50ms")
    failures: list[Exception] = []

    def other() -> None:
        try:
            import_dataset(world(), ignore)
        except BusyError as error:
            failures.append(error)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [importing.LOCK])
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [importing.LOCK])
    assert [str(failure)[:40] for failure in failures] == ["Another import_cities has been running f"]
    assert not City.objects.exists()


def test_a_dataset_says_what_is_wrong_with_it_before_the_database_is_asked() -> None:
    with pytest.raises(BadDataError, match="a small world: "):
        import_dataset(world(cities=[]), ignore)
