"""What may be loaded, and what may not."""

import pytest

from dev import cluster
from dev.compose import Compose
from dev.errors import ClusterError, StackError, WitwError
from dev.load import targets
from dev.load.targets import LoadTarget
from dev.settings import Settings

SETTINGS = Settings()

COMPOSE = LoadTarget("compose witw", "http://localhost:8080", "compose", compose=Compose(SETTINGS))
CLUSTER = LoadTarget("cluster witw", "http://localhost:8082", "cluster")
OTHER = LoadTarget("cluster try", "http://localhost:8084", "cluster")


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> list[LoadTarget]:
    """A Compose stack and two clusters run."""
    known = [CLUSTER, OTHER, COMPOSE]
    monkeypatch.setattr(targets, "all_of_ours", lambda _: known)
    monkeypatch.setattr(cluster, "names", lambda: ["witw", "try", "empty"])
    return known


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", CLUSTER),
        ("compose", COMPOSE),
        ("try", OTHER),
        ("http://localhost:8080", COMPOSE),
        ("http://127.0.0.1:8084/", OTHER),
        ("http://[::1]:8080", COMPOSE),
    ],
)
def test_a_stack_of_this_checkout_is_found_by_its_address_or_name(wanted: str, found: LoadTarget) -> None:
    assert targets.choose(wanted, SETTINGS) == found


@pytest.mark.parametrize(
    "wanted",
    [
        "http://example.com",
        "http://example.com:8080",
        "http://localhost:9999",
        "http://localhost:8080.example.com",
        "http://localhost.example.com:8080",
        "http://8080@example.com",
        "http://localhost:8080@example.com",
        "ftp://localhost:8080",
        "http://localhost:port",
        "http://",
    ],
)
def test_anything_else_is_refused(wanted: str) -> None:
    with pytest.raises(WitwError):
        targets.choose(wanted, SETTINGS)


def test_a_refusal_names_what_is_ours_and_how_to_claim_a_host() -> None:
    with pytest.raises(WitwError, match="no load was put on it") as caught:
        targets.choose("https://staging.example.com", SETTINGS)

    assert "http://localhost:8080 (compose witw)" in caught.value.remedy
    assert "--i-own-this-target staging.example.com" in caught.value.remedy


def test_whoever_says_that_a_host_is_theirs_may_load_that_host_only() -> None:
    url = "https://staging.example.com"

    assert targets.choose(url, SETTINGS, owned="staging.example.com").kind == "foreign"
    with pytest.raises(WitwError, match="says example"):
        targets.choose(url, SETTINGS, owned="example.com")


def test_no_people_are_made_in_a_stack_that_is_not_ours() -> None:
    foreign = targets.choose("https://a.example", SETTINGS, owned="a.example")

    with pytest.raises(WitwError, match="no people can be made") as caught:
        foreign.manage("")
    assert "--people FILE" in caught.value.remedy


def test_a_cluster_without_the_app_says_how_it_comes_there() -> None:
    with pytest.raises(ClusterError, match="the app is not in the cluster empty") as caught:
        targets.choose("empty", SETTINGS)
    assert caught.value.remedy == "./witw up --kind --name empty"


def test_no_stack_at_all_says_how_to_get_one(ours: list[LoadTarget]) -> None:
    ours.clear()

    with pytest.raises(StackError, match="nothing is up here") as caught:
        targets.choose("", SETTINGS)
    assert "./witw up --kind" in caught.value.remedy


def test_a_cluster_that_is_only_just_being_made_does_not_stand_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ClusterError("its kubeconfig points to nothing")

    monkeypatch.setattr(cluster, "nodes", lambda _: [cluster.Node("1", "try-control-plane", running=True)])
    monkeypatch.setattr(cluster, "find", broken)

    assert targets._clusters(SETTINGS) == []
