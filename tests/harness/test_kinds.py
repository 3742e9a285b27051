"""The kinds of others' charts: which are brought to a cluster, when, and when they are left alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev import kinds
from dev.cluster import Cluster
from dev.cluster_config import Ports
from dev.errors import ProcessError
from dev.process import Result
from tests.harness.fake_target import FakeTarget


class Target(FakeTarget):
    """A cluster whose kubectl may refuse a verb."""

    refused = ""

    def run_kubectl(self, *arguments: str, **options: Any) -> Result:
        if arguments[0] == self.refused:
            raise ProcessError(["kubectl"], returncode=1, timeout=None, env=None, stdout="", stderr="no")
        found: Result = super().run_kubectl(*arguments, **options)
        return found

    @property
    def verbs(self) -> list[str]:
        return [call[0] for call in self.kubectl]


@pytest.fixture
def target(own_state: Path) -> Target:
    made = Target(cluster=Cluster("c", Ports(1, 2, 3), Path("kubectl")))
    made.ours.folder.mkdir(parents=True)
    return made


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart with kinds of its own, of a chart within it, and files that are none."""
    folder = tmp_path / "chart"
    for name in ("crds/b.yaml", "crds/deep/a.yaml", "charts/sub/crds/c.yaml", "templates/crds/no.yaml",
                 "values.yaml", "crds/README.md"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_kinds_are_what_helm_takes_for_them(chart: Path) -> None:
    assert [str(path.relative_to(chart)) for path in kinds.files(chart)] == [
        "charts/sub/crds/c.yaml", "crds/b.yaml", "crds/deep/a.yaml"
    ]  # fmt: skip


def test_kinds_are_brought_and_waited_for_and_left_alone_the_next_time(target: Target, chart: Path) -> None:
    assert kinds.ensure(target, "keda", chart) == ["the kinds of keda"]
    assert target.verbs == ["apply", "wait"]
    named = [f"--filename={path}" for path in kinds.files(chart)]
    assert all(call[-3:] == named for call in target.kubectl)
    assert "--for=condition=Established" in target.kubectl[1]

    assert kinds.ensure(target, "keda", chart) == []
    assert target.verbs == ["apply", "wait"]


def test_a_chart_with_other_kinds_brings_them_again(target: Target, chart: Path) -> None:
    kinds.ensure(target, "keda", chart)
    (chart / "crds" / "b.yaml").write_text("newer")

    assert kinds.ensure(target, "keda", chart) == ["the kinds of keda"]


def test_charts_do_not_forget_each_others_kinds(target: Target, chart: Path) -> None:
    kinds.ensure(target, "keda", chart)
    kinds.ensure(target, "gateway", chart)

    assert kinds.ensure(target, "keda", chart) == []
    assert set(json.loads((target.ours.folder / "kinds.json").read_text())) == {"keda", "gateway"}


@pytest.mark.parametrize("verb", ["apply", "wait"])
def test_kinds_that_did_not_come_are_brought_the_next_time(target: Target, chart: Path, verb: str) -> None:
    target.refused = verb
    with pytest.raises(ProcessError):
        kinds.ensure(target, "keda", chart)

    target.refused = ""
    assert kinds.ensure(target, "keda", chart) == ["the kinds of keda"]


def test_a_chart_without_kinds_asks_nothing(target: Target, tmp_path: Path) -> None:
    assert kinds.ensure(target, "metrics", tmp_path / "none") == []
    assert target.kubectl == []
