"""`./witw bench resume` and `bench scale`: what they make of their trials, and what they put back."""

import io
import json

import pytest
from rich.console import Console

from dev import cli, park, process, reports, settings
from dev.bench import plots, pressure, resume, scale, scalers, trials
from dev.bench.trials import Trials
from dev.console import Stage
from dev.errors import ClusterError, StackError
from dev.process import Result


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3.0], 95, 3.0), ([1.0, 2.0, 3.0], 50, 2.0), ([4.0, 1.0, 2.0], 75, 3.0), ([1.0, 2.0], 100, 2.0)],
)
def test_percentiles_lie_between_the_values_beside_them(values, share, expected):
    assert trials.percentile(values, share) == pytest.approx(expected)


def some():
    found = Trials("Something", {"whole": {"ours": 3.0, "theirs": 1.0}})
    for number in range(10):
        found.add("whole", "ours", 1 + number / 10)
        found.add("whole", "theirs", 2 + number)
    return found


def test_the_table_tells_the_percentiles_and_what_was_missed(tmp_path):
    shown = Console(file=io.StringIO(), width=120, force_terminal=True, color_system="standard")
    shown.print(some().table())
    said = shown.file.getvalue()
    assert "1.45" in said
    assert "10.55" in said
    assert "\x1b[31m10.55" in said.replace("\x1b[0;31m", "\x1b[31m")
    kept = json.loads(some().write(tmp_path).read_text())
    assert kept["percentiles"]["whole"]["ours"] == {"p50": 1.45, "p95": 1.855}
    assert len(kept["seconds"]["whole"]["theirs"]) == 10


def test_a_trial_that_came_to_no_end_is_told_and_in_no_percentile(tmp_path):
    found = some()
    found.miss("theirs", "no extra pod")
    shown = Console(file=io.StringIO(), width=120)
    shown.print(found.table())
    assert "came to no end" in shown.file.getvalue()
    kept = json.loads(found.write(tmp_path).read_text())
    assert kept["missed"] == {"theirs": ["no extra pod"]}
    assert len(kept["seconds"]["whole"]["theirs"]) == 10


class Engine:
    """A stack that sleeps and wakes as told."""

    def __init__(self, monkeypatch, fails=False):
        self.done, self.fails = [], fails
        monkeypatch.setattr(park, "park", lambda _, deep: self.done.append("stop" if deep else "freeze"))
        monkeypatch.setattr(park, "resume", self.resume)
        monkeypatch.setattr(park, "ask", lambda _: "")
        monkeypatch.setattr(resume, "CALM", 0)
        monkeypatch.setattr(resume.time, "sleep", self.sleep)

    def resume(self, _):
        self.done.append("wake")
        return 0.25

    def sleep(self, seconds):
        self.done.append(f"sleep {seconds:g}")
        if self.fails:
            raise KeyboardInterrupt


STACK = park.Stack("compose", "own", settings.Settings(), 8080)


def test_every_trial_parks_sleeps_and_wakes(monkeypatch):
    engine, found = Engine(monkeypatch), resume.of(STACK)
    resume.measure(STACK, resume.STOPPED, 2, 5, found, Stage("stopped"))
    assert engine.done == ["stop", "sleep 5", "wake"] * 2
    assert found.seconds == {resume.STAGE: {"stopped": [0.25, 0.25]}}


def test_a_bench_that_is_interrupted_leaves_nothing_asleep(monkeypatch):
    engine = Engine(monkeypatch, fails=True)
    with pytest.raises(KeyboardInterrupt):
        resume.measure(STACK, resume.FROZEN, 2, 5, resume.of(STACK), Stage("frozen"))
    assert engine.done[-1] == "wake"


def test_a_stack_that_does_not_answer_is_not_parked(monkeypatch):
    engine = Engine(monkeypatch)
    monkeypatch.setattr(park, "ask", lambda _: "503")
    monkeypatch.setattr(resume, "CALM", 1)
    monkeypatch.setattr(park, "ANSWER_TIMEOUT", -1)
    with pytest.raises(StackError, match="does not answer: 503"):
        resume.measure(STACK, resume.FROZEN, 1, 5, resume.of(STACK), Stage("frozen"))
    assert "freeze" not in engine.done


def test_a_way_that_is_misspelt_is_named_before_anything_is_done(capsys):
    assert cli.main(["bench", "resume", "--ways", "frozzen"]) == 1
    assert "did you mean frozen?" in capsys.readouterr().err
    assert cli.main(["bench", "scale", "--ways", "stock HPV"]) == 1
    assert "did you mean stock HPA?" in capsys.readouterr().err


def test_figures_are_kept_and_drawn_whatever_ends_the_run(monkeypatch, tmp_path, capsys):
    Engine(monkeypatch)
    drawn = []
    monkeypatch.setattr(park, "choose", lambda *_, **__: [STACK])
    monkeypatch.setattr(reports, "new_folder", lambda _: tmp_path)
    monkeypatch.setattr(trials, "draw", lambda folder, _: drawn.append(folder) or folder / "trials.png")
    assert cli.main(["bench", "resume", "--trials", "3", "--ways", "frozen"]) == 0
    kept = json.loads((tmp_path / "figures.json").read_text())
    assert kept["seconds"] == {resume.STAGE: {"frozen": [0.25] * 3}}
    assert drawn == [tmp_path]
    assert str(tmp_path / "trials.png") in capsys.readouterr().out.replace("\n", "")


def test_stages_add_up_to_the_whole():
    seen = scale.Seen(10.0, {scale.DECISION: 14.0, scale.CREATED: 15.0, scale.READY: 19.0})
    assert seen.stages() == {scale.DECISION: 4, scale.CREATED: 1, scale.READY: 4, scale.WHOLE: 9}


def test_what_was_seen_first_counts():
    seen = scale.Seen(0.0, {scale.DECISION: 1.0})
    seen.note(scale.DECISION)
    assert seen.at[scale.DECISION] == 1.0


SCALED = {
    "metadata": {"name": "witw"},
    "spec": {
        "minReplicaCount": 2, "maxReplicaCount": 6, "pollingInterval": 5, "advanced": {"fast": True},
        "scaleTargetRef": {"kind": "Deployment", "name": "witw"},
        "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}],
    },
}  # fmt: skip


class Cluster:
    """A cluster that remembers what it was told, with controllers that run with an argument."""

    def __init__(self, monkeypatch):
        self.words, self.applied, self.period = [], [], "5s"
        self.kube = self.ours = self
        self.name, self.control_plane = "cluster own", "own-control-plane"
        monkeypatch.setattr(scalers.process, "run", self.exec)

    def exec(self, command, **_):
        assert command[:3] == ["docker", "exec", "own-control-plane"]
        self.period = command[-1].partition("=.*/")[2].partition("=")[2].partition("/")[0]
        return Result(0, "", "")

    def list(self, kind, *_, **__):
        if kind == "Pod":
            words = ["kube-controller-manager", f"{scalers.SYNC}={self.period}"]
            ready = {"conditions": [{"type": "Ready", "status": "True"}]}
            return [{"spec": {"containers": [{"command": words}]}, "status": ready}]
        container = {"name": "server", "args": ["--kubelet-insecure-tls", f"{scalers.RESOLUTION}=10s"]}
        return [
            {
                "metadata": {"name": "metrics-server", "namespace": "metrics"},
                "spec": {"template": {"spec": {"containers": [container]}}},
            }
        ]

    def run_kubectl(self, *words, stdin=None, timeout=0):
        self.words.append(" ".join(words))
        if stdin:
            self.applied.append(json.loads(stdin))
        return Result(0, "", "")

    def told(self, word):
        return [line for line in self.words if word in line]


def test_our_way_changes_nothing_of_the_cluster(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.OURS, to, SCALED, Stage("ours")) as scaler:
        scaler.reset()
        scaler.begin()
    assert scaler.hpa == "keda-hpa-witw"
    assert to.period == "5s"
    assert not to.told("patch")
    annotations = [line.rpartition(" ")[2] for line in to.told("annotate")]
    assert annotations == [f"{scalers.PAUSED}=2", f"{scalers.PAUSED}-", f"{scalers.PAUSED}-"]


def test_without_load_one_pod_more_is_asked_for_by_a_word(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.NO_LOAD, to, SCALED, Stage("no load")) as scaler:
        scaler.reset()
        scaler.begin()
        bench = scale.Bench(to, SCALED, "witw/bench:dev", "http://127.0.0.1:1/", 1)
        with bench._step(scaler) as began:
            assert began > 0
    annotations = [line.rpartition(" ")[2] for line in to.told("annotate")]
    assert annotations == [f"{scalers.PAUSED}=2", f"{scalers.PAUSED}=3", f"{scalers.PAUSED}-"]


@pytest.mark.parametrize("way", [scalers.STOCK_KEDA, scalers.STOCK_HPA])
def test_a_stock_way_puts_everything_back_even_when_it_is_interrupted(monkeypatch, way):
    to = Cluster(monkeypatch)

    def interrupted():
        with scalers.of(way, to, SCALED, Stage(way)):
            assert to.period == "15s"
            assert f"{scalers.RESOLUTION}=15s" in to.told("metrics-server")[0]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert to.period == "5s"
    assert f"{scalers.RESOLUTION}=10s" in to.told("patch deployment/metrics-server")[-1]
    assert to.words[-1].endswith(f"{scalers.PAUSED}-")
    if way == scalers.STOCK_KEDA:
        first, last = to.told("patch scaledobjects")
        assert '{"pollingInterval": null, "advanced": null}' in first
        assert '{"pollingInterval": 5, "advanced": {"fast": true}}' in last
    else:
        assert to.told(f"delete horizontalpodautoscaler/{scalers.STOCK_NAME}")


def test_the_stock_autoscaler_has_our_threshold_and_nothing_else_of_ours(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.STOCK_HPA, to, SCALED, Stage("stock")) as scaler:
        scaler.begin()
    spec = to.applied[0]["spec"]
    assert "behavior" not in spec
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 6)
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}


def test_a_cluster_without_metrics_is_named_before_it_is_changed(monkeypatch):
    to = Cluster(monkeypatch)
    monkeypatch.setattr(to, "list", lambda *_, **__: [])
    way = scalers.of(scalers.STOCK_HPA, to, SCALED, Stage("stock"))
    with pytest.raises(ClusterError, match="no metrics-server"), way:
        pass
    assert to.period == "5s"


def test_the_load_begins_at_a_word_and_is_ended_from_outside(monkeypatch, program):
    """A stand-in for docker that waits as wrk's container does, and one that ends it."""
    program(
        "docker",
        """case "$1" in
        logs) echo ready ;;
        run) read word; sleep 60 & echo $! >"$0.pid"; wait $! ;;
        rm) until [ -s "$0.pid" ]; do sleep 0.01; done; kill -KILL "$(cat "$0.pid")" ;;
        esac""",
    )
    with pressure.step("witw/bench:dev", "http://127.0.0.1:1/", connections=1, most_seconds=60) as began:
        assert began > 0
    assert not process._children


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["at once", "after the word"])
def test_a_load_that_ends_badly_by_itself_is_an_error(monkeypatch, program, seconds):
    program("docker", f"""[ "$1" = run ] && {{ sleep {seconds}; exit 125; }}; echo ready""")
    begun = pressure.step("witw/bench:dev", "http://127.0.0.1:1/", connections=1, most_seconds=60)
    with pytest.raises(process.ProcessError), begun:
        pass


def test_the_picture_holds_every_trial(tmp_path):
    some().write(tmp_path)
    file = plots.draw(json.loads((tmp_path / "figures.json").read_text()), tmp_path)
    assert file.stat().st_size > 10_000
