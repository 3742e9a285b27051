"""What holds over all loads together; the last file, for it counts what the others have done."""

from collections.abc import Callable

from dev.load import measures
from dev.load.run import Run

MANY = 10_000


def test_no_request_of_many_failed_while_pods_came_and_went(
    runs: list[Run], tell: Callable[[str], None]
) -> None:
    found = [measures.of(run) for run in runs]
    requests = sum(int(one["requests.total"]) for one in found)
    failed = sum(int(one["failures.total"]) for one in found)
    tell(f"{requests:,} requests in {len(runs)} loads, {failed} failed")
    assert failed == 0
    assert requests >= MANY
