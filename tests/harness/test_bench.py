"""`./witw bench app`: what it runs, what it makes of the answers, and what it leaves behind."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dev import base_image, cli, reports, state
from dev.bench import load, memory
from dev.bench.report import Figures
from dev.errors import StackError
from tests.harness.conftest import Program

MEASURED = load.Load(6000, 10.0, 6_000_000, 0, 0, p50_ms=1.5, p95_ms=3.0, p99_ms=9.0)
COST = {
    "times": 9,
    "p50_ms": 8.0,
    "p95_ms": 9.0,
    "most_ms": 9.9,
    "all_p50_ms": 12.0,
    "queries": 8,
    "most_matches": 3,
}

# Docker as the bench sees it: two containers, a wrk, and a manage.py that measures.
DOCKER = r"""
echo "$*" >> "$LOG"
case "$*" in
  *"compose version"*) echo 2.26.1 ;;
  *" config "*) echo '{"name": "witw", "services": {}}' ;;
  "ps "*) echo one; echo two ;;
  "inspect "*) cat "$CONTAINERS" ;;
  "stats "*) echo "witw-app-1 100MiB / 512MiB"; echo "witw-gateway-1 20.5MiB / 256MiB" ;;
  "image inspect "*) echo 214000000; echo 188000000 ;;
  "exec "*smaps_rollup*) echo '[50331648, 104857600]' ;;
  *"endpoints"*) echo '{"cookie": "sessionid=abc", "paths": {"/api/users": {"queries": 11, "status": 200, "bytes": 5}}}' ;;
  *"measure_bench"*) echo "$COST" ;;
  *"--script="*) echo "Running"; echo "$WRK" ;;
esac
"""  # noqa: E501 (each answer on its line)


def container(service: str) -> dict[str, Any]:
    return {
        "Id": service,
        "Name": f"/witw-{service}-1",
        "Image": f"sha256:{service}",
        "Config": {"Labels": {"com.docker.compose.service": service}, "Image": f"witw/{service}:dev"},
        "State": {"Running": True, "Status": "running"},
    }


@pytest.fixture
def docker(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Stands in for Docker with a stack that is up; tells what it was asked to do."""
    log = tmp_path / "log"
    (tmp_path / "containers").write_text(json.dumps([container("app"), container("gateway")]))
    monkeypatch.setenv("LOG", str(log))
    monkeypatch.setenv("CONTAINERS", str(tmp_path / "containers"))
    monkeypatch.setenv("COST", json.dumps(COST))
    monkeypatch.setenv("WRK", json.dumps(MEASURED.__dict__))
    monkeypatch.setattr(reports, "FOLDER", state.FOLDER)
    monkeypatch.setattr(base_image, "ensure", lambda *_: ("base", ""))
    program("docker", DOCKER)
    return lambda: log.read_text().splitlines()


def figures() -> dict[str, Any]:
    """What the only report holds."""
    (file,) = state.FOLDER.glob("reports/bench-*/figures.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_everything_is_measured_shown_and_kept(
    docker: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    state.set_stamp("up", seconds=20.5, stages=[{"stage": "images", "seconds": 19.5}])
    assert cli.main(["bench", "app", "--seconds", "3"]) == 0
    found = figures()
    assert list(found["loads"]) == [target.name for target in load.TARGETS]
    assert found["loads"]["users"]["per_second"] == 600.0
    assert found["bookings"] == dict.fromkeys(("1000", "100000", "1000000"), COST)
    assert found["moves"] == COST
    assert found["idle"] == {"witw-app-1": 100 * 1024**2, "witw-gateway-1": int(20.5 * 1024**2)}
    assert found["workers"] == {"witw-app-1": [48 * 1024**2, 100 * 1024**2]}
    assert found["images"] == {"witw/app:dev": 214000000, "witw/gateway:dev": 188000000}
    said = capsys.readouterr().out
    for shown in (
        "users/me",
        "bare Django view",
        "book a trip, 1,000,000 in the table",
        "images",
        "20.5",
        "figures.json",
    ):
        assert shown in said


def test_the_load_is_bounded_and_stays_in_the_stack(docker: Callable[[], list[str]]) -> None:
    assert cli.main(["bench", "app", "--seconds", "3", "--most-trips", "0"]) == 0
    loads = [line for line in docker() if "--script=" in line]
    assert len(loads) == len(load.TARGETS)
    for line in loads:
        assert "--connections=8 --duration=3s" in line
        assert "http://gateway:80" in line
        assert "Cookie: sessionid=abc" in line
    assert "/api/cities?search=s%C3%A3o" in loads[-1]


def test_tables_grow_to_the_sizes_that_are_measured(docker: Callable[[], list[str]]) -> None:
    assert cli.main(["bench", "app", "--most-trips", "100000"]) == 0
    seeds = [
        line.split("seed_bench ")[1]
        for line in docker()
        if "witw_bench migrate" in line and "seed_bench" in line
    ]
    assert seeds == [
        "--teams=1 --people=50 --trips=1000",
        "--teams=48 --people=50 --trips=2000 --no-matches",
        "--teams=1 --people=50 --trips=2000",
        "--teams=1 --people=50 --trips=20000",
    ]


@pytest.mark.parametrize("failing", ["", "measure_bench", "--script="])
def test_what_was_made_is_taken_away_even_after_a_failure(
    docker: Callable[[], list[str]], program: Program, failing: str
) -> None:
    if failing:
        program("docker", f'case "$*" in *{failing}*) echo "$*" >> "$LOG"; exit 3 ;; esac\n{DOCKER}')
    assert cli.main(["bench", "app"]) == (1 if failing else 0)
    asked = docker()
    (seeded,) = [at for at, line in enumerate(asked) if "exec" in line and "seed_bench --teams" in line]
    (removed,) = [at for at, line in enumerate(asked) if "seed_bench --remove" in line]
    assert seeded < removed
    if not failing:
        assert "DROP DATABASE" in [line for line in asked if "DATABASE" in line][-1]


def test_a_database_of_its_own_goes_even_after_a_failure(
    docker: Callable[[], list[str]], program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program("docker", f'case "$*" in *bookings*) echo "it broke"; exit 3 ;; esac\n{DOCKER}')
    assert cli.main(["bench", "app"]) == 1
    assert [line.split("--command=")[1].split()[0] for line in docker() if "DATABASE" in line] == [
        "DROP",
        "CREATE",
        "DROP",
    ]
    assert "it broke" in capsys.readouterr().err
    assert figures()["loads"], "what was measured before is kept"


def test_requests_that_fail_are_no_measurement(
    docker: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WRK", json.dumps(MEASURED.__dict__ | {"bad_answers": 7}))
    assert cli.main(["bench", "app"]) == 1
    assert "of 6,000 requests 7 were answered with an error" in capsys.readouterr().err


def test_without_a_stack_it_says_what_to_do(
    docker: Callable[[], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "containers").write_text("[]")
    assert cli.main(["bench", "app"]) == 1
    assert "./witw up" in capsys.readouterr().err


def test_what_wrk_says_must_end_in_figures() -> None:
    assert load.parse(f"Running 3s test\n{json.dumps(MEASURED.__dict__)}\n") == MEASURED
    for said in ("", "unable to connect", '{"requests": 1}', "3"):
        with pytest.raises(StackError, match="did not say"):
            load.parse(said)


def test_nothing_measured_is_no_rate() -> None:
    assert load.Load(0, 0.0, 0, 0, 0, 0.0, 0.0, 0.0).per_second == 0


@pytest.mark.parametrize(
    ("text", "expected"), [("0B", 0), ("1.5KiB", 1536), ("61.5MiB", 64487424), ("1.25GiB", 1342177280)]
)
def test_sizes_are_read_as_docker_writes_them(text: str, expected: int) -> None:
    assert memory.parse_size(text) == expected


def test_another_way_to_write_sizes_is_noticed() -> None:
    with pytest.raises(ValueError, match="as docker stats writes it"):
        memory.parse_size("61,5 MB")


def shown(figures: Figures) -> list[str]:
    """The rows of its tables, as text."""
    page = io.StringIO()
    for table in figures.tables():
        Console(file=page, width=200).print(table)
    return page.getvalue().splitlines()


def row(figures: Figures, name: str) -> str:
    (found,) = [line for line in shown(figures) if f" {name} " in line]
    return found


def test_a_figure_that_is_not_reached_is_marked() -> None:
    slow = load.Load(900, 10.0, 900, 0, 0, 1.0, 2.0, 3.0)
    paths = {"/api/users": {"queries": 10}, "/api/trips": {"queries": 11}}
    loads = {"users": MEASURED, "trips": MEASURED, "matches": slow, "users/me": MEASURED}
    measured = Figures(loads=loads, paths=paths)
    assert "reached" in row(measured, "users")
    assert "missed" in row(measured, "trips"), "11 queries"
    assert "missed" in row(measured, "matches"), "90 requests per second"
    assert "600" in row(measured, "users/me")


def test_changes_are_held_to_time_and_queries() -> None:
    many = COST | {"queries": 16}
    slow = COST | {"p50_ms": 20.1}
    measured = Figures(bookings={1000: COST, 100_000: many, 1_000_000: slow}, moves=COST | {"p50_ms": 499.0})
    verdicts = [
        "reached" in row(measured, f"book a trip, {size:,} in the table") for size in measured.bookings
    ]
    assert verdicts == [True, False, False]
    assert "reached" in row(measured, "move home, 20,000 trips in the team")


def test_memory_and_images_are_held_to_their_limits() -> None:
    mebibyte = memory.MEBIBYTE
    measured = Figures(
        idle={"a": 1000 * mebibyte, "b": 25 * mebibyte},
        workers={"a": [90 * mebibyte], "b": [91 * mebibyte]},
        images={"witw/app:dev": 251_000_000, "witw/node:dev": 900_000_000},
    )
    assert "missed" in row(measured, "all containers, idle")
    assert "reached" in row(measured, "a worker of a after the load (PSS)")
    assert "missed" in row(measured, "a worker of b after the load (PSS)")
    assert "missed" in row(measured, "witw/app:dev")
    assert "missed" not in row(measured, "witw/node:dev")


def test_what_was_not_measured_is_not_shown() -> None:
    assert shown(Figures()) == []
