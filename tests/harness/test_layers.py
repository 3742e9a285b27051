"""Which layers are installed, and what a cluster of ours is told about them."""

import pytest
import yaml

from dev import cluster, layers, platform_values, release, settings
from dev.cluster_config import Ports
from dev.errors import WitwError
from dev.layers import Layer


@pytest.fixture
def found(tmp_path):
    return cluster.Cluster("c", Ports(28080, 28081, 5001), tmp_path / "kubectl")


def test_what_the_app_needs_comes_without_being_asked_for():
    assert layers.choose() == ["gateway", "postgres"]
    assert layers.choose(["postgres"]) == ["gateway", "postgres"]


def test_a_layer_brings_those_that_it_needs_in_their_order(monkeypatch):
    more = {"metrics": Layer("", "metrics"), "autoscaling": Layer("", "autoscaling", needs=("metrics",))}
    monkeypatch.setattr(layers, "LAYERS", {**layers.LAYERS, **more})
    assert layers.choose(["autoscaling"]) == ["gateway", "postgres", "metrics", "autoscaling"]


def test_an_unknown_layer_is_an_error_that_names_the_one_that_was_meant():
    with pytest.raises(WitwError, match="no layer gatway; did you mean gateway") as caught:
        layers.choose(["gatway"])
    assert "postgres" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "names"), [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , ,b", ["a", "b"])]
)
def test_layers_are_written_with_commas(text, names):
    assert layers.split(text) == names


def test_every_layer_has_its_releases_in_its_namespace():
    declared = release.declared()
    assert {item.layer for item in declared} == {*layers.LAYERS, "app"}
    assert all(item.namespace == layers.get(item.layer).namespace for item in declared)
    assert all(file.exists() for item in declared for file in item.values)


def test_layers_that_were_installed_stay(found, monkeypatch):
    monkeypatch.setattr(layers, "LAYERS", {**layers.LAYERS, "metrics": Layer("", "metrics")})
    chosen = platform_values.chosen_layers("c", ["metrics"])
    platform_values.write(found, settings.load(), chosen, {})
    assert "metrics" in platform_values.chosen_layers("c")


def test_helmfile_is_told_layers_images_ports_and_size(found):
    chosen = settings.load(app_replicas=3, web_workers=2, web_threads=4)
    platform_values.write(found, chosen, ["gateway"], {"b": "B", "app": "A"})
    told = yaml.safe_load(platform_values.file("c").read_text())
    assert told.pop("layers") == {name: name == "gateway" for name in layers.LAYERS}
    assert told == {
        "images": {"app": "A", "b": "B"},
        "public_url": "http://localhost:28080",
        "node_ports": {"public": 30080, "internal": 30081},
        # Old, new and draining pods, each with a session for every thread and one more for every worker.
        "size": {
            "replicas": 3,
            "most": 3,
            "surge": 3,
            "workers": 2,
            "threads": 4,
            "sessions": 9 * 2 * 5 + 8,
        },
    }


def test_where_something_scales_the_app_the_pool_is_sized_by_the_most_pods(found):
    chosen = settings.load(app_replicas=2, app_most_replicas=6, web_workers=2, web_threads=4)
    size = platform_values.write(found, chosen, ["metrics", "autoscaling"], {})["size"]
    assert (size["replicas"], size["most"], size["sessions"]) == (2, 6, (6 + 2 * 2) * 2 * 5 + 8)
    few = settings.load(app_replicas=8, app_most_replicas=6)
    assert platform_values.write(found, few, ["autoscaling"], {})["size"]["most"] == 8


def test_what_is_known_survives_a_damaged_file(found):
    platform_values.write(found, settings.load(), ["gateway"], {})
    platform_values.file("c").write_text("{")
    assert platform_values.known("c") == {}
