"""What the readiness watcher makes of what a cluster says."""

import pytest

from dev import readiness, waits
from dev.console import Stage
from dev.errors import ClusterError
from dev.kube import NoAnswerError


def pod(*containers, phase="Running", conditions=(), owner="ReplicaSet", **metadata):
    return {
        "kind": "Pod",
        "metadata": {
            "name": "p",
            "namespace": "n",
            "ownerReferences": [{"kind": owner}] if owner else [],
            **metadata,
        },
        "status": {"phase": phase, "containerStatuses": list(containers), "conditions": list(conditions)},
    }


def container(*, ready=False, restarts=0, **state):
    return {"name": "c", "ready": ready, "restartCount": restarts, "state": state}


def waiting(reason, message="", **more):
    return container(waiting={"reason": reason, "message": message}, **more)


def deployment(wanted=2, **status):
    counts = {"replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted}
    return {
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "n", "generation": 3},
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": 3, **counts, **status},
    }


READY = {"type": "Ready", "status": "True"}


class Looks:
    """A cluster that shows one look after the other, the last one for ever."""

    def __init__(self, looks, said):
        self.looks, self.said, self.asked, self.seen = list(looks), said, [], set()

    def list(self, kind, namespace="", **selectors):
        if (kind, namespace) in self.seen:  # the next look
            self.looks, self.seen = self.looks[1:] or self.looks, set()
        self.asked.append((kind, namespace))
        self.seen.add((kind, namespace))
        items = self.looks[0]
        if items is None:
            raise NoAnswerError("refused")
        return [
            item
            for item in items
            if item["kind"] == kind and namespace in {"", item["metadata"].get("namespace", namespace)}
        ]

    def logs(self, pod, namespace, container, *, lines=None, previous=False):
        return self.said.splitlines()


def cluster(*looks, logs=""):
    return Looks(looks, logs)


def event(uid, reason, *, at, kind="Warning", message=""):
    return {
        "kind": "Event",
        "metadata": {"name": f"{reason}{at}"},
        "involvedObject": {"uid": uid},
        "type": kind,
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-01-01T00:00:{at:02}Z",
    }


class Display(Stage):
    """A stage that remembers what it was told, each thing once."""

    def __init__(self):
        super().__init__("ready")
        self.said, self.table = [], []

    def say(self, detail):
        self.said += [detail] if detail not in self.said[-1:] else []

    def rows(self, headings, rows):
        self.table = [*rows] or self.table


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that only sleeping moves."""
    now = [0.0]
    monkeypatch.setattr(waits.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waits.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def wait(kube, timeout=100.0, **more):
    stage = Display()
    return waits.until_ready(kube, timeout=timeout, stage=stage, **more), stage.said


def test_a_ready_cluster_is_not_waited_for():
    assert wait(cluster([deployment(), pod(container(ready=True), conditions=[READY])])) == (0.0, [])


def test_what_is_not_ready_is_said_until_it_is():
    seconds, said = wait(cluster([deployment(availableReplicas=1)], [deployment()]))
    assert seconds == waits.PAUSE
    assert said == ["waiting for 1: Deployment n/d: 1 of 2 ready"]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"observedGeneration": 2}, "the change is not seen yet"),
        ({"replicas": 3}, "an old pod is still there"),
        ({"updatedReplicas": 1}, "an old pod still serves"),
    ],
)
def test_a_deployment_in_the_middle_of_an_update_is_not_ready(status, why):
    assert readiness.judge(deployment(**status)), why


def test_a_parked_deployment_is_ready():
    assert readiness.judge(deployment(wanted=0)) == []


def test_a_crash_loop_is_given_up_early_with_its_last_words():
    crashing = [pod(waiting("CrashLoopBackOff", "back-off 10s", restarts=3))]
    with pytest.raises(ClusterError) as caught:
        wait(cluster(crashing, logs="KeyError: DB_HOST\n"), timeout=600)
    assert "CrashLoopBackOff" in caught.value.message
    assert "KeyError: DB_HOST" in caught.value.details


def test_a_crash_loop_is_waited_for_where_it_is_known_to_end(clock):
    crashing, well = [pod(waiting("CrashLoopBackOff"))], [pod(container(ready=True), conditions=[READY])]
    took, _ = wait(cluster(*[crashing] * 200, well), timeout=600, forgive=["CrashLoopBackOff"])
    assert took == 100.0


def test_a_crash_that_mends_itself_is_forgiven(clock):
    crashing, well = [pod(waiting("CrashLoopBackOff"))], [pod(container(ready=True), conditions=[READY])]
    assert wait(cluster(*[crashing] * 30, well))[0] == 15.0


def test_an_image_that_cannot_be_pulled_is_one_state_whatever_kubelet_calls_it(clock):
    looks = [[pod(waiting(reason))] for reason in ("ErrImagePull", "ImagePullBackOff")] * 40
    with pytest.raises(ClusterError, match="ErrImagePull"):
        wait(cluster(*looks), timeout=600)
    assert clock[0] == waits.PATIENCE["ErrImagePull"]


def test_a_pod_that_fits_on_no_node_says_what_the_scheduler_says():
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient memory.\nmore",
    }
    with pytest.raises(ClusterError) as caught:
        wait(cluster([pod(phase="Pending", conditions=[condition])]))
    assert caught.value.details == "Pod n/p: Unschedulable (0/1 nodes are available: 1 Insufficient memory.)"


def test_pods_that_wait_for_a_node_are_waited_for_as_long_as_it_starts(clock):
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    starting = [
        {"kind": "Node", "metadata": {"name": "one"}, "status": {}},
        pod(phase="Pending", conditions=[condition]),
    ]
    assert wait(cluster(*[starting] * 120, [deployment()]))[0] == 60.0


def test_a_failed_job_is_given_up_at_once(clock):
    failed = {"type": "Failed", "status": "True", "message": "Job has reached the specified backoff limit"}
    job = {"kind": "Job", "metadata": {"name": "migrate"}, "spec": {}, "status": {"conditions": [failed]}}
    with pytest.raises(ClusterError, match="migrate: JobFailed"):
        wait(cluster([job]))
    assert clock[0] == 0


def test_pods_of_finished_jobs_and_pods_that_go_are_not_waited_for():
    ended = container(terminated={"exitCode": 1})
    assert readiness.judge(pod(ended, phase="Failed", owner="Job")) == []
    assert readiness.judge(pod(container(), deletionTimestamp="2026-01-01T00:00:00Z")) == []


def test_time_is_over_at_the_deadline_whatever_the_reason(clock):
    with pytest.raises(ClusterError, match="not ready within 5 s"):
        wait(cluster([pod(container(running={}))]), timeout=5)
    assert clock[0] == 5 + waits.PAUSE


def test_an_api_server_that_does_not_answer_yet_is_waited_for():
    seconds, said = wait(cluster(None, None, [deployment()]))
    assert seconds == 2 * waits.PAUSE
    assert "no answer (refused)" in said[0]


def test_only_the_namespaces_that_are_asked_for_and_nodes_count():
    other = deployment(availableReplicas=0)
    other["metadata"]["namespace"] = "other"
    assert waits.look(cluster([deployment(), other]), {"n"}) == []
    node = {"kind": "Node", "metadata": {"name": "one"}, "status": {"conditions": []}}
    assert [item.kind for item in waits.look(cluster([deployment(), node]), {"n"})] == ["Node"]


def test_sets_are_ready_when_all_their_pods_are_of_the_last_revision():
    metadata = {"name": "s", "namespace": "n", "generation": 1}
    status = {"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 1}
    stateful = {"kind": "StatefulSet", "metadata": metadata, "spec": {"replicas": 2}, "status": status}
    assert readiness.judge(stateful)
    status["updatedReplicas"] = 2
    assert readiness.judge(stateful) == []

    counts = {"desiredNumberScheduled": 2, "numberAvailable": 2, "updatedNumberScheduled": 1}
    daemons = {
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {},
        "status": {"observedGeneration": 1, **counts},
    }
    assert readiness.judge(daemons)
    daemons["status"]["updatedNumberScheduled"] = 2
    assert readiness.judge(daemons) == []


def test_the_table_has_the_reason_and_the_last_line_of_a_log():
    kube, stage = cluster([pod(container(running={}))], logs="first\nsecond\n"), Display()
    with pytest.raises(ClusterError):
        waits.until_ready(kube, timeout=3, stage=stage)
    assert stage.table == [("Pod n/p", "c", "not ready", "second")]


def test_a_volume_that_cannot_be_mounted_is_named_by_its_last_event(clock):
    starting = pod(waiting("ContainerCreating"), uid="u")
    events = [
        event("u", "FailedMount", at=20, message='secret "witw-django" not found'),
        event("u", "Scheduled", at=10, kind="Normal"),
        event("other", "FailedScheduling", at=30),
    ]
    with pytest.raises(ClusterError) as caught:
        wait(cluster([starting, *events]), timeout=600)
    assert caught.value.details == 'Pod n/p/c: FailedMount (secret "witw-django" not found)'
    assert clock[0] == waits.PATIENCE["FailedMount"]


def test_events_are_only_read_where_something_is_not_ready():
    """There are hundreds of them, and two looks a second."""
    kube, elsewhere = cluster([deployment(availableReplicas=0)]), deployment(availableReplicas=0)
    waits.look(kube)
    assert kube.asked[-1] == ("Event", "n")
    elsewhere["metadata"]["namespace"] = "other"
    kube = cluster([deployment(availableReplicas=0), elsewhere])
    waits.look(kube)
    assert kube.asked[-1] == ("Event", "")
    kube = cluster([deployment()])
    assert waits.look(kube) == []
    assert "Event" not in dict(kube.asked)


def test_few_namespaces_are_asked_for_by_themselves():
    """Of a cluster with several stacks most pods are others'."""
    kube = cluster([deployment()])
    waits.look(kube, {"n", "m"})
    assert [space for kind, space in kube.asked if kind == "Pod"] == ["m", "n"]
    assert ("Node", "") in kube.asked
    kube = cluster([deployment()])
    waits.look(kube, {"n", "m", "o"})
    assert {space for _, space in kube.asked} == {""}


def test_while_something_is_not_ready_only_pods_and_its_kind_are_looked_at():
    kube = cluster([deployment(availableReplicas=0)])
    watch = waits.Watch(kube, {"n"})
    watch.look()
    kube.asked.clear()
    watch.look()
    assert [kind for kind, _ in kube.asked] == ["Deployment", "Pod"]


def test_events_are_read_anew_only_now_and_then(clock):
    starting = pod(waiting("ContainerCreating"), uid="u")
    kube = cluster([starting, event("u", "FailedMount", at=10)])
    watch = waits.Watch(kube, {"n"})
    for _ in range(3):
        watch.look()
        assert [item.reason for item in watch.left] == ["FailedMount"], "also from what was read before"
    assert [kind for kind, _ in kube.asked].count("Event") == 1
    clock[0] += waits.EVENTS_LAST
    watch.look()
    assert [kind for kind, _ in kube.asked].count("Event") == 2


def test_nothing_is_given_up_for_an_event_that_is_over(clock):
    """The mount worked after all, since events were read the last time."""
    starting = pod(waiting("ContainerCreating"), uid="u")
    failed, over = event("u", "FailedMount", at=10), event("u", "Pulling", at=20, kind="Normal")
    patience = waits.PATIENCE["FailedMount"]
    kube = cluster([starting, failed])
    watch = waits.Watch(kube, {"n"})
    watch.look()
    clock[0] += patience - 1
    watch.look()
    kube.looks = [[starting, failed, over]]
    clock[0] += 1
    watch.look()
    assert watch.lost == []
    assert [item.reason for item in watch.left] == ["starting"]


def test_slow_looks_are_followed_by_longer_pauses(clock, monkeypatch):
    kube = cluster([deployment(availableReplicas=0)])
    watch = waits.Watch(kube, {"n"})
    watch.look()
    assert watch.pause == waits.PAUSE
    listing = kube.list

    def slow(kind, namespace="", **selectors):
        clock[0] += 1
        return listing(kind, namespace, **selectors)

    monkeypatch.setattr(kube, "list", slow)
    watch.look()
    assert watch.pause == 2 * waits.SHARE, "a list of Deployments and one of Pods, a second each"


def test_nothing_is_ready_before_every_kind_was_looked_at():
    node = {"kind": "Node", "metadata": {"name": "one"}, "status": {"conditions": []}}
    watch = waits.Watch(cluster([deployment(availableReplicas=0)], [deployment(), node]), {"n"})
    watch.look()
    assert [item.kind for item in watch.look()] == ["Node"]


def test_every_kind_is_looked_at_from_time_to_time(clock):
    job = {
        "kind": "Job", "metadata": {"name": "j", "namespace": "n"}, "spec": {},
        "status": {"conditions": [{"type": "Failed", "status": "True", "message": "no"}]},
    }  # fmt: skip
    away = deployment(availableReplicas=0)
    watch = waits.Watch(cluster([away], [away, job]), {"n"})
    watch.look()
    assert {item.kind for item in watch.look()} == {"Deployment"}
    clock[0] += waits.WHOLE
    assert {item.kind for item in watch.look()} == {"Deployment", "Job"}


def test_an_event_that_something_better_followed_says_nothing():
    starting = pod(waiting("ContainerCreating"), uid="u")
    events = [event("u", "FailedMount", at=10), event("u", "Pulling", at=20, kind="Normal")]
    assert [item.reason for item in waits.look(cluster([starting, *events]))] == ["starting"]


def test_a_failing_probe_is_told_but_not_taken_for_a_state_of_its_own():
    running = pod(container(running={}), uid="u")
    probe = event("u", "Unhealthy", at=10, message="Startup probe failed: 503")
    (found,) = waits.look(cluster([running, probe]))
    assert (found.reason, found.message) == ("not ready", "Startup probe failed: 503")


def test_pods_that_may_not_be_made_are_named_by_what_wants_them():
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "forbidden"}
    (found,) = readiness.judge(deployment(availableReplicas=0, conditions=[condition]))
    assert (found.reason, found.message) == ("FailedCreate", "forbidden")
    stateful = {
        "kind": "StatefulSet",
        "metadata": {"name": "s", "namespace": "n", "uid": "u"},
        "spec": {"replicas": 1},
        "status": {},
    }
    (found,) = readiness.judge(stateful, event("u", "FailedCreate", at=1, message="forbidden"))
    assert (found.reason, found.message) == ("FailedCreate", "forbidden")


def test_a_failed_job_shows_the_log_of_its_last_pod():
    failed = {"type": "Failed", "status": "True"}
    job = {
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "n"},
        "spec": {},
        "status": {"conditions": [failed]},
    }
    ended = pod(container(terminated={"exitCode": 1}), phase="Failed", owner="Job")
    ended["spec"] = {"containers": [{"name": "migrate"}]}
    with pytest.raises(ClusterError) as caught:
        wait(cluster([job, ended], logs="relation exists\n"))
    assert "relation exists" in caught.value.details
