"""What a failure in a cluster leaves behind, written from a cluster that is made up."""

from types import SimpleNamespace

from dev import cluster_report
from dev.errors import ClusterError
from dev.process import Result

POD = {
    "kind": "Pod",
    "metadata": {"name": "app-1", "namespace": "n", "uid": "u", "managedFields": ["noise"]},
    "spec": {"containers": [{"name": "app"}], "initContainers": [{"name": "wait"}]},
    "status": {"phase": "Pending", "conditions": []},
}
SECRET = {"kind": "secrets", "metadata": {"name": "keys"}, "data": {"secret_key": "aHVzaA=="}}


def event(at, reason):
    about = {"kind": "Pod", "namespace": "n", "name": "app-1", "uid": "u"}
    return {
        "kind": "Event",
        "metadata": {},
        "involvedObject": about,
        "type": "Warning",
        "reason": reason,
        "message": "in\nlines",
        "lastTimestamp": at,
    }


class Kube:
    held = {"Pod": [POD], "secrets": [SECRET], "Event": [event("2", "Second"), event("1", "First")]}

    def list(self, kind, namespace="", *, label_selector=""):
        if kind.startswith("scaledobjects"):
            raise ClusterError("no such kind")
        return self.held.get(kind, [])

    def logs(self, pod, namespace, container, *, lines=None, previous=False):
        return [f"{container} {'before' if previous else 'now'}"] if container == "app" else []


def helm(*arguments, check=True):
    return Result(0, "witw\n" if arguments[0] == "list" else "REVISION 1", "")


def written(folder, kube):
    cluster_report.write(folder, SimpleNamespace(kube=kube, run_helm=helm), ["n"])
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_report_holds_what_is_not_ready_events_logs_objects_and_releases(tmp_path):
    files = written(tmp_path, Kube())
    assert "Pod n/app-1: Second (in)" in files["not-ready.txt"]
    assert [line.split(" ")[0] for line in files["events.txt"].splitlines()] == ["1", "2"]
    assert files["logs/n/app-1.app.log"] == "app now\n"
    assert files["logs/n/app-1.app.previous.log"] == "app before\n"
    assert "logs/n/app-1.wait.log" not in files
    assert "app-1" in files["n.yaml"]
    assert "noise" not in files["n.yaml"]
    assert "REVISION 1" in files["n.releases.txt"]


def test_a_report_never_holds_the_value_of_a_secret(tmp_path):
    files = written(tmp_path, Kube())
    assert files["n.secrets.txt"] == "keys: secret_key\n"
    assert not any("aHVzaA" in text or "hush" in text for text in files.values())


def test_a_report_of_a_cluster_that_does_not_answer_says_so(tmp_path):
    class Away(Kube):
        def list(self, kind, namespace="", *, label_selector=""):
            raise ClusterError("it is away")

    assert "it is away" in written(tmp_path, Away())["events.txt"]
