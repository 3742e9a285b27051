"""Profiles: how many users when."""

import pytest

from dev.load import shapes


@pytest.mark.parametrize("profile", shapes.PROFILES)
@pytest.mark.parametrize("size", shapes.SIZES)
def test_every_profile_in_every_size_reaches_its_peak_and_ends(profile: str, size: str) -> None:
    shape = shapes.make(profile, size)
    peak, seconds = shapes.SIZES[size][profile]

    numbers = [shape.at(step * seconds / 1000) for step in range(1000)]

    assert max(number or 0 for number in numbers) == peak == shape.peak
    assert None not in numbers
    assert shape.at(seconds) is None


def test_a_spike_comes_at_once_and_goes_at_once() -> None:
    shape = shapes.make("spike", peak=100, seconds=100)

    assert [shape.at(second) for second in (0, 19.9, 20, 59.9, 60, 99)] == [10, 10, 100, 100, 10, 10]


def test_a_ramp_rises_in_a_straight_line() -> None:
    shape = shapes.make("ramp", peak=100, seconds=100)

    assert shape.at(35) == 52


def test_a_shape_survives_being_sent_elsewhere() -> None:
    shape = shapes.make("step", "small", kind="arrivals")

    assert shapes.parse(shape.to_json()) == shape


def test_a_profile_is_named_as_plain_locust_takes_it() -> None:
    assert shapes.parse("ramp:small") == shapes.make("ramp", "small")
    with pytest.raises(ValueError, match="the profiles are spike, ramp"):
        shapes.parse("rmap")


@pytest.mark.parametrize("bound", [{"peak": shapes.MOST_PEAK + 1}, {"seconds": shapes.MOST_SECONDS + 1}])
def test_no_run_is_bigger_or_longer_than_the_bounds(bound: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        shapes.make("spike", **bound)  # type: ignore[arg-type]
