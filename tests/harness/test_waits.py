"""What the readiness watcher makes of what a cluster says."""

import json

import pytest

from dev import waits
from dev.errors import ClusterError
from dev.process import Result


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


def cluster(*looks, logs=""):
    """A kubectl that says one look after the other, the last one for ever."""
    left = list(looks)

    def kubectl(verb, *arguments, check=True):
        if verb == "logs":
            return Result(0, logs, "")
        items = left.pop(0) if len(left) > 1 else left[0]
        return (
            Result(0, json.dumps({"items": items}), "") if items is not None else Result(1, "", "refused\n")
        )

    return kubectl


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that only sleeping moves."""
    now = [0.0]
    monkeypatch.setattr(waits.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waits.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def wait(kubectl, timeout=100.0):
    said = []
    return waits.until_ready(kubectl, timeout=timeout, say=said.append), said


def test_a_ready_cluster_is_not_waited_for():
    assert wait(cluster([deployment(), pod(container(ready=True), conditions=[READY])])) == (0.0, [])


def test_what_is_not_ready_is_said_until_it_is():
    seconds, said = wait(cluster([deployment(availableReplicas=1)], [deployment()]))
    assert seconds == 1.0
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
    assert waits.judge(deployment(**status)), why


def test_a_parked_deployment_is_ready():
    assert waits.judge(deployment(wanted=0)) == []


def test_a_crash_loop_is_given_up_early_with_its_last_words():
    crashing = [pod(waiting("CrashLoopBackOff", "back-off 10s", restarts=3))]
    with pytest.raises(ClusterError) as caught:
        wait(cluster(crashing, logs="KeyError: DB_HOST\n"), timeout=600)
    assert "CrashLoopBackOff" in caught.value.message
    assert "KeyError: DB_HOST" in caught.value.details


def test_a_crash_that_mends_itself_is_forgiven(clock):
    crashing, well = [pod(waiting("CrashLoopBackOff"))], [pod(container(ready=True), conditions=[READY])]
    assert wait(cluster(*[crashing] * 15, well))[0] == 15.0


def test_an_image_that_cannot_be_pulled_is_one_state_whatever_kubelet_calls_it(clock):
    looks = [[pod(waiting(reason))] for reason in ("ErrImagePull", "ImagePullBackOff")] * 20
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
    assert wait(cluster(*[starting] * 60, [deployment()]))[0] == 60.0


def test_a_failed_job_is_given_up_at_once(clock):
    failed = {"type": "Failed", "status": "True", "message": "Job has reached the specified backoff limit"}
    job = {"kind": "Job", "metadata": {"name": "migrate"}, "spec": {}, "status": {"conditions": [failed]}}
    with pytest.raises(ClusterError, match="migrate: JobFailed"):
        wait(cluster([job]))
    assert clock[0] == 0


def test_pods_of_finished_jobs_and_pods_that_go_are_not_waited_for():
    ended = container(terminated={"exitCode": 1})
    assert waits.judge(pod(ended, phase="Failed", owner="Job")) == []
    assert waits.judge(pod(container(), deletionTimestamp="2026-01-01T00:00:00Z")) == []


def test_time_is_over_at_the_deadline_whatever_the_reason(clock):
    with pytest.raises(ClusterError, match="not ready within 5 s"):
        wait(cluster([pod(container(running={}))]), timeout=5)
    assert clock[0] == 6


def test_an_api_server_that_does_not_answer_yet_is_waited_for():
    seconds, said = wait(cluster(None, None, [deployment()]))
    assert seconds == 2.0
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
    assert waits.judge(stateful)
    status["updatedReplicas"] = 2
    assert waits.judge(stateful) == []

    counts = {"desiredNumberScheduled": 2, "numberAvailable": 2, "updatedNumberScheduled": 1}
    daemons = {
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {},
        "status": {"observedGeneration": 1, **counts},
    }
    assert waits.judge(daemons)
    daemons["status"]["updatedNumberScheduled"] = 2
    assert waits.judge(daemons) == []
