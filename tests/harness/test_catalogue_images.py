"""How the catalogue's images come to the engine, with a stand-in for docker."""

import pytest

from dev import base_image, catalogue_images, cli, programs, settings, state
from dev.commands import images as command
from dev.errors import ImageError
from tests.harness.stand_in_machine import prepare

PULLED, BUILT = catalogue_images.PULLED, catalogue_images.BUILT


def silent(line):
    pass


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with stand-ins, whose Go programs are there without being built."""
    made = prepare(tmp_path, monkeypatch)

    def ensure(module, *_, **__):
        return {"any": tmp_path / module / "any"}

    monkeypatch.setattr(programs, "ensure", ensure)
    monkeypatch.setattr(programs, "source", lambda *_: tmp_path / "source")
    monkeypatch.setattr(base_image, "ensure", lambda *_: ("witw/base:x", ""))
    monkeypatch.setattr(command.engine, "ensure", lambda _: None)
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    monkeypatch.setenv("WITW_CACHE_DIR", str(tmp_path / "cache"))
    made.change(images={})
    return made


def names(pull="auto", **more):
    chosen = settings.load(pull=pull, **more)
    return chosen, *catalogue_images.references("node", chosen)


def test_an_image_is_pulled_where_a_registry_has_it(machine):
    chosen, pulled, _ = names()
    machine.change(published=[pulled])
    found = catalogue_images.ensure("node", chosen, silent)
    assert (found.reference, found.origin) == (pulled, PULLED)
    assert machine.calls("docker", "buildx") == []


def test_an_image_is_built_from_its_programs_where_none_has_it(machine, tmp_path):
    chosen, _, built = names()
    found = catalogue_images.ensure("node", chosen, silent)
    assert (found.reference, found.origin) == (built, BUILT)
    arguments = machine.calls("docker", "buildx", "build")[0]
    for context in ("etcd", "kubernetes", "storage"):
        assert f"--build-context={context}={tmp_path / context}" in arguments
    assert f"--build-context=kind={tmp_path / 'source'}" in arguments
    assert "--build-arg=BASE_IMAGE=witw/base:x" in arguments
    assert "--build-arg=VERSION=v1.36.3" in arguments


def test_what_is_there_is_neither_pulled_nor_built(machine):
    chosen, _, built = names()
    machine.change(images={built: "sha256:x"})
    assert catalogue_images.ensure("node", chosen, silent).origin == BUILT
    assert machine.calls("docker", "pull") == []


def test_pull_never_builds_without_asking_anybody(machine):
    chosen, pulled, built = names("never")
    machine.change(images={pulled: "sha256:x"}, published=[pulled])
    assert catalogue_images.ensure("node", chosen, silent).reference == built
    assert machine.calls("docker", "pull") == []


@pytest.mark.parametrize("options", [{"pull": "always"}, {"mirror": "mirror.test:5000"}])
def test_who_names_a_registry_gets_no_build_in_its_place(options, machine):
    chosen, pulled, _ = names(**options)
    with pytest.raises(ImageError, match="could not be pulled") as caught:
        catalogue_images.ensure("node", chosen, silent)
    assert pulled in caught.value.message
    assert "no such host" in caught.value.details
    assert machine.calls("docker", "buildx") == []


def test_a_build_that_fails_shows_its_last_words(machine):
    machine.change(**{"build fails": True})
    with pytest.raises(ImageError) as caught:
        catalogue_images.ensure("node", settings.load(pull="never"), silent)
    assert "no route to host" in caught.value.details


def test_verify_names_what_is_not_what_the_catalogue_says(machine, capsys):
    _, pulled, built = names()
    digest = pulled.partition("@")[2]
    label = {catalogue_images.LABEL: catalogue_images.content("node")}
    well = {
        pulled: {"RepoDigests": [f"kindest/node@{digest}"]},
        built: {"Config": {"Labels": label}},
    }
    machine.change(images=dict.fromkeys(well, "sha256:x"), facts=well)
    assert cli.main(["images", "verify", "node"]) == 0

    badly = {pulled: {"RepoDigests": []}, built: {"Config": {"Labels": None}}}
    machine.change(facts=badly)
    assert cli.main(["images", "verify", "node"]) == 1


def test_the_verbs_of_images_do_what_they_say(machine):
    _, pulled, _ = names()
    assert cli.main(["images", "list"]) == 0
    assert cli.main(["images", "build", "node"]) == 0
    assert cli.main(["images", "build", "node"]) == 0
    assert len(machine.calls("docker", "buildx", "build")) == 1
    assert cli.main(["images", "pull", "node"]) == 1
    machine.change(published=[pulled])
    assert cli.main(["images", "pull", "node"]) == 0
    assert cli.main(["images", "pull", "nothing"]) == 1
