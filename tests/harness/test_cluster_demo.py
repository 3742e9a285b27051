"""Demo people in a cluster of ours: when they are brought, and what is said when they cannot be."""

from pathlib import Path
from typing import Any

import pytest

from dev import cluster_demo, cluster_secrets, console
from dev.cluster import Cluster
from dev.cluster_config import Ports
from dev.errors import ClusterError, ProcessError
from dev.process import Result
from tests.harness.fake_target import FakeTarget


class Target(FakeTarget):
    """A cluster with the app and its database's volume."""

    image, other, volume, failure = "app@1", "x@1", "u1", ""

    def run_kubectl(self, *arguments: str, **options: Any) -> Result:
        found: Result = super().run_kubectl(*arguments, **options)
        if self.failure:
            raise ProcessError(
                ["kubectl"], returncode=1, timeout=None, env=None, stdout="", stderr=self.failure
            )
        return found

    def list(self, kind: str, namespace: str = "", **_: Any) -> Any:
        if (kind, namespace) == ("PersistentVolumeClaim", "postgres"):
            return [{"metadata": {"uid": self.volume}}]
        assert (kind, namespace) == ("Deployment", "witw")
        return [self._deployment("other", self.other), self._deployment("witw", self.image)]

    def _deployment(self, name: str, image: str) -> dict[str, Any]:
        spec = {"template": {"spec": {"containers": [{"image": image}]}}}
        return {"metadata": {"name": name}, "spec": spec}

    @property
    def seeded(self) -> int:
        return sum("seed_demo" in call for call in self.kubectl)


@pytest.fixture
def target(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(cluster_secrets, "demo_password", lambda _: "open sesame")
    return Target(cluster=Cluster("c", Ports(1, 2, 3), Path("kubectl")))


def bring(target: Target) -> tuple[str, bool]:
    """The password, and whether the stage says that something was done."""
    with console.Report() as report:
        to: Any = target
        password = cluster_demo.bring(to, report)
    return password, report.changed


def test_demo_people_are_brought_once(target: Target) -> None:
    assert bring(target) == ("open sesame", True)
    target.other = "x@2"  # another program, which has no part in it
    assert bring(target) == ("open sesame", False)
    assert target.seeded == 1
    assert target.kubectl[0][:3] == ["--namespace=witw", "exec", "deployment/witw"]


@pytest.mark.parametrize("change", [{"volume": "u2"}, {"image": "app@2"}])
def test_another_database_or_version_of_the_app_gets_them_anew(
    target: Target, change: dict[str, str]
) -> None:
    bring(target)
    for name, value in change.items():
        setattr(target, name, value)

    assert bring(target)[1]
    assert target.seeded == 2


def test_demo_people_that_cannot_be_brought_are_told_and_tried_again(target: Target) -> None:
    target.failure = "no cities"
    with pytest.raises(ClusterError, match="could not be brought") as caught:
        bring(target)
    assert caught.value.details == "no cities"
    assert "--no-demo" in caught.value.remedy

    target.failure = ""
    assert bring(target)[1]
