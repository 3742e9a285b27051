"""Namespaces, passwords and keys are made once, and travel through a pipe."""

import base64

from dev import cluster_secrets
from tests.harness.fake_target import FakeTarget

LAYERS = ["gateway", "postgres"]


def kinds(target):
    return {(item["kind"], item["metadata"]["name"]): item for item in target.applied[0]["items"]}


def as_found(target):
    """What the cluster says once everything was applied."""
    for item in target.applied[0]["items"]:
        data = {k: base64.b64encode(v.encode()).decode() for k, v in item.get("stringData", {}).items()}
        target.items.append({**item, "data": data})
    target.applied.clear()


def test_everything_is_made_in_an_empty_cluster():
    target = FakeTarget()
    cluster_secrets.ensure(target, LAYERS)
    made = kinds(target)
    assert {name for kind, name in made if kind == "Namespace"} == {"gateway", "postgres", "witw"}
    assert made["Namespace", "witw"]["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted"
    }
    assert {name for kind, name in made if kind == "Secret"} == {
        "postgres",
        "witw-database",
        "witw-demo",
        "witw-django",
    }


def test_the_app_has_the_password_that_the_database_has():
    target = FakeTarget()
    cluster_secrets.ensure(target, LAYERS)
    made = kinds(target)
    original = made["Secret", "postgres"]["stringData"]
    assert made["Secret", "witw-database"]["stringData"]["password"] == original["password"]
    assert original["password"] != original["superuser_password"]


def test_no_secret_is_ever_an_argument():
    target = FakeTarget()
    cluster_secrets.ensure(target, LAYERS)
    values = [text for item in target.applied[0]["items"] for text in item.get("stringData", {}).values()]
    words = " ".join(word for call in target.kubectl for word in call)
    assert len(set(values)) == 5
    assert all(len(value) >= 50 and value not in words for value in values)


def test_what_is_there_stays_as_it_is():
    target = FakeTarget()
    cluster_secrets.ensure(target, LAYERS)
    as_found(target)
    assert cluster_secrets.ensure(target, LAYERS) == []
    assert target.applied == []


def test_a_copy_that_is_missing_is_made_of_the_original_that_is_there():
    target = FakeTarget()
    cluster_secrets.ensure(target, LAYERS)
    password = kinds(target)["Secret", "postgres"]["stringData"]["password"]
    as_found(target)
    target.items = [item for item in target.items if item["metadata"]["name"] != "witw-database"]
    assert cluster_secrets.ensure(target, LAYERS) == ["Secret witw-database"]
    assert kinds(target)["Secret", "witw-database"]["stringData"] == {"password": password}
