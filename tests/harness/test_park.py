"""Parking and resuming, with stand-ins for docker, kind and kubectl: what is done and what is said."""

import datetime as dt
import json

import pytest

from dev import cli, cluster, cluster_status, console, park, parked, settings, state, toolchain
from dev.errors import ClusterError, StackError
from tests.harness import stand_ins
from tests.harness.stand_in_machine import prepare as machine_of_stand_ins

NODES = ("c-control-plane", "c-worker")
SERVICES = ("app", "gateway")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A cluster `c` of two nodes, a Compose project `own` with two services and one that has ended."""
    made = machine_of_stand_ins(tmp_path, monkeypatch)
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    monkeypatch.setattr(toolchain, "ensure", lambda name, *_: tmp_path / "bin" / name)
    monkeypatch.setenv("WITW_PROJECT", "own")
    monkeypatch.setattr(park, "ask", lambda _: "")
    file = cluster.folder_of("c") / "cluster.json"
    state.write(
        file, json.dumps({"ready": True, "ports": {"public": 28080, "internal": 28081, "registry": 5001}})
    )
    state.write(cluster.folder_of("c") / "kubeconfig", stand_ins.kubeconfig("c"))
    of_node, of_project = f"{cluster.NODE_LABEL}=c", "com.docker.compose.project=own"
    containers = {name: {"labels": [of_node], "running": True, "port": "0"} for name in NODES}
    for name in SERVICES:
        containers[name] = {
            "labels": [of_project], "running": True, "port": "0", "restart": "unless-stopped"
        }  # fmt: skip
    containers["migrate"] = {"labels": [of_project], "running": False, "port": "0", "restart": "no"}
    made.change(containers=containers)
    return made


@pytest.fixture
def said(monkeypatch):
    """What was printed."""
    lines = []
    monkeypatch.setattr(console.out, "print", lambda *words, **_: lines.append(" ".join(map(str, words))))
    return lines


def states(machine, *names):
    """Whether containers run, and whether they are frozen."""
    found = machine.state["containers"]
    return {name: (found[name]["running"], found[name].get("frozen", False)) for name in names}


RUNS, FROZEN, STOPPED = (True, False), (True, True), (False, False)


def test_everything_that_is_up_is_frozen_and_resumed(machine, said):
    assert cli.main(["park"]) == 0
    assert set(states(machine, *NODES, *SERVICES).values()) == {FROZEN}
    assert cli.main(["resume"]) == 0
    assert set(states(machine, *NODES, *SERVICES).values()) == {RUNS}
    assert states(machine, "migrate") == {"migrate": STOPPED}, "what has run to its end is not run again"
    assert [line.partition(":")[0] for line in said] == [
        "parked the compose own", "parked the cluster c", "resumed the compose own", "resumed the cluster c"
    ]  # fmt: skip


def test_a_deep_park_stops_the_containers_and_what_ended_before_stays_ended(machine):
    assert cli.main(["park", "--deep"]) == 0
    assert set(states(machine, *NODES, *SERVICES).values()) == {STOPPED}
    assert cli.main(["resume"]) == 0
    assert set(states(machine, *NODES, *SERVICES).values()) == {RUNS}
    assert states(machine, "migrate") == {"migrate": STOPPED}


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_parking_and_resuming_twice_changes_nothing_and_says_so(machine, said, deep):
    for verb in (["park", *deep], ["resume"]):
        assert cli.main(verb) == 0
        before = machine.state["containers"]
        said.clear()
        assert cli.main(verb) == 0
        assert machine.state["containers"] == before
        assert len(said) == 2
        assert all(line.endswith("nothing was changed") for line in said)


def test_one_cluster_is_parked_and_nothing_else(machine):
    assert cli.main(["park", "--name", "c"]) == 0
    assert set(states(machine, *NODES).values()) == {FROZEN}
    assert set(states(machine, *SERVICES).values()) == {RUNS}


def test_the_containers_are_parked_and_no_cluster(machine):
    assert cli.main(["park", "--compose"]) == 0
    assert set(states(machine, *SERVICES).values()) == {FROZEN}
    assert set(states(machine, *NODES).values()) == {RUNS}


def test_a_frozen_stack_can_be_stopped_as_well_and_keeps_its_time(machine):
    assert cli.main(["park"]) == 0
    since = parked.read("cluster c").at
    assert cli.main(["park", "--deep"]) == 0
    assert set(states(machine, *NODES, *SERVICES).values()) == {STOPPED}
    assert parked.read("cluster c") == parked.Note(since, deep=True)


def test_a_stopped_stack_is_not_frozen_on_top(machine, said):
    assert cli.main(["park", "--deep"]) == 0
    said.clear()
    assert cli.main(["park"]) == 0
    assert all("(stopped) already" in line for line in said)
    assert parked.read("cluster c").deep


def test_a_park_that_was_interrupted_is_told_and_ended_by_resume(machine):
    parked.write("cluster c", deep=False)
    containers = machine.state["containers"]
    containers["c-worker"]["frozen"] = True
    machine.change(containers=containers)
    (stack,) = park.choose(settings.load(), "c")
    assert stack.is_asleep()
    assert cli.main(["resume"]) == 0
    assert set(states(machine, *NODES).values()) == {RUNS}
    assert parked.read("cluster c") is None


def test_a_parked_cluster_says_so_in_status_and_to_whoever_asks_it(machine, capsys):
    assert cli.main(["park", "--name", "c"]) == 0
    chosen = settings.load()
    (status,) = cluster_status.all_of_them(chosen)
    assert not status.ready
    assert status.lines[0].problem.startswith("parked since ")
    assert status.lines[0].problem.endswith("(frozen), `./witw resume`")
    with pytest.raises(ClusterError, match=r"parked since .*\(frozen\): nothing in it answers") as raised:
        cluster.find_awake("c", chosen)
    assert raised.value.remedy == "./witw resume --name c"
    assert cli.main(["kubectl", "--name", "c", "get", "pods"]) == 1
    assert "./witw resume --name c" in capsys.readouterr().err


def test_up_wakes_a_frozen_cluster_and_down_stops_it(machine):
    assert cli.main(["park", "--name", "c"]) == 0
    found = cluster.find("c", settings.load())
    assert cluster._start(found, cluster.nodes("c"), lambda _: None) == "resumed"
    assert set(states(machine, *NODES).values()) == {RUNS}
    assert parked.read("cluster c") is None
    assert cli.main(["park", "--name", "c"]) == 0
    assert cli.main(["down", "--kind", "--name", "c"]) == 0
    assert set(states(machine, *NODES).values()) == {STOPPED}
    assert parked.read("cluster c") is None, "it is down, not parked"


def test_an_app_that_does_not_answer_ends_the_resume_with_its_last_answer(machine, monkeypatch):
    monkeypatch.setattr(park, "ask", lambda _: "503")
    monkeypatch.setattr(park, "ANSWER_TIMEOUT", 0)
    (stack,) = park.choose(settings.load(), only_compose=True)
    park.park(stack)
    with pytest.raises(StackError, match="does not answer after 0 s: 503"):
        park.resume(stack)
    assert not stack.is_asleep(), "it is awake, whatever the app says"


def test_nothing_up_and_no_such_cluster_are_errors(machine, capsys):
    assert cli.main(["park", "--name", "nowhere"]) == 1
    assert "there is no cluster nowhere" in capsys.readouterr().err
    machine.change(containers={})
    assert cli.main(["resume"]) == 1
    assert "nothing is up here" in capsys.readouterr().err


def test_a_note_that_cannot_be_read_is_none(machine):
    state.write(state.file_of_stamp("parked-cluster-c"), '{"at": "yesterday"}')
    assert parked.read("cluster c") is None
    assert parked.said("cluster c") == "asleep"


def test_a_note_tells_the_time_of_this_place():
    at = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)
    assert str(parked.Note(at, deep=True)) == f"parked since {at.astimezone():%Y-%m-%d %H:%M:%S} (stopped)"
