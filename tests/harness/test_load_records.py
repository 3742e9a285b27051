"""What locust tells, put together."""

from collections import Counter

import pytest

from dev.load.records import Records, merged, percentile
from tests.harness.load_runs import a_line


def test_a_percentile_is_the_time_that_so_many_took_at_most() -> None:
    times = Counter({float(ms): 1 for ms in range(1, 101)})

    assert [percentile(times, percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile(Counter({5.0: 1}), 99) == 5
    assert percentile(Counter(), 50) is None


def test_percentiles_count_every_request_not_every_time() -> None:
    assert percentile(Counter({10.0: 99, 1000.0: 1}), 95) == 10


def test_several_processes_are_one_second() -> None:
    records = Records(100.0)
    for worker in ("a", "b"):
        records.hear(a_line(103, requests=5, users=7).replace("{", f'{{"worker": "{worker}",', 1), 104.0)

    (second,) = records.seconds().values()

    assert list(records.seconds()) == [3]
    assert second.requests == records.requests == 10
    assert sum(second.users.values()) == 14


def test_what_is_no_record_is_passed_over() -> None:
    records = Records(0.0)

    assert not any(records.hear(line, 0) for line in ("Traceback", "{", "{}", '{"second": "x"}'))
    assert not records.seconds()


def test_another_machines_clock_is_brought_to_ours_by_the_quickest_line() -> None:
    """The pod's clock is 5,000 s ahead; lines take between 0.1 and 3 s to come."""
    records = Records(100.0, shared_clock=False)
    for second, delay in ((0, 3.0), (1, 0.1), (2, 1.0)):
        records.hear(a_line(5100 + second), 100 + second + 1 + delay)

    assert list(records.seconds()) == [0, 1, 2]


@pytest.mark.parametrize("name", ["GET /", None])
def test_times_are_merged_by_name_or_all(name: str | None) -> None:
    records = Records(0.0)
    for second in range(3):
        records.hear(a_line(second, ms=20), 0)

    assert merged(records.seconds().values(), name) == {20.0: 30}
    assert not merged(records.seconds().values(), "GET /other")
