"""The report of a run: data, plots, page, objectives, comparison."""

import json
import shutil
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from dev import reports
from dev.errors import HostError, WitwError
from dev.load import compare, document, measures, objectives, page, plots, report
from tests.harness.load_runs import a_run


def judged(run_failed: int = 0) -> dict[str, bool]:
    found = measures.of(a_run(failed=run_failed))
    verdicts = objectives.judge(objectives.load(), found, profile="spike", size="small", target="cluster")
    return {one.objective.name: one.passed for one in verdicts}


def test_a_good_run_reaches_every_objective() -> None:
    assert set(judged().values()) == {True}


def test_one_failed_request_misses_one_objective() -> None:
    assert [name for name, passed in judged(run_failed=1).items() if not passed] == ["No request fails"]


def test_what_was_not_measured_is_not_reached() -> None:
    wanted = objectives.Objective(name="x", measure="replicas.most_ready", at_least=1)

    (verdict,) = objectives.judge((wanted,), {}, profile="spike", size="", target="compose")

    assert (verdict.value, verdict.passed) == (None, False)


def test_an_objective_for_another_profile_is_not_asked_for() -> None:
    wanted = objectives.Objective(name="x", measure="requests.total", at_least=1, profiles=("soak",))

    assert not objectives.judge((wanted,), {}, profile="spike", size="", target="compose")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("objectives: [{name: x, measure: y}]", "needs at_most or at_least"),
        ("objectives: [{name: x, measure: y, at_mots: 1, at_least: 1}]", "at_mots"),
        ("objectives: [", "cannot be read"),
    ],
)
def test_a_file_of_objectives_that_is_wrong_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "objectives.yaml"
    file.write_text(text)

    with pytest.raises(WitwError) as caught:
        objectives.load(file)

    assert complaint in f"{caught.value.message} {caught.value.details}"


def test_the_measures_are_those_of_the_run() -> None:
    found = measures.of(a_run(failed=2))

    assert found["requests.total"] == 200
    assert found["failures.share_percent"] == 1
    assert found["latency.p95_ms"] == 20
    assert (found["replicas.least_ready"], found["replicas.most_ready"]) == (2, 4)
    assert found["replicas.changes_of_direction"] == 1
    assert found["gateway.retries"] == 1
    assert found["queue.at_the_end"] == 0
    assert found["memory.most_of_one_mib"] == 100


@pytest.mark.parametrize(
    ("values", "turns"), [([2, 2, 2], 0), ([2, 4, 4, 6], 0), ([2, 4, 2], 1), ([2, 4, 2, 4, 4, 2], 3)]
)
def test_flapping_is_counted_by_changes_of_direction(values: list[float], turns: int) -> None:
    assert measures.turns(values) == turns


def test_plots_are_drawn_from_a_report_that_was_kept(tmp_path: Path) -> None:
    made = json.loads(json.dumps(document.of(a_run(failed=3), [])))

    names = plots.draw(made, tmp_path)

    assert names[0] == "overview.png"
    assert {"replicas.png", "failures.png", "latency.png", "queue.png"} < set(names)
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


@pytest.mark.parametrize("name", plots.PANELS)
def test_every_plot_says_what_it_shows_and_tells_its_lines_apart_in_grey_too(name: str) -> None:
    made = json.loads(json.dumps(document.of(a_run(failed=3), [])))
    panel, has_data = plots.PANELS[name]
    axis = Figure().subplots()

    panel(axis, made)
    plots._finish(axis, made, 20, label=True)

    assert has_data(made)
    assert axis.get_title(loc="left") or axis.get_title()
    assert axis.get_ylabel()
    assert axis.get_xlabel() == plots.TIME
    assert axis.get_legend() is not None
    looks = [(line.get_color(), line.get_linestyle()) for line in axis.get_lines()]
    assert len(looks) == len(set(looks))
    assert bool(looks) != (name == "failures")


def test_a_stack_without_replicas_has_no_plot_of_them() -> None:
    run = a_run()
    for name in ("desired", "current", "ready"):
        del run.samples.series[f"replicas.{name}"]

    assert "replicas" not in plots.shown(document.of(run, []))


def test_the_page_holds_its_pictures_and_says_what_was_missed(tmp_path: Path) -> None:
    run = a_run(failed=1)
    run.interrupted = True
    found = measures.of(run)
    verdicts = objectives.judge(objectives.load(), found, profile="spike", size="small", target="cluster")
    picture = tmp_path / "overview.png"
    picture.write_bytes(b"\x89PNG")

    text = page.make(document.of(run, verdicts), [picture])

    assert 'src="data:image/png;base64,' in text
    assert "MISSED" in text
    assert "ended before its time" in text
    assert "No answer from pods from 9 s to 10 s" in text
    assert "SuccessfulRescale" in text
    assert "http://localhost" not in text.replace(run.target.url, "")


def test_names_from_the_stack_cannot_break_the_page() -> None:
    run = a_run()
    run.notes.append("<script>alert(1)</script>")

    assert "<script>" not in page.make(document.of(run, []), [])


def test_a_report_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "draw", lambda _: [])
    report.write(a_run(), [], tmp_path)

    assert {file.name for file in tmp_path.iterdir()} == {
        "report.html", "report.json", "requests.csv", "samples.csv"
    }  # fmt: skip
    assert (tmp_path / "requests.csv").read_text().splitlines()[1].startswith("0,10,10,0,20.0,20.0,20.0")
    assert "cpu/witw-1,9," in (tmp_path / "samples.csv").read_text().splitlines()
    assert document.read(tmp_path)["measures"]["requests.total"] == 200


def test_a_disk_without_room_is_found_before_the_run(
    own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "FOLDER", own_state)
    usage = shutil.disk_usage("/")._replace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(HostError, match="1 MiB left") as caught:
        report.new_folder()

    assert "docker system df" in caught.value.remedy
    assert not list((own_state / "reports").iterdir())


def test_a_disk_that_fills_up_meanwhile_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dev.state.write", full)

    with pytest.raises(HostError, match="No space left"):
        report.write(a_run(), [], tmp_path)


def test_two_reports_are_compared_by_ratios() -> None:
    first, second = (document.of(a_run(ms=ms), []) for ms in (20, 50))
    second["facts"] = {**second["facts"], "image of app": "witw/app@sha256:2"}

    ratios = {row.measure: row.ratio for row in compare.rows(first, second)}

    assert ratios["latency.p95_ms"] == 2.5
    assert ratios["requests.total"] == 1
    assert compare.differences(first, second) == [("image of app", "witw/app@sha256:1", "witw/app@sha256:2")]


def test_a_measure_that_one_run_lacks_has_no_ratio() -> None:
    first, second = (document.of(a_run(), []) for _ in range(2))
    del second["measures"]["replicas.most_ready"]
    first["measures"]["failures.total"], second["measures"]["failures.total"] = 0, 3

    ratios = {row.measure: row.ratio for row in compare.rows(first, second)}

    assert ratios["replicas.most_ready"] is None
    assert ratios["failures.total"] is None


def test_a_folder_that_holds_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WitwError, match="no report of a load run"):
        document.read(tmp_path)
    (tmp_path / "report.json").write_text('{"schema": 0}')
    with pytest.raises(WitwError, match="another version"):
        document.read(tmp_path)
