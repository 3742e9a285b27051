"""The cluster that scales the app, and loads whose requests are counted over all tests.

Without `--cluster NAME` a cluster of its own is made, and removed at the end.
"""

import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from dev import cluster_report, reports
from dev.load import document, measures, run, shapes, targets
from dev.load import report as load_report
from dev.load.run import Run
from dev.target import Target
from tests import cluster_kit
from tests.cluster_kit import OwnCluster
from tests.e2e.stack import Stack
from tests.load.scaled import Scaled

CLUSTER = OwnCluster("witw-load", 18480)

SPACES = ["kube-system", "autoscaling", "metrics", "gateway", "postgres", "witw"]

WINDOW = 20
"""Seconds that pods are kept after a load, lest the tests wait for most of their time."""

target_key = pytest.StashKey[Target]()
runs_key = pytest.StashKey[list[Run]]()
told_key = pytest.StashKey[int]()

Load = Callable[..., Run]


def pytest_configure(config: pytest.Config) -> None:
    """Name our marker."""
    config.addinivalue_line("markers", "short: a spike, and that all is measured; `tox run -e load-short`")
    config.stash[runs_key] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the reports of a failed test's loads and one of the cluster, and say where."""
    report = yield
    to = item.config.stash.get(target_key, None)
    if report.failed and to is not None:
        folder = reports.new_folder(f"load-{re.sub(r'[^a-z0-9]+', '-', item.name.lower())[:60]}")
        cluster_report.write(folder / "cluster", to, SPACES)
        for number, done in enumerate(item.config.stash[runs_key][item.stash.get(told_key, 0) :], start=1):
            (folder / f"run-{number}").mkdir()
            load_report.write(done, [], folder / f"run-{number}")
        report.sections.append(("what was measured, and what the cluster says", str(folder)))
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take the cluster away, however far its making has come."""
    CLUSTER.take_away(session.config)


@pytest.fixture(scope="session")
def to(pytestconfig: pytest.Config) -> Target:
    """The cluster with everything in it."""
    found = cluster_kit.named(pytestconfig) or CLUSTER.bring_up(layers=("autoscaling",))
    pytestconfig.stash[target_key] = found
    return found


@pytest.fixture(scope="session")
def stack(to: Target) -> Iterator[Stack]:
    """The app, and people who use it."""
    shared = Stack(to)
    with shared.browsers:
        yield shared


@pytest.fixture(scope="session")
def scaled(to: Target, stack: Stack) -> Iterator[Scaled]:
    """What scales the app, with short times for scaling in."""
    found = Scaled(to, stack)
    found.check()
    found.usual.update(found.spec["advanced"])
    with found.changed(advanced=found.kept_for(WINDOW)):
        yield found


@pytest.fixture(autouse=True)
def rested(request: pytest.FixtureRequest, pytestconfig: pytest.Config, scaled: Scaled) -> None:
    """Each test begins with as few pods as there may be."""
    request.node.stash[told_key] = len(pytestconfig.stash[runs_key])
    scaled.rest()


@pytest.fixture(scope="session")
def runs(pytestconfig: pytest.Config) -> list[Run]:
    """All loads so far."""
    return pytestconfig.stash[runs_key]


@pytest.fixture(scope="session")
def load(pytestconfig: pytest.Config, to: Target, scaled: Scaled, runs: list[Run]) -> Load:
    """Puts a load on the app: `load(shape, calm_after=20)`. No request of it may fail."""
    chosen = CLUSTER.settings_of(pytestconfig)
    aim = targets.choose(to.ours.name, chosen)

    def put(shape: shapes.Shape, **options: Any) -> Run:
        done = run.run(shape, aim, chosen, **options)
        runs.append(done)
        found = measures.of(done)
        assert found["failures.total"] == 0, document.of(done, [])["failures"]
        return done

    return put
