"""Names of the tests' clusters, where other checkouts have some too."""

import types

import pytest

from dev import cluster, registry
from tests import cluster_kit


@pytest.fixture
def there(monkeypatch):
    """Clusters by name, and whether this checkout made them."""
    made = {}
    monkeypatch.setattr(cluster, "recorded", lambda name: {"ready": True} if made.get(name) else {})
    monkeypatch.setattr(cluster, "nodes", lambda name: ["a node"] if name in made else [])
    return made


def test_a_name_that_nobody_has_is_taken(there):
    assert cluster_kit.free_name("tests") == "tests"


def test_our_own_cluster_is_used_again(there):
    there["tests"] = True
    assert cluster_kit.free_name("tests") == "tests"


def test_where_another_checkout_has_it_ours_gets_a_name_of_its_own_and_keeps_it(there):
    there["tests"] = False
    name = cluster_kit.free_name("tests")
    assert name.startswith("tests-")
    there[name] = True
    assert cluster_kit.free_name("tests") == name
    del there["tests"]
    assert cluster_kit.free_name("tests") == name


def test_checkouts_have_different_names(there, monkeypatch, tmp_path):
    there["tests"] = False
    name = cluster_kit.free_name("tests")
    monkeypatch.setattr(cluster_kit, "ROOT", tmp_path)
    assert cluster_kit.free_name("tests") != name


def test_a_cluster_goes_with_its_registry(there, monkeypatch):
    there["tests"] = True
    gone = []
    monkeypatch.setattr(cluster, "delete", lambda name, _: gone.append(f"cluster {name}"))
    monkeypatch.setattr(registry, "remove", lambda chosen: gone.append(f"registry {chosen.project}"))
    cluster_kit.OwnCluster("tests", 1).take_away(types.SimpleNamespace(getoption=lambda _: None))
    assert gone == ["cluster tests", "registry tests"]
