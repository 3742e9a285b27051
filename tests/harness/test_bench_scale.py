"""`./witw bench scale`: its loads, its autoscalers, what counts, and what it puts back."""

import contextlib
import json
from types import SimpleNamespace

import pytest

from dev import process
from dev.bench import pressure, scale, scalers, stock
from dev.bench.trials import Trials
from dev.console import Report, Stage
from dev.errors import ClusterError
from dev.process import Result
from dev.vacation_plan import UNTIL


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
        self.interrupted_at = None
        self.kube = self.ours = self
        self.name, self.control_plane = "cluster own", "own-control-plane"
        monkeypatch.setattr(stock.process, "run", self.exec)

    def exec(self, command, **_):
        assert command[:3] == ["docker", "exec", "own-control-plane"]
        self.period = command[-1].partition("=.*/")[2].partition("=")[2].partition("/")[0]
        self.note("controllers")
        return Result(0, "", "")

    def list(self, kind, *_, **__):
        if kind == "Pod":
            words = ["kube-controller-manager", f"{stock.SYNC}={self.period}"]
            ready = {"conditions": [{"type": "Ready", "status": "True"}]}
            return [{"spec": {"containers": [{"command": words}]}, "status": ready}]
        container = {"name": "server", "args": ["--kubelet-insecure-tls", f"{stock.RESOLUTION}=10s"]}
        return [
            {
                "metadata": {"name": "metrics-server", "namespace": "metrics"},
                "spec": {"template": {"spec": {"containers": [container]}}},
            }
        ]

    def run_kubectl(self, *words, stdin=None, timeout=0):
        if stdin:
            self.applied.append(json.loads(stdin))
        self.note(" ".join(words))
        return Result(0, "", "")

    def note(self, line):
        self.words.append(line)
        if self.interrupted_at and self.interrupted_at in line:
            self.interrupted_at = None
            raise KeyboardInterrupt

    def told(self, word):
        return [line for line in self.words if word in line]

    def patches(self):
        return [json.loads(line.partition("--patch=")[2]) for line in self.told("patch scaledobjects")]


def test_our_way_changes_nothing_of_the_cluster_but_the_name_of_the_autoscaler(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.OURS, to, SCALED, Stage("ours")) as scaler:
        scaler.reset()
        name = scaler.begin()
    assert scaler.period == 5
    assert to.period == "5s"
    assert not to.told("deployment")
    assert to.told("annotate")[0].endswith(f"{scalers.PAUSED}=2")
    first, last = to.patches()
    assert first == {
        "metadata": {"annotations": {scalers.PAUSED: None}},
        "spec": {"advanced": {"horizontalPodAutoscalerConfig": {"name": name}}},
    }
    assert last["metadata"] == {"annotations": {scalers.PAUSED: None}}
    assert last["spec"]["advanced"] == {"fast": True, "horizontalPodAutoscalerConfig": {"name": None}}


@pytest.mark.parametrize("way", [scalers.OURS, scalers.STOCK_KEDA, scalers.STOCK_HPA])
def test_no_trial_has_an_autoscaler_of_which_the_controllers_remember_anything(monkeypatch, way):
    with scalers.of(way, Cluster(monkeypatch), SCALED, Stage(way)) as scaler:
        assert len({scaler.begin() for _ in range(10)}) == 10


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        ({"horizontalPodAutoscalerConfig": {"name": "mine"}}, "mine"),
        ({"horizontalPodAutoscalerConfig": {"name": f"{scalers.KEDA_NAME}-1a2b3c"}}, None),
    ],
    ids=["none", "of the user", "of a run that was killed"],
)
def test_the_name_of_the_autoscaler_is_the_users_again(monkeypatch, before, after):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.OURS, to, {**SCALED, "spec": {**SCALED["spec"], "advanced": before}}, Stage("")):
        pass
    advanced = to.patches()[-1]["spec"]["advanced"]
    assert (advanced and advanced["horizontalPodAutoscalerConfig"]["name"]) == after


def test_without_load_one_pod_more_is_asked_for_by_a_word(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.NO_LOAD, to, SCALED, Stage("no load")) as scaler:
        scaler.reset()
        assert scaler.begin() == ""
        bench = scale.Bench(to, SCALED, "witw/bench:dev", "http://127.0.0.1:1/", 1)
        with bench._held(scaler) as step:
            assert step() > 0
    annotations = [line.rpartition(" ")[2] for line in to.told("annotate")]
    assert annotations == [f"{scalers.PAUSED}=2", f"{scalers.PAUSED}=3"]
    assert to.patches()[-1]["metadata"] == {"annotations": {scalers.PAUSED: None}}


@pytest.mark.parametrize("way", [scalers.STOCK_KEDA, scalers.STOCK_HPA])
@pytest.mark.parametrize("at", ["controllers", "patch deployment/metrics-server", "rollout", "annotate", ""])
def test_a_stock_way_puts_everything_back_wherever_it_is_interrupted(monkeypatch, way, at):
    to = Cluster(monkeypatch)
    to.interrupted_at = at

    def interrupted():
        with scalers.of(way, to, SCALED, Stage(way)) as scaler:
            assert scaler.period == 15
            assert to.period == "15s"
            assert f"{stock.RESOLUTION}=15s" in to.told("metrics-server")[0]
            scaler.begin()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert to.period == "5s"
    if changed := to.told("patch deployment/metrics-server"):
        assert f"{stock.RESOLUTION}=10s" in changed[-1]
    last = to.patches()[-1]
    assert last["metadata"] == {"annotations": {scalers.PAUSED: None}}
    assert last["spec"]["pollingInterval"] == 5
    assert last["spec"]["advanced"]["fast"] is True
    # The autoscaler of the bench goes first: KEDA refuses a ScaledObject beside another one.
    assert (
        to.words.index(to.told(f"delete horizontalpodautoscalers --selector={scalers.LABEL}")[-1])
        < len(to.words) - 1
    )


def test_one_thing_that_cannot_be_put_back_keeps_no_other_from_it(monkeypatch):
    to = Cluster(monkeypatch)
    with pytest.raises(KeyboardInterrupt), scalers.of(scalers.STOCK_HPA, to, SCALED, Stage("")):
        to.interrupted_at = "delete horizontalpodautoscalers"
    assert to.period == "5s"
    assert to.patches()[-1]["metadata"] == {"annotations": {scalers.PAUSED: None}}


def test_stock_keda_has_our_triggers_and_nothing_else_of_ours(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.STOCK_KEDA, to, SCALED, Stage("stock")):
        assert to.patches() == [{"spec": {"pollingInterval": None, "advanced": None}}]


def test_the_stock_autoscaler_has_our_threshold_and_nothing_else_of_ours(monkeypatch):
    to = Cluster(monkeypatch)
    with scalers.of(scalers.STOCK_HPA, to, SCALED, Stage("stock")) as scaler:
        name = scaler.begin()
    spec, metadata = to.applied[0]["spec"], to.applied[0]["metadata"]
    assert metadata["name"] == name
    assert "=".join(*metadata["labels"].items()) == scalers.LABEL
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


class Deployed:
    """A cluster with the app, and with what scales it where a ScaledObject is given."""

    def __init__(self, *scaled_objects):
        container = {"name": "app", "image": "witw/app:dev"}
        app = {"metadata": {"name": "witw"}, "spec": {"template": {"spec": {"containers": [container]}}}}
        self.held = {"Deployment": [app], "scaledobjects.keda.sh": scaled_objects}
        self.kube = self
        self.name, self.cluster = "cluster own", SimpleNamespace(name="own")

    def list(self, kind, *_, **__):
        if not self.held.get(kind):
            raise ClusterError(f"the server has no {kind}")
        return self.held[kind]


def test_a_cluster_without_the_layer_is_told_which_command_adds_it():
    with pytest.raises(ClusterError, match="nothing in the cluster own can scale the app") as caught:
        scale.prepare(Deployed(), "witw/bench:dev", 32)
    assert "./witw up --kind --name own --with autoscaling" in caught.value.remedy


def test_an_app_on_vacation_is_not_woken_by_a_bench():
    asleep = {"name": "witw", "annotations": {UNTIL: "2030-01-01T12:00:00+00:00"}}
    with pytest.raises(ClusterError, match="on vacation until 2030-01-01") as caught:
        scale.prepare(Deployed({**SCALED, "metadata": asleep}), "witw/bench:dev", 32)
    assert "./witw vacation --cancel" in caught.value.remedy


class Scaled:
    """A cluster with an autoscaler that is asked again and again; `moods` are what it answers, in turn.

    A mood is `content`, `blind` (it has not looked yet), `eager` (it wants a pod more by itself) or `away`.
    """

    def __init__(self, monkeypatch, *moods):
        self.moods, self.now, self.begun, self.loads = list(moods), 0.0, 0, 0
        self.extra = 0
        self.bench = scale.Bench(self, SCALED, "witw/bench:dev", "http://127.0.0.1:1/", 1)
        self.kube, self.name = self, "cluster own"
        monkeypatch.setattr(scale, "get", self.get)
        monkeypatch.setattr(
            scale, "measured_since", lambda _: scale.dt.datetime.max.replace(tzinfo=scale.dt.UTC)
        )
        monkeypatch.setattr(scale, "SCRAPED", 0)
        monkeypatch.setattr(scale.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(scale.time, "sleep", self.sleep)
        monkeypatch.setattr(scale.scalers, "of", lambda *_: contextlib.nullcontext(self.scaler()))
        monkeypatch.setattr(scale.pressure, "held", self.held)

    def scaler(self):
        return scalers.Scaler(5.0, lambda: None, self.begin)

    def begin(self):
        self.begun += 1
        return f"witw-bench-{self.begun}"

    @contextlib.contextmanager
    def held(self, *_, **__):
        def step():
            self.loads += 1
            self.extra = 1
            return self.now

        yield step
        self.extra = 0

    def sleep(self, seconds):
        self.now += seconds

    def list(self, *_, **__):
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        spec = {"containers": [{"resources": {"requests": {"cpu": "50m"}}}]}
        number = 2 + self.extra
        return [{"metadata": {"uid": str(one)}, "spec": spec, "status": ready} for one in range(number)]

    def get(self, _, path):
        if "metrics.k8s.io" in path:
            idle = {"containers": [{"usage": {"cpu": "1m"}}]}
            return json.dumps({"items": [idle, idle]})
        if path == scale.HPAS:
            return json.dumps({"items": []})
        mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
        if mood == "away":
            raise ClusterError("away")
        looked = {"type": "ScalingActive", "status": "False" if mood == "blind" else "True"}
        desired = 3 if mood == "eager" else 2
        return json.dumps({"status": {"desiredReplicas": desired, "conditions": [looked]}})

    def measure(self, trials_=1, keep=lambda: None):
        found = Trials("Something")
        with Report() as report:
            self.bench.measure([scalers.OURS], trials_, found, report, keep)
        return found


def test_a_step_comes_only_when_a_new_autoscaler_has_looked_and_is_content(monkeypatch):
    cluster = Scaled(monkeypatch, "away", "blind", "eager", "content")
    found = cluster.measure()
    assert (cluster.begun, cluster.loads) == (1, 1)
    assert found.seconds[scale.WHOLE][scalers.OURS] == [0.0]
    assert not found.missed
    assert not found.discarded


def test_a_trial_whose_autoscaler_decides_before_the_load_is_discarded_and_begun_anew(monkeypatch):
    cluster = Scaled(monkeypatch, "content", "eager", "content")
    found = cluster.measure()
    assert (cluster.begun, cluster.loads) == (2, 1)
    assert found.discarded == {scalers.OURS: 1}
    assert len(found.seconds[scale.WHOLE][scalers.OURS]) == 1


def test_a_trial_that_never_is_calm_is_told_and_the_next_one_is_tried(monkeypatch):
    cluster, kept = Scaled(monkeypatch, "blind"), []
    found = cluster.measure(2, lambda: kept.append(1))
    assert cluster.loads == 0
    assert len(found.missed[scalers.OURS]) == 2
    assert "content autoscaler witw-bench-1 did not come about" in found.missed[scalers.OURS][0]
    assert found.uncounted == {scalers.OURS: 2}
    assert len(kept) == 2


def test_an_autoscaler_that_decides_too_early_every_time_ends_one_trial(monkeypatch):
    found = Scaled(monkeypatch, *["content", "eager"] * scale.ATTEMPTS, "content").measure(2)
    assert found.discarded == {scalers.OURS: scale.ATTEMPTS}
    assert len(found.missed[scalers.OURS]) == 1
    assert len(found.seconds[scale.WHOLE][scalers.OURS]) == 1


def test_a_step_that_brings_no_pod_counts_with_all_the_time_that_it_had(monkeypatch):
    cluster = Scaled(monkeypatch, "content")
    monkeypatch.setattr(cluster, "held", None)
    monkeypatch.setattr(scale.pressure, "held", lambda *_, **__: contextlib.nullcontext(lambda: cluster.now))
    found = cluster.measure()
    assert found.seconds == {scale.WHOLE: {scalers.OURS: [scale.TRIAL_TIMEOUT]}}
    assert "no extra pod was ready" in found.missed[scalers.OURS][0]


@pytest.mark.parametrize(("window", "idle"), [("10.017s", False), ("8.5s", True), ("1m0.5s", False)], ids=str)
def test_what_was_measured_while_there_was_load_tells_nothing_of_calm(monkeypatch, window, idle):
    cluster = Scaled(monkeypatch, "content")
    monkeypatch.undo()
    measured = {"timestamp": "2020-01-01T12:00:09Z", "window": window}
    usage = {**measured, "containers": [{"usage": {"cpu": "1m"}}]}
    monkeypatch.setattr(scale, "_usage", lambda _: [usage, usage])
    ended = scale.dt.datetime(2020, 1, 1, 12, tzinfo=scale.dt.UTC)
    assert cluster.bench._is_idle(ended) is idle
    assert not cluster.bench._is_idle(scale.dt.datetime.now(scale.dt.UTC))


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
    with pressure.held("witw/bench:dev", "http://127.0.0.1:1/", connections=1, most_seconds=60) as begin:
        assert begin() > 0
    assert not process._children


def test_a_load_that_is_held_and_never_begun_goes_again(monkeypatch, program):
    program(
        "docker",
        """case "$1" in
        logs) echo ready ;;
        run) sleep 60 & echo $! >"$0.pid"; wait $! ;;
        rm) until [ -s "$0.pid" ]; do sleep 0.01; done; kill -KILL "$(cat "$0.pid")" ;;
        esac""",
    )
    with pressure.held("witw/bench:dev", "http://127.0.0.1:1/", connections=1, most_seconds=60):
        pass
    assert not process._children


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["at once", "after the word"])
def test_a_load_that_ends_badly_by_itself_is_an_error(monkeypatch, program, seconds):
    program("docker", f"""[ "$1" = run ] && {{ sleep {seconds}; exit 125; }}; echo ready""")
    held = pressure.held("witw/bench:dev", "http://127.0.0.1:1/", connections=1, most_seconds=60)
    with pytest.raises(process.ProcessError), held as begin:
        begin()
