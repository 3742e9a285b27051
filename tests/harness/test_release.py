"""Releases that an ended Helm left half done are brought back to where they stood."""

import datetime as dt

import pytest

from dev import release
from dev.errors import ClusterError
from dev.release import State
from tests.harness.fake_target import FakeTarget

APP = next(item for item in release.declared() if item.name == "witw")


def revision(number, status, age=dt.timedelta(hours=2)):
    return {"revision": number, "status": status, "updated": (dt.datetime.now(dt.UTC) - age).isoformat()}


def heal(target, *revisions):
    target.histories["witw"] = list(revisions)
    last = revisions[-1]
    return release.heal(target, [APP], {APP.key: State(last["status"], last["revision"])})


@pytest.fixture
def ours():
    return FakeTarget(cluster=object())


def test_a_release_that_is_well_is_left_alone(ours):
    assert heal(ours, revision(1, "deployed")) == []
    assert ours.helm == []


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-rollback"])
def test_a_pending_upgrade_is_rolled_back_to_what_was_deployed_last(status, ours):
    said = heal(ours, revision(1, "superseded"), revision(2, "deployed"), revision(3, status))
    assert said == [f"witw was {status}: rolled back to revision 2"]
    assert ours.did("rollback") == [["rollback", "witw", "2", "--namespace=witw"]]


def test_one_that_failed_in_between_is_not_what_is_rolled_back_to(ours):
    heal(ours, revision(1, "deployed"), revision(2, "failed"), revision(3, "pending-upgrade"))
    assert ours.did("rollback")[0][2] == "1"


@pytest.mark.parametrize("status", ["pending-install", "uninstalling"])
def test_one_that_was_never_deployed_is_uninstalled(status, ours):
    said = heal(ours, revision(1, status))
    assert said == [f"witw was {status} and never deployed: uninstalled"]
    assert ours.did("rollback") == []
    assert ours.did("uninstall") == [["uninstall", "witw", "--namespace=witw", "--ignore-not-found"]]


def test_in_a_cluster_of_others_a_young_pending_release_may_be_somebodys():
    theirs = FakeTarget()
    young = revision(2, "pending-upgrade", dt.timedelta(minutes=3))
    with pytest.raises(ClusterError, match="somebody may be at work"):
        heal(theirs, revision(1, "deployed"), young)
    assert theirs.did("rollback") == []

    heal(theirs, revision(1, "deployed"), revision(2, "pending-upgrade"))
    assert theirs.did("rollback")


def test_only_releases_that_are_named_are_healed(ours):
    ours.histories["other"] = [revision(1, "pending-install")]
    assert release.heal(ours, [APP], {"elsewhere/other": State("pending-install", 1)}) == []


def test_the_state_of_every_release_is_read(ours):
    ours.listed = [{"name": "witw", "namespace": "witw", "status": "deployed", "revision": "4"}]
    assert release.states(ours) == {"witw/witw": State("deployed", 4)}


def test_environments_are_those_of_the_helmfile():
    assert release.environments() == ["local", "production"]
