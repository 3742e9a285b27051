"""Vacations: what can be one, what is planned in a cluster, and what its jobs do at which moment."""

import datetime as dt
import importlib.util
import json
import urllib.error
import zoneinfo

import pytest

from dev import cli, cluster, settings, target, vacation, vacation_plan
from dev.errors import ClusterError, WitwError
from dev.kube import NoAnswerError
from dev.process import Result
from dev.vacation import Vacation

ZONE = "Europe/Berlin"
NOW = dt.datetime(2026, 12, 1, 12, 0, tzinfo=dt.UTC)
BEGINS, ENDS = (dt.datetime(2026, 12, 24, 18, 0, tzinfo=dt.UTC), dt.datetime(2027, 1, 4, 7, 0, tzinfo=dt.UTC))
CHRISTMAS = Vacation(BEGINS, ENDS, ZONE)


def plan(first="2026-12-24", last="2027-01-04", sleep="19:00", wake="08:00", zone=ZONE, **more):
    return vacation.plan(first, last, sleep=sleep, wake=wake, zone=zone, now=NOW, **more)


def test_a_vacation_lasts_from_the_evening_of_the_first_day_to_the_morning_of_the_last():
    assert plan() == CHRISTMAS
    assert str(plan()) == "from Thu 2026-12-24 19:00 to Mon 2027-01-04 08:00 (Europe/Berlin)"
    assert plan().wakes == "Mon 2027-01-04 08:00 (Europe/Berlin)"


def test_the_clocks_may_change_within_a_vacation():
    spring = plan("2027-03-27", "2027-03-29")
    assert spring.begins == dt.datetime(2027, 3, 27, 18, tzinfo=dt.UTC)
    assert spring.ends == dt.datetime(2027, 3, 29, 6, tzinfo=dt.UTC)


def test_a_vacation_may_be_minutes_of_one_day():
    short = plan("2026-12-24", "2026-12-24", "09:01", "09:03")
    assert short.ends - short.begins == dt.timedelta(minutes=2)


@pytest.mark.parametrize(
    ("changed", "complaint", "remedy"),
    [
        ({"first": "24.12.2026"}, r"--from 24.12.2026 is no day", "YEAR-MONTH-DAY"),
        ({"last": "2027-02-30"}, r"--to 2027-02-30 is no day", "YEAR-MONTH-DAY"),
        ({"sleep": "7 pm"}, r"--sleep 7 pm is no time of day", "HOUR:MINUTE"),
        ({"wake": "25:00"}, r"--wake 25:00 is no time of day", "HOUR:MINUTE"),
        (
            {"zone": "Europe/Berlim"},
            r"no time zone Europe/Berlim; did you mean Europe/Berlin\?",
            "tz database",
        ),
        ({"zone": "../etc/passwd"}, r"no time zone", "tz database"),
        ({"last": "2026-12-23"}, r"ends before it begins", "later --to"),
        ({"last": "2026-12-24"}, r"ends before it begins", "later --to"),
        ({"first": "2026-11-30"}, r"begins in the past, it is Tue 2026-12-01 13:00", "later --from"),
        ({"first": "2025-12-24", "last": "2026-01-04"}, r"begins in the past", "later --from"),
    ],
)
def test_what_cannot_be_a_vacation_is_refused_with_what_to_change(changed, complaint, remedy):
    with pytest.raises(WitwError, match=complaint) as raised:
        plan(**changed)
    assert "nothing was changed" in raised.value.message
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-12-20", "2026-12-25"), ("2027-01-03", "2027-01-09"), ("2026-12-26", "2026-12-28"),
     ("2026-12-01", "2027-02-01")],
)  # fmt: skip
def test_one_that_overlaps_another_is_refused(first, last):
    with pytest.raises(WitwError, match=r"overlaps the one that is planned from Thu 2026-12-24"):
        plan(first, last, others=[CHRISTMAS])


def test_one_may_follow_another_on_the_same_day():
    assert plan("2027-01-04", "2027-01-06", others=[CHRISTMAS]).begins > CHRISTMAS.ends


def test_the_zone_of_this_machine_is_that_of_its_clock(monkeypatch, tmp_path):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert vacation.local_zone() == "Asia/Tokyo"
    monkeypatch.delenv("TZ")
    folder = tmp_path / "zoneinfo" / "Europe"
    folder.mkdir(parents=True)
    (folder / "Paris").touch()
    link = tmp_path / "localtime"
    link.symlink_to(folder / "Paris")
    monkeypatch.setattr(vacation, "LOCALTIME", link)
    assert vacation.local_zone() == "Europe/Paris"
    monkeypatch.setattr(vacation, "LOCALTIME", tmp_path / "missing")
    assert vacation.local_zone() == "UTC"


class Cluster:
    """As much of a Target as vacations need: a Deployment, maybe a ScaledObject, and Helm's values."""

    name, cluster = "cluster own", None

    def __init__(self):
        container = {"name": "app", "image": "localhost:5001/own/app@sha256:1"}
        self.deployments = [
            {"metadata": {"name": "witw"}, "spec": {"template": {"spec": {"containers": [container]}}}}
        ]
        self.scaled = [
            {
                "metadata": {"name": "witw", "annotations": {}},
                "spec": {"minReplicaCount": 2, "scaleTargetRef": {"name": "witw"}},
            }
        ]
        rules = [{}, {"backendRefs": [{"name": "witw"}]}]
        self.routes = [
            {"metadata": {"name": "witw"}, "spec": {"parentRefs": [{"name": "public"}], "rules": rules}}
        ]
        self.values, self.helm, self.kubectl = None, [], []
        self.kube = self

    def list(self, kind, namespace="", *, label_selector=""):
        if kind == "Job":
            return []
        if kind == "Deployment":
            return self.deployments
        found = self.routes if kind == vacation_plan.ROUTES else self.scaled
        if isinstance(found, Exception):
            raise found
        return found

    def run_helm(self, *words, stdin=None, timeout=0, check=True):
        self.helm.append(words)
        match words[0]:
            case "get":
                return Result(*((0, json.dumps(self.values)) if self.values else (1, "")), "")
            case "upgrade":
                self.values = json.loads(stdin)
            case "uninstall":
                self.values = None
        return Result(0, "[]", "")

    def run_kubectl(self, *words, check=True):
        self.kubectl.append(words)
        return Result(0, "", "")


@pytest.fixture
def there(monkeypatch):
    """The cluster that `./witw vacation` finds."""
    made = Cluster()
    monkeypatch.setattr(cluster, "find_awake", lambda *_: None)
    monkeypatch.setattr(target, "of_cluster", lambda *_: made)
    return made


def ahead(days):
    """A day from now on, as it is typed."""
    return str(dt.datetime.now(zoneinfo.ZoneInfo(ZONE)).date() + dt.timedelta(days))


def run(*words):
    return cli.main(["vacation", *words])


def test_a_vacation_is_planned_told_and_cancelled(there, capsys):
    assert run("--from", ahead(2), "--to", ahead(4), "--timezone", ZONE) == 0
    said = capsys.readouterr().out
    assert f"it wakes {vacation_plan.read(there)[0].wakes}" in said
    assert there.values["image"] == "localhost:5001/own/app@sha256:1"
    assert run() == 0
    assert capsys.readouterr().out == said
    assert run("--cancel") == 0
    assert there.values is None
    assert "no longer planned" in capsys.readouterr().out
    assert run() == 0
    assert "no vacation is planned" in capsys.readouterr().out
    assert not there.kubectl, "the app was awake all the time"


def test_cron_gets_both_moments_in_utc():
    sleeper = vacation_plan.Sleeper("witw", 2, None, "image", [])
    (planned,) = vacation_plan.values(sleeper, [CHRISTMAS])["vacations"]
    assert (planned["sleep"], planned["wake"]) == ("0 18 24 12 *", "0 7 4 1 *")
    assert planned["begins"] == "2026-12-24T18:00:00+00:00"
    assert planned["name"] == "20261224-1800"


def test_the_gateways_of_the_app_are_those_that_tell_when_it_wakes(there):
    assert run("--from", ahead(2), "--to", ahead(4)) == 0
    assert there.values["route"] == {
        "gateways": [{"name": "public"}], "hostnames": [], "backends": [{"name": "witw"}]
    }  # fmt: skip


@pytest.mark.parametrize("routes", [[], ClusterError("the server has no such kind")])
def test_an_app_behind_no_gateway_has_its_vacation_all_the_same(there, routes):
    there.routes = routes
    assert run("--from", ahead(2), "--to", ahead(4)) == 0
    assert "route" not in there.values
    assert there.values["vacations"]


def test_a_second_vacation_is_added_and_an_overlapping_one_changes_nothing(there, capsys):
    assert run("--from", ahead(2), "--to", ahead(4)) == 0
    assert run("--from", ahead(9), "--to", ahead(10)) == 0
    assert len(there.values["vacations"]) == 2
    assert run("--from", ahead(3), "--to", ahead(5)) == 1
    assert "overlaps" in capsys.readouterr().err
    assert len(there.values["vacations"]) == 2


@pytest.mark.parametrize("scaled", [[], ClusterError("the server has no such kind")])
def test_without_the_layer_the_command_that_adds_it_is_named(there, capsys, scaled):
    there.scaled = scaled
    assert run("--from", ahead(2), "--to", ahead(4)) == 1
    assert "./witw up --kind --with autoscaling" in capsys.readouterr().err
    assert not there.helm


def test_an_api_server_that_does_not_answer_is_not_a_missing_layer(there):
    there.scaled = NoAnswerError("away")
    with pytest.raises(NoAnswerError):
        vacation_plan.find(there)


@pytest.mark.parametrize(
    "words",
    [
        ["--from", "2030-01-01"],
        ["--to", "2030-01-01"],
        ["--cancel", "--from", "2030-01-01", "--to", "2030-01-02"],
    ],
)
def test_half_a_vacation_is_refused_before_a_cluster_is_asked(there, capsys, words):
    assert run(*words) == 1
    assert "--cancel neither" in capsys.readouterr().err
    assert not there.helm


def test_a_cancelled_vacation_wakes_the_app_and_ours_is_the_last_note_to_go(there, capsys):
    there.scaled[0]["metadata"]["annotations"] = {vacation_plan.UNTIL: ENDS.isoformat()}
    assert run("--cancel") == 0
    assert "the app wakes" in capsys.readouterr().out
    assert [(words[0], words[-1]) for words in there.kubectl] == [
        ("annotate", f"{vacation_plan.PAUSED}-"),
        ("scale", "--replicas=2"),
        ("annotate", f"{vacation_plan.UNTIL}-"),
    ]


def test_only_one_of_the_ways_to_name_a_cluster_is_taken(capsys):
    assert run("--name", "c", "--context", "other") == 1
    assert "use one of them" in capsys.readouterr().err


rest_file = vacation_plan.CHART / "files" / "rest.py"
spec = importlib.util.spec_from_file_location("rest", rest_file)
rest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rest)


class EndedError(Exception):
    """The pod was ended, or something was changed that may not be."""


class World(rest.Objects):
    """The objects, without a cluster; after so many changes the pod is ended."""

    def __init__(self, annotations=None, replicas=2, changes=99, route="vacation", gateways=None):
        super().__init__("witw", "witw", "witw", route, json.dumps(HERE))
        self.gateways_asked = gateways
        self.annotations, self.replicas, self.changes = dict(annotations or {}), replicas, changes

    def get(self, path):
        if path == self.scale:
            return {"spec": {"replicas": self.replicas} if self.replicas else {}}
        return {"metadata": {"annotations": dict(self.annotations)}, "spec": {"minReplicaCount": 2}}

    def patch(self, path, change):
        if not self.changes:
            raise EndedError
        self.changes -= 1
        if path == self.scale:
            self.replicas = change["spec"]["replicas"]
            return
        if path.endswith("/httproutes/vacation"):
            self.gateways_asked = change["spec"]["parentRefs"]
            return
        for name, value in change["metadata"]["annotations"].items():
            self.annotations.pop(name, None)
            if value is not None:
                self.annotations[name] = value


HERE = [{"name": "public"}]
ASLEEP = {rest.PAUSED: "0", rest.UNTIL: ENDS.isoformat()}


def test_the_harness_and_the_job_mean_the_same_annotations():
    assert (rest.PAUSED, rest.UNTIL) == (vacation_plan.PAUSED, vacation_plan.UNTIL)


@pytest.mark.parametrize("late", [dt.timedelta(), dt.timedelta(days=3)])
def test_within_a_vacation_the_app_is_put_to_sleep(late):
    world = World()
    assert rest.rest(world, BEGINS, ENDS, BEGINS + late) == f"asleep until {ENDS.isoformat()}"
    assert world.annotations == ASLEEP
    assert world.gateways_asked == HERE, "people are told until when"


@pytest.mark.parametrize("late", [dt.timedelta(), dt.timedelta(days=400)])
def test_at_the_end_it_wakes_with_its_least_pods(late):
    world = World(ASLEEP, replicas=0, gateways=HERE)
    assert rest.rest(world, BEGINS, ENDS, ENDS + late) == "awake"
    assert (world.annotations, world.replicas, world.gateways_asked) == ({}, 2, None)


def test_where_no_gateway_is_known_none_is_told():
    world = World(route="")
    rest.rest(world, BEGINS, ENDS, BEGINS)
    assert (world.annotations, world.gateways_asked) == (ASLEEP, None)


def test_a_route_that_somebody_took_away_keeps_nobody_asleep(monkeypatch):
    def ask(objects, request):
        if "httproutes" in request.full_url:
            raise urllib.error.HTTPError(request.full_url, 404, "Not Found", {}, None)
        told.append(json.loads(request.data) if request.data else request.full_url)
        return {"metadata": {"annotations": ASLEEP}, "spec": {"replicas": 1}}

    told = []
    monkeypatch.setattr(rest.Objects, "_ask", ask)
    there = rest.Objects("witw", "witw", "witw", "witw-vacation", "[]")
    assert rest.rest(there, BEGINS, ENDS, ENDS) == "awake"
    assert told[-1] == {"metadata": {"annotations": {rest.UNTIL: None}}}


def test_who_scaled_it_by_hand_meanwhile_keeps_that():
    world = World(ASLEEP, replicas=5)
    rest.rest(world, BEGINS, ENDS, ENDS)
    assert world.replicas == 5


@pytest.mark.parametrize("changes", [0, 1, 2, 3])
def test_a_waking_that_was_interrupted_is_finished_by_the_next_try(changes):
    world = World(ASLEEP, replicas=0, changes=changes, gateways=HERE)
    with pytest.raises(EndedError):
        rest.rest(world, BEGINS, ENDS, ENDS)
    world.changes = 99
    assert rest.rest(world, BEGINS, ENDS, ENDS) == "awake"
    assert (world.annotations, world.replicas, world.gateways_asked) == ({}, 2, None)


def test_a_job_that_comes_when_all_is_over_changes_nothing():
    world = World(changes=0)
    assert "stays as it is" in rest.rest(world, BEGINS, ENDS, ENDS + dt.timedelta(days=365))


def test_the_pause_of_somebody_else_is_theirs():
    theirs = {rest.PAUSED: "1"}
    world = World(dict(theirs), changes=0)
    assert "somebody else" in rest.rest(world, BEGINS, ENDS, BEGINS)
    assert "stays as it is" in rest.rest(world, BEGINS, ENDS, ENDS)
    assert world.annotations == theirs


def test_the_settings_of_this_run_name_the_cluster(monkeypatch):
    asked = []
    monkeypatch.setattr(cluster, "find_awake", lambda name, _: asked.append(name))
    monkeypatch.setattr(target, "of_cluster", lambda *_: Cluster())
    run()
    run("--name", "other")
    assert asked == [settings.load().project, "other"]
