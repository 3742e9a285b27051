"""Parking on the real engine, with a small stack in place of ours: it sleeps, wakes, and keeps its data."""

import pytest

from dev import park, process, settings
from tests.harness.conftest import Run
from tests.harness.small_stack import SmallStack


@pytest.fixture
def witw(witw: Run, small_stack: SmallStack) -> Run:
    """Run one command of a stack that is up, check its exit code and return what it said."""
    small_stack.change("compose.yaml", "${WITW_PORT}:80", "${WITW_PORT}:81")
    witw("up")
    return witw


def states() -> set[str]:
    """What the containers that are meant to run do."""
    ids = [one.id for one in park.compose(settings.load()).containers()]
    form = "--format={{.State.Status}}"
    return set(process.run(["docker", "container", "inspect", form, *ids]).stdout.split())


@pytest.mark.parametrize(("deep", "state"), [([], "paused"), (["--deep"], "exited")])
def test_a_stack_sleeps_and_wakes_with_its_data(
    witw: Run, small_stack: SmallStack, deep: list[str], state: str
) -> None:
    note = ["exec", "--no-TTY", "postgres", "sh", "-c"]
    small_stack.compose().run(*note, "echo kept > /var/lib/postgresql/note")

    assert "parked" in witw("park", "--compose", *deep)
    assert states() == {state}
    assert "already; nothing was changed" in witw("park", "--compose", *deep)
    assert "`./witw resume`" in witw("status", code=1)
    assert "the app answers after" in witw("resume", "--compose")

    assert states() == {"running"}
    kept = small_stack.compose().run(*note, "cat /var/lib/postgresql/note").stdout
    assert kept == "kept\n"
    assert "is awake; nothing was changed" in witw("resume", "--compose")


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_up_wakes_what_is_parked(witw: Run, deep: list[str]) -> None:
    witw("park", "--compose", *deep)

    witw("up")

    assert states() == {"running"}
    assert "nothing was changed" in witw("up")


def test_down_takes_away_what_is_frozen(witw: Run) -> None:
    witw("park", "--compose")

    witw("down")

    assert park.compose(settings.load()).containers() == []
    assert "nothing is up here" in witw("resume", "--compose", code=1)
