"""A test of the cluster that fails leaves a report and says where; one that does not leaves nothing."""

from types import SimpleNamespace

import pytest

from tests.e2e import conftest


@pytest.fixture
def item(tmp_path, monkeypatch):
    """A test that has a cluster, and a stack of its own in it; `written` is what was reported."""
    stash = pytest.Stash()
    stash[conftest.folder_key] = tmp_path
    stash[conftest.target_key] = "the cluster"
    stash[conftest.stacks_key] = [SimpleNamespace(namespaces=["e2e-gw0", "e2e-gw0-db"])]
    written = []

    def write(folder, to, namespaces):
        written.append((folder, to, namespaces))
        return folder

    monkeypatch.setattr(conftest.cluster_report, "write", write)
    name = "tests/e2e/test_a.py::test_x[a b/c]@group"
    return SimpleNamespace(nodeid=name, config=SimpleNamespace(stash=stash), written=written)


def reported(item, *, failed):
    """The report of a test, as pytest has it once the hook is through."""
    report = SimpleNamespace(failed=failed, sections=[])
    hook = conftest.pytest_runtest_makereport(item, None)
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)
    assert end.value.value is report
    return report


def test_a_failure_leaves_a_report_and_says_where(item, tmp_path):
    said = reported(item, failed=True)
    folder = tmp_path / "test_a.py-test_x-a-b-c-group"
    assert item.written == [(folder, "the cluster", ["kube-system", "gateway", "e2e-gw0", "e2e-gw0-db"])]
    assert said.sections == [("what the cluster says", str(folder))]


def test_what_passes_leaves_none(item):
    assert reported(item, failed=False).sections == []
    assert item.written == []


def test_without_a_cluster_there_is_nothing_to_report(item):
    del item.config.stash[conftest.target_key]
    assert reported(item, failed=True).sections == []
    assert item.written == []
