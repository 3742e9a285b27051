"""What becomes of a release that is changed: rolled out without a gap, refused, failed, rolled back."""

import itertools
import json
import re
import secrets
import time
from typing import Any

import httpx
import pytest

from dev.errors import ClusterError
from tests.compose.load import load
from tests.e2e.own import Own, cause_of
from tests.e2e.stack import is_ready, until

pytestmark = pytest.mark.long

REQUESTS = 10_000
READERS, WRITERS, VISITORS = 6, 2, 12
"""Who asks for what is theirs, who changes it, and who loads what a page is made of."""
SECONDS = 600
"""The longest that as many requests may take."""

SEVERAL = 2
"""Pods, where what one does is up to the other."""

ABSENT = "sha256:" + "0" * 64


def style(own: Own) -> str:
    """The path of the style sheet that the pages name."""
    page = own.browser().get("/login").text
    found = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert found, page
    return found[1]


def environment(own: Own, name: str) -> str:
    return own.execute("sh", "-c", f"echo ${{{name}:-}}").strip()


def assert_as_before(own: Own, before: set[str]) -> None:
    """The old version still serves, by the very same pods."""
    assert own.browser().get("/login").status_code == httpx.codes.OK
    assert before <= set(own.pods())


# Beside others it has a core at most, and needs twice the updates for as many requests.
@pytest.mark.alone
@pytest.mark.flaky(reruns=0)
def test_an_update_under_load_fails_no_request(own: Own) -> None:
    """Reads may be repeated by the gateway, writes may not: one that gets lost is seen, at the first try."""
    own.upgrade(replicas=SEVERAL)
    people = own.people(**{f"person{number}": None for number in range(READERS + WRITERS)})
    before = set(own.pods())
    levels = itertools.cycle(["DEBUG", "INFO"])
    readers: list[httpx.Client] = [*people[:READERS]]
    writers: list[httpx.Client] = [*people[READERS:]]
    visitors = [own.browser() for _ in range(VISITORS)]
    with (
        load(readers, path="/api/users/me") as reads,
        load(writers, "PATCH", body={"first_name": "Zoe"}) as writes,
        load(visitors, path=style(own)) as visits,
    ):

        def sent() -> int:
            return sum(len(part.answers) for part in (reads, writes, visits))

        until("some load", lambda: len(reads.answers) > 100 and len(writes.answers) > 20)
        before_updates, began = sent(), time.monotonic()
        # One update after another, without a pause: they are what the requests are to be sent during.
        while sent() - before_updates <= REQUESTS:
            assert time.monotonic() - began < SECONDS, f"only {sent() - before_updates} requests"
            own.upgrade(replicas=SEVERAL, config={"LOG_LEVEL": next(levels)})
    assert not set(own.pods()) & before, "all pods were replaced meanwhile"
    answers = [*reads.answers, *writes.answers, *visits.answers]
    assert [answer for answer in answers if answer.status != httpx.codes.OK] == []


def test_a_changed_setting_rolls_the_pods(own: Own) -> None:
    before = set(own.pods())
    own.upgrade(config={"LOG_LEVEL": "DEBUG"})
    assert not set(own.pods()) & before
    assert environment(own, "LOG_LEVEL") == "DEBUG"


def test_the_same_values_again_replace_no_pod(own: Own) -> None:
    before = set(own.pods())
    own.upgrade()
    assert set(own.pods()) == before


def test_a_changed_secret_rolls_nothing_until_its_revision_is_changed(own: Own) -> None:
    """Helm cannot see into a Secret; chart/README.md says to change `secrets.revision`."""
    before, replaced = set(own.pods()), secrets.token_urlsafe(60)
    patch = json.dumps({"stringData": {"secret_key": replaced}})
    own.kubectl("patch", "secret", "witw-django", "--patch-file=/dev/stdin", stdin=patch)
    own.upgrade()
    assert set(own.pods()) == before
    own.upgrade(secrets={"revision": "2"})
    assert not set(own.pods()) & before
    arrived = own.execute("cat", "/run/secrets/app/secret_key").strip() == replaced
    assert arrived


def test_a_rollback_brings_the_previous_revision_back(own: Own) -> None:
    was = environment(own, "LOG_LEVEL")
    own.upgrade(config={"LOG_LEVEL": "DEBUG"})
    changed = set(own.pods())
    own.helm("rollback", "witw")
    until("the pods of before", lambda: not set(own.pods()) & changed, 120)
    until("their being ready", lambda: all(map(is_ready, own.pods().values())), 120)
    assert environment(own, "LOG_LEVEL") == was
    assert own.browser().get("/login").status_code == httpx.codes.OK
    assert own.newest().description.startswith("Rollback to")


@pytest.mark.parametrize(
    ("changes", "causes"),
    [
        pytest.param({"image": {"digest": ABSENT}}, ["ErrImagePull", "0000"], id="an absent image"),
        pytest.param(
            {"secrets": {"django": {"name": "absent"}}}, ["FailedMount", 'secret "absent" not found'],
            id="an absent Secret",
        ),
        pytest.param(
            {"config": {"LOG_LEVEL": "LOUD"}, "migrations": {"backoffLimit": 0}}, ["LOG_LEVEL"],
            id="a setting that the app refuses",
        ),
    ],
)  # fmt: skip
def test_an_update_that_cannot_work_says_why_and_the_old_version_serves(
    own: Own, changes: dict[str, Any], causes: list[str]
) -> None:
    before = set(own.pods())
    with pytest.raises(ClusterError) as caught:
        own.upgrade(**changes)
    for cause in causes:
        assert cause in cause_of(caught.value)
    assert_as_before(own, before)
    assert own.newest().status in {"deployed", "failed"}, "nothing is left half done"
    unfinished = [job["metadata"]["name"] for job in own.list("Job") if not job["status"].get("conditions")]
    assert unfinished == [], "no migration may begin later"
    own.upgrade()
    assert set(own.pods()) == before


def test_a_bad_image_is_named_also_where_no_migration_runs_before(own: Own) -> None:
    before = set(own.pods())
    with pytest.raises(ClusterError) as caught:
        own.upgrade(image={"digest": ABSENT}, migrations={"enabled": False})
    assert "ErrImagePull" in cause_of(caught.value)
    assert_as_before(own, before)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        pytest.param({"replicsa": 3}, "replicsa", id="a name that no value has"),
        pytest.param({"replicas": "three"}, "replicas", id="a text where a number belongs"),
        pytest.param({"replicas": 40}, "database.pool.sessions", id="more pods than the pooler has room for"),
        pytest.param({"secrets": {"django": {"name": ""}}}, "secrets.django.name", id="no name for a Secret"),
    ],
)
def test_values_that_are_wrong_change_nothing(own: Own, changes: dict[str, Any], cause: str) -> None:
    revision = own.newest().number
    with pytest.raises(ClusterError) as caught:
        own.upgrade(**changes)
    assert cause in cause_of(caught.value)
    assert own.newest().number == revision
