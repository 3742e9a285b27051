"""What holds over all loads together; the last file, for it counts what the others have done."""

from collections.abc import Callable

from dev.load import measures
from dev.load.run import Run
from tests.load.conftest import Load
from tests.load.scaled import SPIKE

MANY = 10_000
MOST_SPIKES = 5
"""On a machine that serves little the other tests' loads are fewer requests than that."""


def test_no_request_of_many_fails_while_pods_come_and_go(
    load: Load, runs: list[Run], tell: Callable[[str], None]
) -> None:
    def total(measure: str) -> int:
        return sum(int(measures.of(run)[measure]) for run in runs)

    for _ in range(MOST_SPIKES):
        if total("requests.total") < MANY:
            load(SPIKE)
    tell(f"{total('requests.total'):,} requests in {len(runs)} loads, {total('failures.total')} failed")
    assert total("failures.total") == 0
    assert total("requests.total") >= MANY
