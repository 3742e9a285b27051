"""The cluster that all tests here share, the stack in it, and for each worker a release of its own to change.

`stack` (with `public`, `internal`, `people`) is read by all tests at once: never change it. `own` is a second
release with its own database, made when a worker first asks for it; it is brought back to its base values
before each test. A test marked `alone` runs while no other does, on any worker.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from _pytest.nodeid import NodeId
from pytest_kind import KindCluster

from dev import cluster, cluster_report, process, reports, state, toolchain
from dev.kube import Kube
from dev.target import Target
from tests import cluster_kit
from tests.cluster_kit import OwnCluster
from tests.e2e.own import Own
from tests.e2e.stack import Loopback, Stack
from tests.people_kit import Person
from tests.teams import Teams

CLUSTER = OwnCluster("witw-e2e", 18380)

BUILD_SECONDS = 5400
"""Until the cluster stands; from nothing, with everything to be built, that takes long."""

SYSTEM = ["kube-system", "gateway"]
"""Namespaces that are part of every report: the cluster's own, and the access logs."""

VALUES = Path(__file__).with_name("values.yaml")

target_key = pytest.StashKey[Target]()
stacks_key = pytest.StashKey[list[Stack]]()
folder_key = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder for the reports of failed tests, one for all workers."""
    config.addinivalue_line("markers", "alone: nothing else may run meanwhile")
    config.addinivalue_line("markers", "long: begins early, so that at the end no worker waits for another")
    given = getattr(config, "workerinput", {}).get("folder")
    config.stash[folder_key] = Path(given) if given else reports.new_folder("e2e")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where the reports go."""
    node.workerinput["folder"] = str(node.config.stash[folder_key])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that want to be alone come last: until then no worker waits for another. Groups stay together.

    Long ones come first, so that those that run when one wants to be alone are soon over.
    """
    items.sort(key=lambda item: (_is_alone(item), item.get_closest_marker("long") is None))
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if (group := item.get_closest_marker("xdist_group")) is not None:
            # xdist 3.8 writes the group where pytest 9.2 no longer looks, so that it was without effect.
            item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")
            assert item.nodeid.endswith(f"@{group.args[0]}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that wants to be alone run by itself, and the others side by side."""
    name = item.config.getoption("--cluster") or CLUSTER.name
    with _enter(f"{name}-turn", fcntl.LOCK_EX):
        # Whoever waits for the room keeps the turn: nobody enters before a test that wants to be alone.
        room = _enter(f"{name}-room", fcntl.LOCK_EX if _is_alone(item) else fcntl.LOCK_SH)
    with room:
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take the cluster away once all workers have ended, however they did; an empty report goes as well."""
    config = session.config
    if hasattr(config, "workerinput"):
        return
    CLUSTER.take_away(config)
    with contextlib.suppress(OSError):
        config.stash[folder_key].rmdir()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave a report of the cluster for a test that failed, and say where."""
    report = yield
    to = item.config.stash.get(target_key, None)
    if report.failed and to is not None:
        name = re.sub(r"[^\w.-]+", "-", item.nodeid.removeprefix("tests/e2e/"))[:150]
        stacks = item.config.stash.get(stacks_key, [])
        spaces = [space for stack in stacks for space in stack.namespaces]
        folder = cluster_report.write(item.config.stash[folder_key] / name, to, [*SYSTEM, *spaces])
        report.sections.append(("what the cluster says", str(folder)))
    return report


@pytest.fixture(scope="session")
def to(pytestconfig: pytest.Config) -> Target:
    """The cluster with everything in it. The first worker that asks makes it, the others wait."""
    found = cluster_kit.named(pytestconfig)
    if found is None:
        # In small, so that several stacks find room on two cores.
        with _enter("up", fcntl.LOCK_EX):
            found = CLUSTER.bring_up(values=(VALUES,))
    pytestconfig.stash[target_key] = found
    return found


@pytest.fixture(scope="session")
def variables(to: Target, pytestconfig: pytest.Config) -> dict[str, str]:
    """What a command of ours has to be told, beside the name, to work on the cluster."""
    chosen = CLUSTER.settings_of(pytestconfig)
    ports = {"WITW_PORT": str(to.ours.ports.public), "WITW_INTERNAL_PORT": str(to.ours.ports.internal)}
    return {"WITW_PROJECT": chosen.project, **ports}


@pytest.fixture(scope="session")
def kind_cluster(to: Target) -> KindCluster:
    """The cluster as pytest-kind has it, with our programs and node image, so that it downloads nothing."""
    facts = cluster.recorded(to.ours.name)
    kind = toolchain.ensure("kind", CLUSTER.settings)
    with contextlib.chdir(to.ours.folder):
        found = KindCluster(to.ours.name, to.kubeconfig, facts["node_image"], kind, to.kubectl)
    found.create()
    return found


@pytest.fixture(scope="session")
def stack(to: Target, kind_cluster: KindCluster, pytestconfig: pytest.Config) -> Iterator[Stack]:
    """The app as `up --kind` brings it: shared by all tests, changed by none."""
    shared = Stack(to)
    pytestconfig.stash.setdefault(stacks_key, []).append(shared)
    with shared.browsers:
        yield shared


@pytest.fixture(scope="session")
def _own(
    stack: Stack, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Own]:
    name = f"e2e-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    made = Own.named(stack, name, tmp_path_factory.mktemp(name))
    pytestconfig.stash.setdefault(stacks_key, []).append(made)
    with made.browsers:
        made.create(stack)
        yield made
    if pytestconfig.getoption("--keep") or pytestconfig.getoption("--cluster"):
        made.delete()


@pytest.fixture
def own(_own: Own) -> Own:
    """This worker's release: a test may do with it what it likes."""
    # Before a test and not after it: the last one leaves nothing for anybody.
    _own.put_back()
    return _own


@pytest.fixture(scope="session")
def kube(to: Target) -> Kube:
    """Kubernetes' API."""
    return to.kube


@pytest.fixture(scope="session")
def helm(to: Target) -> Callable[..., process.Result]:
    """Helm on the cluster."""
    return to.run_helm


@pytest.fixture(scope="session")
def teams(stack: Stack) -> Teams:
    """Teams that wait for a test of this worker to take them."""
    return Teams(stack.manage, stack.url, stack.browsers, {1: 6, 2: 2}, Loopback)


@pytest.fixture
def people(teams: Teams) -> Callable[..., list[Person]]:
    """Makes a team of people who are logged in, given their homes: `people(ann=None, bob=city("Paris"))`."""
    return teams.take


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _enter(name: str, kind: int, *, seconds: float = BUILD_SECONDS) -> IO[str]:
    """Take a lock that all workers know; closing the file gives it back.

    Raises:
        TimeoutError: It was not to be had in time.
    """
    state.FOLDER.mkdir(exist_ok=True)
    file = (state.FOLDER / f"e2e-{name}.lock").open("w")
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                file.close()
                raise TimeoutError(f"no turn within {seconds:g} s ({file.name})") from None
            time.sleep(0.05)
        else:
            return file
