"""What is rolled out and what is left alone; what is said and left behind when it goes wrong."""

import datetime as dt
import json
import threading
from pathlib import Path

import pytest

from dev import console, deploy, helmfile, release, waits
from dev.cluster import Cluster
from dev.cluster_config import Ports
from dev.errors import ClusterError, ProcessError
from dev.helmfile import Helmfile
from dev.readiness import NotReady
from tests.harness.fake_target import FakeTarget

PLATFORM = {
    "layers": {"gateway": True, "postgres": True},
    "images": {"app": "A@1", "postgres": "P@1", "pgpool": "Q@1", "gateway": "G@1", "envoy-gateway": "E@1"},
    "public_url": "http://localhost:1",
}
ALL = ["envoy-gateway", "gateway", "postgres", "witw"]


class Recorder(Helmfile):
    """helmfile that remembers what it was asked for, and puts the releases into the cluster."""

    def __init__(self, target, values=()):
        super().__init__(target, "local", Path("helmfile"), Path("plugins"), tuple(values))
        object.__setattr__(self, "said", [])
        object.__setattr__(self, "failure", None)
        object.__setattr__(self, "lock", threading.Lock())

    def diff(self, only):
        self.said.append(("diff", sorted(only)))
        if self.failure and "schema" in self.failure:
            raise helmfile.refused("", self.failure)
        return "- old\n+ new"

    def enabled(self):
        return {item.key for item in release.declared()}

    def check(self, only):
        self.said.append(("check", sorted(only)))

    def sync(self, only):
        with self.lock:
            self.said.append(("sync", *only))
            if self.failure and only == ["witw"]:
                raise ProcessError(
                    ["helm"], returncode=1, timeout=None, env=None, stdout="", stderr=self.failure
                )
            for item in release.declared():
                if item.name in only or not only:
                    put(self.target, item)

    def did(self, verb):
        return sorted(call[1] for call in self.said if call[0] == verb)


def put(target, item, status="deployed"):
    """A release as Helm lists it; one revision more for each time."""
    before = [one for one in target.listed if one["name"] == item.name]
    target.listed = [one for one in target.listed if one["name"] != item.name]
    revision = int(before[0]["revision"]) + 1 if before else 1
    target.listed.append(
        {"name": item.name, "namespace": item.namespace, "status": status, "revision": str(revision)}
    )


@pytest.fixture
def target(monkeypatch):
    monkeypatch.setattr(waits, "until_ready", lambda *_, **__: 0.0)
    monkeypatch.setattr(waits, "look", lambda *_: [])
    monkeypatch.setattr(waits, "PAUSE", 0.01)
    return FakeTarget(cluster=Cluster("c", Ports(1, 2, 3), Path("kubectl")))


@pytest.fixture
def run(target):
    def go(platform=PLATFORM, *, recorder=None, **options):
        recorder = recorder or Recorder(target)
        with console.Report() as report:
            done = deploy.run(recorder, report, platform=platform, **options)
        return done, recorder

    return go


def with_image(name, reference):
    return {**PLATFORM, "images": {**PLATFORM["images"], name: reference}}


def test_what_somebody_changed_by_hand_gives_way_in_a_cluster_of_ours_alone(target):
    assert "--sync-args=--force-conflicts" in Recorder(target).sync_words
    assert Recorder(FakeTarget()).sync_words == ("sync",)


def test_everything_is_installed_where_nothing_is(run):
    done, recorder = run()
    assert done
    assert recorder.did("sync") == ALL
    assert recorder.did("diff") == []  # everything would be new


def test_a_second_time_nothing_is_done(run):
    run()
    done, recorder = run()
    assert not done
    assert recorder.said == []


def test_a_new_image_concerns_only_the_release_that_runs_it(run):
    run()
    _, recorder = run(with_image("app", "A@2"))
    assert recorder.said == [("diff", ["witw"]), ("sync", "witw")]


def test_the_diff_is_shown_before_anything_is_changed(run, capsys):
    run()
    run(with_image("app", "A@2"))
    assert "+ new" in capsys.readouterr().out
    _, recorder = run(with_image("app", "A@3"), diff=False)
    assert recorder.did("diff") == []


def test_a_layer_that_is_off_is_not_installed(run):
    _, recorder = run({**PLATFORM, "layers": {"gateway": False, "postgres": True}})
    assert recorder.did("sync") == ["postgres", "witw"]


def test_what_somebody_changed_by_hand_is_looked_at_again(run, target):
    run()
    put(target, next(item for item in release.declared() if item.name == "postgres"))
    _, recorder = run()
    assert recorder.did("sync") == ["postgres"]


def test_values_files_of_the_user_concern_the_app_and_what_has_to_agree_with_it(run, target, tmp_path):
    run()
    file = tmp_path / "own.yaml"
    file.write_text("replicas: 3\n")
    _, recorder = run(recorder=Recorder(target, [file]))
    assert recorder.did("sync") == ["gateway", "witw"]


def test_values_of_the_user_are_tried_before_a_first_install(run, target, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("replicas: 3\n")
    _, recorder = run(recorder=Recorder(target, [file]))
    assert recorder.said[0] == ("check", ALL)


def test_wrong_values_change_nothing_and_are_named(run, target):
    run()
    recorder = Recorder(target)
    object.__setattr__(
        recorder,
        "failure",
        "Error: values don't meet the schema:\n- at '': additional properties 'x' not allowed",
    )
    with pytest.raises(ClusterError, match="nothing was changed: at '': additional properties 'x'"):
        run(with_image("app", "A@2"), recorder=recorder)
    assert recorder.did("sync") == []


def test_a_pending_release_is_healed_before_it_is_upgraded(run, target):
    run()
    for one in target.listed:
        if one["name"] == "witw":
            one["status"] = "pending-upgrade"
    updated = "2026-01-01T00:00:00Z"
    target.histories["witw"] = [
        {"revision": 1, "status": "deployed", "updated": updated},
        {"revision": 2, "status": "pending-upgrade", "updated": updated},
    ]
    _, recorder = run()
    assert target.did("rollback") == [["rollback", "witw", "1", "--namespace=witw"]]
    assert recorder.did("sync") == ["witw"]


def job(name, *, ended="", hook=False, age=dt.timedelta()):
    """A Job as Kubernetes lists it; `ended` is the condition that it has come to."""
    made = (dt.datetime.now(dt.UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = {"name": name, "creationTimestamp": made}
    if hook:
        metadata["annotations"] = {"helm.sh/hook": "pre-upgrade"}
    states = {"Failed": "False", ended: "True"} if ended else {}
    conditions = [{"type": name, "status": status} for name, status in states.items()]
    return {"metadata": metadata, "status": {"conditions": conditions} if conditions else {}}


def test_jobs_that_an_earlier_attempt_left_are_removed(run, target):
    target.jobs = [
        job("witw-migrate-2", ended="Failed"),
        job("witw-migrate-3", hook=True),
        job("witw-migrate-4", hook=True, ended="Complete"),
        job("witw-cities-1234"),
    ]
    run({**PLATFORM, "layers": {}})
    assert removed(target) == {"witw-migrate-2", "witw-migrate-3"}


def test_in_a_cluster_of_others_a_young_migration_is_somebodys(run):
    theirs = FakeTarget()
    theirs.jobs = [job("young", hook=True), job("old", hook=True, age=dt.timedelta(hours=1))]
    recorder = Recorder(theirs)
    object.__setattr__(recorder, "enabled", lambda: {"witw/witw"})
    run(None, recorder=recorder)
    assert removed(theirs) == {"old"}


def test_what_began_while_the_reader_was_asked_is_seen(run):
    theirs = FakeTarget()
    app = next(item for item in release.declared() if item.name == "witw")
    put(theirs, app)
    now = dt.datetime.now(dt.UTC).isoformat()

    def agree():
        put(theirs, app, "pending-upgrade")
        theirs.histories["witw"] = [{"revision": 2, "status": "pending-upgrade", "updated": now}]

    recorder = Recorder(theirs)
    with pytest.raises(ClusterError, match="somebody may be at work on it"):
        run(None, recorder=recorder, confirm=agree)
    assert recorder.did("sync") == []


def removed(target):
    """The Jobs that were deleted."""
    calls = [call for call in target.kubectl if call[:2] == ["delete", "job"]]
    assert all(call[2:4] == ["--namespace=witw", "--ignore-not-found"] for call in calls)
    return {name for call in calls for name in call[4:]}


def test_a_release_that_fails_says_what_helm_said_and_is_tried_again(run, target):
    run()
    recorder = Recorder(target)
    object.__setattr__(recorder, "failure", "Error: UPGRADE FAILED: pre-upgrade hooks failed: Job failed")
    with pytest.raises(ClusterError, match="pre-upgrade hooks failed") as caught:
        run(with_image("app", "A@2"), recorder=recorder)
    assert "still does" in caught.value.remedy
    assert run(with_image("app", "A@2"))[1].did("sync") == ["witw"]


@pytest.fixture
def hopeless(monkeypatch):
    """A hook whose image cannot be had, while helm waits for it."""
    looks = []

    def look(*_):
        looks.append(1)
        pod = NotReady("Pod", "witw-migrate-2-x", "migrate", "InvalidImageName", "no such image", "witw")
        return [pod] if len(looks) > 1 else []

    monkeypatch.setattr(waits, "look", look)


@pytest.fixture
def waiting(hopeless, monkeypatch):
    """Makes a helmfile that waits for that hook until it is ended."""
    through = threading.Event()
    monkeypatch.setattr(deploy.process, "end_children", through.set)

    def of(target):
        def wait(_):
            target.jobs = [job("witw-migrate-1", ended="Failed"), job("witw-migrate-2", hook=True)]
            through.wait(10)

        recorder = Recorder(target)
        object.__setattr__(recorder, "sync", wait)
        return recorder

    return of


def test_a_hook_that_cannot_end_well_is_neither_waited_for_nor_left(run, target, waiting):
    with pytest.raises(ClusterError, match="witw-migrate-2-x: InvalidImageName"):
        run({**PLATFORM, "layers": {}}, recorder=waiting(target))
    assert removed(target) == {"witw-migrate-2"}, "the failed one is kept for a look"


def test_the_cause_is_named_also_where_what_was_begun_cannot_be_brought_back(run, waiting):
    """In a cluster of others a young pending release is not touched: somebody may have begun it meanwhile."""
    theirs = FakeTarget()
    app = next(item for item in release.declared() if item.name == "witw")
    put(theirs, app)
    recorder = waiting(theirs)
    begin = recorder.sync
    now = dt.datetime.now(dt.UTC).isoformat()

    def sync(only):
        put(theirs, app, "pending-upgrade")
        theirs.histories["witw"] = [
            {"revision": 1, "status": "deployed", "updated": now},
            {"revision": 2, "status": "pending-upgrade", "updated": now},
        ]
        begin(only)

    object.__setattr__(recorder, "sync", sync)
    with pytest.raises(ClusterError, match="witw-migrate-2-x: InvalidImageName") as caught:
        run(None, recorder=recorder)
    assert "no such image" in caught.value.details
    assert "could not be brought back: the release witw/witw is pending-upgrade" in caught.value.details
    assert "rollback witw" in caught.value.remedy
    assert theirs.did("rollback") == []
    assert removed(theirs) == set()


def test_in_a_cluster_of_others_the_reader_is_asked_first(run, monkeypatch):
    theirs, said = FakeTarget(), []
    recorder = Recorder(theirs)

    def refuse():
        said.extend(recorder.said)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(None, recorder=recorder, confirm=refuse)
    assert said == [("diff", [])]
    assert recorder.did("sync") == []


def test_releases_of_others_that_have_our_names_are_not_touched(run):
    theirs = FakeTarget()
    recorder = Recorder(theirs)
    object.__setattr__(recorder, "enabled", lambda: {"witw/witw"})
    for item in release.declared():
        put(theirs, item, "pending-upgrade" if item.name == "postgres" else "deployed")
    run(None, recorder=recorder)
    assert theirs.did("rollback") == theirs.did("uninstall") == theirs.did("history") == []


def test_how_the_releases_were_left_is_only_written_once_all_is_ready(run, target, monkeypatch):
    def fail(*_, **__):
        raise ClusterError("not ready")

    monkeypatch.setattr(waits, "until_ready", fail)
    with pytest.raises(ClusterError):
        run()
    assert not (target.cluster.folder / "releases.json").exists()
    monkeypatch.setattr(waits, "until_ready", lambda *_, **__: 0.0)
    run()
    assert set(json.loads((target.cluster.folder / "releases.json").read_text())) == set(ALL)


def test_the_user_s_own_helmfile_settings_take_no_part(target):
    target.kubeconfig, target.helm = Path("/k"), "helm"
    recorder = Helmfile(target, "local", Path("hf"), Path("/p"), (Path("/a.yaml"), Path("/b.yaml")))
    assert recorder.variables == {
        "KUBECONFIG": "/k",
        "HELM_PLUGINS": "/p",
        "WITW_CLUSTER": "c",
        "WITW_VALUES": "/a.yaml:/b.yaml",
        "HELMFILE_ENVIRONMENT": None,
        "HELMFILE_KUBE_CONTEXT": None,
    }
    command = recorder.command(["diff"], ["witw"])
    assert "--kube-context=elsewhere" in command
    assert command[-2:] == ["--selector=name=witw", "diff"]
