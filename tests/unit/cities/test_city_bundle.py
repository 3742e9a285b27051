"""The bundle: made from packages, written, read, and refused when it is damaged."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cities.bundle import __main__ as command
from cities.bundle import file, packages
from cities.bundle.records import ATTRIBUTION, BadDataError, Dataset
from tests.unit.cities.world import CITIES, world

Write = Callable[[Dataset], Path]


# --- made from packages -----------------------------------------------------------------------------------
def record(number: int, name: str, country: str = "GB", region: str = "ENG", **other: Any) -> dict[str, Any]:
    return {
        "geonameid": number,
        "name": name,
        "latitude": float(number),
        "longitude": 1.0,
        "countrycode": country,
        "population": 100 * number,
        "timezone": "Europe/London",
        "admin1code": region,
        "alternatenames": [f"Other{name}", "noise"],
    } | other


def country(code: str, capital: str) -> dict[str, Any]:
    return {
        "iso": code,
        "iso3": f"{code}X",
        "name": f"Land {code} ",
        "currencycode": "GBP",
        "tld": f".{code.lower()}",
        "capital": capital,
    }


def place(number: int, region: str | None, code: str = "GB") -> dict[str, Any]:
    return {"country_code": code, "latitude": float(number), "longitude": 1.0, "state": region}


def dump_line(number: int, name: str, ascii_name: str, kind: str) -> str:
    return "\t".join([str(number), name, ascii_name, "", "0", "0", "P", kind, *[""] * 11])


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Packages as pip installs them, of a very small country."""
    cities = [
        record(1, "Köln"),
        record(2, "London", population=9000),
        record(3, "Old Capital"),
        record(4, "London", population=1),
        record(5, "Nowhere", region="00"),
        record(6, "Renamed", region="SCT"),
        record(7, "Elsewhere", country="AQ", region=""),
    ]
    places = [
        place(1, "Old England"),
        place(2, "England"),
        place(3, "Old England"),
        place(5, None),
        place(6, "Scotland"),
    ]
    dump = [
        dump_line(1, "Köln", "Koeln", "PPLA2"),
        dump_line(3, "Old Capital", "Old Capital", "PPLC"),
        dump_line(6, "Its Old Name", "Its Old Name", "PPLX"),
    ]
    for path, content in {
        packages.CITIES: json.dumps({str(city["geonameid"]): city for city in cities}).encode(),
        packages.COUNTRIES: json.dumps({"GB": country("GB", "London"), "AQ": country("AQ", "")}).encode(),
        packages.PLACES: gzip.compress(json.dumps(places).encode()),
        packages.KINDS: "\n".join(dump).encode(),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "geotext-0.4.0.dist-info").mkdir()
    return tmp_path


def test_a_region_has_the_name_under_which_most_of_its_people_are_listed(installed: Path) -> None:
    regions = {(region.country, region.code): region.name for region in packages.build(installed).regions}
    assert regions == {("GB", "ENG"): "England", ("GB", "SCT"): "Scotland"}


def test_a_city_has_a_region_only_if_the_region_has_a_name(installed: Path) -> None:
    regions = {city.id: city.region for city in packages.build(installed).cities}
    assert regions == {1: "ENG", 2: "ENG", 3: "ENG", 4: "ENG", 5: "", 6: "SCT", 7: ""}


def test_the_capital_is_where_the_country_says(installed: Path) -> None:
    kinds = {city.id: city.kind for city in packages.build(installed).cities}
    assert kinds == {1: "PPLA2", 2: "PPLC", 3: "PPLA", 4: "PPL", 5: "PPL", 6: "PPLX", 7: "PPL"}


def test_an_ascii_name_is_geonames_own_where_the_name_is_still_the_same(installed: Path) -> None:
    names = {city.id: city.ascii_name for city in packages.build(installed).cities}
    assert (names[1], names[6]) == ("Koeln", "Renamed")


def test_countries_come_without_blanks_and_dots(installed: Path) -> None:
    countries = packages.build(installed).countries
    assert [(row.code, row.name, row.tld) for row in countries] == [
        ("AQ", "Land AQ", "aq"),
        ("GB", "Land GB", "gb"),
    ]


def test_the_same_packages_always_make_the_same_bytes(installed: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    file.write(packages.build(installed), one)
    file.write(packages.build(installed), other)
    assert one.read_bytes() == other.read_bytes()


def test_the_bundle_names_geonames_and_where_it_comes_from(installed: Path, tmp_path: Path) -> None:
    file.write(packages.build(installed), tmp_path / "bundle")
    header = json.loads(gzip.decompress((tmp_path / "bundle").read_bytes()).splitlines()[0])
    assert header["attribution"] == ATTRIBUTION
    assert header["sources"] == ["geotext 0.4.0"]


def test_the_command_writes_a_bundle_and_says_what_is_in_it(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "FEWEST", {"countries": 2, "regions": 2, "cities": 7})
    assert command.main([str(tmp_path / "new" / "out"), str(installed)]) == 0
    assert "2 countries, 2 regions, 7 cities" in capsys.readouterr().out
    assert len(file.read(tmp_path / "new" / "out").dataset().cities) == 7


def test_the_command_refuses_half_a_world(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(tmp_path / "out"), str(installed)]) == 1
    assert "only 2 countries, at least 240 expected" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path / "out"), str(tmp_path)]) == 1
    assert "bundle-requirements.txt" in capsys.readouterr().err


# --- written and read -------------------------------------------------------------------------------------
def test_what_was_written_is_read(bundle: Write) -> None:
    read = file.read(bundle(world())).dataset()
    assert list(read.rows()) == list(world().rows())
    assert read.version == world().version


@pytest.mark.parametrize("name", ["tab\there", "line\nbreak", "line\u2028break"])
def test_a_value_that_would_break_a_line_is_not_written(bundle: Write, name: str) -> None:
    with pytest.raises(ValueError, match="tab or line break"):
        bundle(world([CITIES[0]._replace(name=name)]))


def damaged(path: Path, change: Callable[[list[str]], list[str]]) -> Path:
    """The file with its lines changed, its header left as it is."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in change(lines)).encode()))
    return path


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off_is_refused(bundle: Write, share: float) -> None:
    path = bundle(world())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadDataError, match=rf"{path}, line \d+: .*Nothing was imported"):
        file.read(path)


def test_a_file_of_which_bytes_changed_is_refused(bundle: Write) -> None:
    path = bundle(world())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=rf"{path}, line \d+: "):
        file.read(path)


def test_missing_and_surplus_lines_are_counted(bundle: Write) -> None:
    rows = sum(1 for _ in world().rows())
    with pytest.raises(
        BadDataError, match=f"line {rows}: the file ends here, but should have {rows + 1} lines"
    ):
        file.read(damaged(bundle(world()), lambda lines: lines[:-1]))
    with pytest.raises(BadDataError, match=f"line {rows + 2}: the file goes on"):
        file.read(damaged(bundle(world()), lambda lines: [*lines, lines[-1]]))


@pytest.mark.parametrize(
    ("line", "old", "new", "reason"),
    [
        (3, "DEU\t", "", "not a row of countries"),
        (10, "Bahia", "Bahia\tBahia", "not a row of regions"),
        (-1, "-12.60472", "north", "not a row of cities: could not convert"),
        (-1, "-12.60472", "-92.60472", "not a place on earth"),
        (-1, "-12.60472", "nan", "not a place on earth"),
        (-1, "3450964", "0", "not a GeoNames id"),
        (-1, "15000", "-5", "not a number of people"),
        (-1, "America/Bahia", "", "needs a name, an ASCII name and a time zone"),
        (-1, "Sao Felix", "São Felix", "needs a name, an ASCII name and a time zone"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(bundle: Write, line: int, old: str, new: str, reason: str) -> None:
    path = bundle(world())
    number = line if line > 0 else sum(1 for _ in world().rows()) + 1

    def change(lines: list[str]) -> list[str]:
        assert old in lines[number - 1]
        return [*lines[: number - 1], lines[number - 1].replace(old, new), *lines[number:]]

    with pytest.raises(BadDataError, match=f"line {number}: .*{reason}"):
        file.read(damaged(path, change))


def test_a_change_that_makes_sense_is_seen_by_the_digest(bundle: Write) -> None:
    with pytest.raises(BadDataError, match="line 1: the digest of the lines below is"):
        file.read(
            damaged(bundle(world()), lambda lines: [line.replace("8961989", "9961989") for line in lines])
        )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "sha256": "x", "tables": {}}',
        '{"format": 1, "sha256": "x", "tables": {"countries": "1", "regions": 1, "cities": 1}}',
        '{"format": 1, "sha256": 1, "tables": {"countries": 1, "regions": 1, "cities": 1}}',
    ],
)
def test_a_file_of_another_sort_is_refused(bundle: Write, header: str) -> None:
    with pytest.raises(BadDataError, match="line 1: not a bundle of cities"):
        file.read(damaged(bundle(world()), lambda lines: [header, *lines[1:]]))


def test_a_bundle_of_another_format_is_refused(bundle: Write) -> None:
    path = damaged(
        bundle(world()), lambda lines: [lines[0].replace('"format": 1', '"format": 2'), *lines[1:]]
    )
    with pytest.raises(BadDataError, match="format 2 is not the 1"):
        file.read(path)


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("id,name\n")
    with pytest.raises(BadDataError, match=r"cities.csv, line 1: truncated or damaged \(Not a gzipped file"):
        file.read(tmp_path / "cities.csv")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cities.csv.gz").write_bytes(gzip.compress("{}\nSão".encode("latin-1")))
    with pytest.raises(BadDataError, match="line 2: not UTF-8"):
        file.read(tmp_path / "cities.csv.gz")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"nothing: there is no such file\. .*--file"):
        file.read(tmp_path / "nothing")
    with pytest.raises(BadDataError, match="cannot be read: Is a directory"):
        file.read(tmp_path)
