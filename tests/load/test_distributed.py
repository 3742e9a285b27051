"""locust as pods of the cluster: a master and two workers, of which nothing is left."""

from dev.load import in_cluster, measures
from dev.load.shapes import Shape
from tests.e2e.stack import Stack, until
from tests.load.conftest import Load

FEW = Shape("soak", "users", ((0, 8), (20, 8)))


def test_two_workers_share_the_users_and_go_when_all_is_done(load: Load, stack: Stack) -> None:
    done = load(FEW, workers=2)
    seconds = done.seconds.values()
    workers = {name for second in seconds for name in second.cpu}
    assert len(workers) == 2, "each tells of itself"
    assert max(sum(second.users.values()) for second in seconds) == FEW.peak
    assert all(any(second.users.get(name) for second in seconds) for name in workers), "both have users"
    assert measures.of(done)["requests.total"] >= FEW.peak * 5
    until("no pods of it", lambda: not stack.to.kube.list("Pod", in_cluster.NAMESPACE), 60)
