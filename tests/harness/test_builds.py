"""What is compiled ahead of its need."""

import contextlib
import threading

import pytest

from dev import (
    base_image,
    builds,
    catalogue,
    catalogue_images,
    cluster_up,
    console,
    programs,
    settings,
    state,
    toolchain,
)
from dev.commands import up
from dev.errors import ImageError


class Report:
    """Remembers the stages that were begun."""

    def __init__(self):
        self.stages = []

    @contextlib.contextmanager
    def stage(self, name):
        self.stages.append(name)
        yield console.Stage(name)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with empty caches and no engine, whose registries do not answer."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WITW_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(base_image, "answers", lambda *_, **__: False)
    builds._answers.cache_clear()
    yield monkeypatch
    builds._answers.cache_clear()


def built(monkeypatch):
    """Stand in for the compiler; returns what it was asked for."""
    asked = []

    def ensure(module, *_, **options):
        asked.append((module, options["system"]))
        return {"program": None}

    monkeypatch.setattr(programs, "ensure", ensure)
    return asked


def test_without_a_registry_everything_is_compiled_once_in_the_order_of_its_need(machine):
    asked, report = built(machine), Report()
    builds.prefetch(settings.load(), report, images=["node", "registry", "app", "envoy-gateway"])
    assert [module for module, _ in asked] == ["etcd", "kubernetes", "storage", "platform", "helmfile"]
    assert {system for _, system in asked} == {"linux"}
    assert report.stages == [f"go {module}" for module, _ in asked]


def test_an_image_of_ours_brings_the_programs_of_the_one_it_stands_on(machine):
    assert builds.modules(settings.load(), ["pgpool-exporter"], []) == ["platform"]


def test_what_a_registry_will_give_is_not_compiled(machine):
    machine.setattr(base_image, "answers", lambda *_, **__: True)
    assert builds.modules(settings.load(), ["node", "envoy-gateway"], builds.CLUSTER_TOOLS) == []
    assert builds.modules(settings.load(pull="never"), ["node"], []) == ["etcd", "kubernetes", "storage"]


@pytest.mark.parametrize("options", [{"pull": "always"}, {"pull": "always", "mirror": "mirror.test:5000"}])
def test_who_wants_everything_pulled_compiles_nothing(options, machine):
    assert builds.modules(settings.load(**options), ["node"], builds.CLUSTER_TOOLS) == []


def test_what_is_here_is_not_compiled_again(machine, tmp_path):
    for name in ("node", "registry"):
        for module in catalogue.load().images[name].programs:
            for program in programs.find(module, tmp_path / "cache", "linux"):
                program.path.parent.mkdir(parents=True, exist_ok=True)
                program.path.write_text("here")
                program.checksum_file.write_text(programs.checksum(program.path))
    assert builds.modules(settings.load(), ["node", "registry"], ["helm", "kind"]) == []


def test_an_image_that_the_engine_has_needs_no_programs(machine, tmp_path):
    docker = tmp_path / "docker"
    docker.write_text("")
    docker.chmod(0o755)
    machine.setattr(catalogue_images, "find", lambda *_: "an image")
    machine.setattr(toolchain, "find", lambda *_: "a program")
    assert builds.modules(settings.load(), builds.CLUSTER_IMAGES, builds.CLUSTER_TOOLS) == []


def test_a_build_that_fails_ends_what_goes_beside_it(machine):
    def ensure(*_, **__):
        raise ImageError("it does not compile", remedy="mend it")

    machine.setattr(programs, "ensure", ensure)
    with pytest.raises(ImageError, match="does not compile"):
        builds.prefetch(settings.load(), Report())


def test_up_compiles_beside_all_else_what_the_chosen_layers_need(machine, tmp_path):
    machine.setattr(state, "FOLDER", tmp_path / ".witw")
    compiling, asked = threading.Event(), []

    def prefetch(chosen, report, images):
        asked.extend(images)
        compiling.set()

    def prepare(*_, **__):
        assert compiling.wait(10), "the images waited for the compiler's begin in vain"
        raise ImageError("that was enough", remedy="none")

    machine.setattr(builds, "prefetch", prefetch)
    machine.setattr(up, "prepare", prepare)
    with pytest.raises(ImageError, match="enough"):
        up._up_kind(settings.load(), cluster_up.Wishes("tiny"), build=False, demo=False)
    assert {"registry", "node", "envoy-gateway", "app"} <= set(asked)
