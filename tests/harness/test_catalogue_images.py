"""How the catalogue's images come to the engine, with a stand-in for docker."""

import pytest

from dev import (
    base_image,
    catalogue,
    catalogue_images,
    charts,
    cli,
    go_modules,
    process,
    programs,
    settings,
    state,
    toolchain,
)
from dev.commands import images as command
from dev.errors import ImageError
from dev.programs import silent
from tests.harness.stand_in_machine import prepare

PULLED, BUILT = catalogue_images.PULLED, catalogue_images.BUILT


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
    machine.change(**{"build fails": "apt-get: no route to host"})
    with pytest.raises(ImageError) as caught:
        catalogue_images.ensure("node", settings.load(pull="never"), silent)
    assert "no route to host" in caught.value.details


def test_a_build_that_fills_the_disk_names_it(machine, tmp_path):
    machine.change(**{"build fails": "write /var/lib/x: no space left on device"})
    with pytest.raises(ImageError) as caught:
        catalogue_images.ensure("node", settings.load(pull="never"), silent)
    assert "the disk is full" in caught.value.remedy
    assert f"GiB free for {tmp_path / 'cache'}" in caught.value.remedy


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


def test_an_image_of_ours_is_built_on_the_one_of_the_catalogue_even_where_all_is_pulled(machine):
    pulled, _ = catalogue_images.references("postgres-exporter", settings.load())
    machine.change(published=[pulled])
    found = catalogue_images.ensure("pgpool-exporter", settings.load(pull="always"), silent)
    assert found.origin == BUILT
    [arguments] = machine.calls("docker", "buildx", "build")
    assert f"--build-arg=ON_IMAGE={pulled}" in arguments
    machine.change(images={found.reference: "sha256:x"})
    assert catalogue_images.find("pgpool-exporter", settings.load(pull="always")) == found


def test_an_image_of_ours_follows_the_one_that_it_stands_on(monkeypatch):
    before = catalogue_images.content("pgpool-exporter")
    other = catalogue.load().images["postgres-exporter"].model_copy(update={"reference": "other:1"})
    monkeypatch.setitem(catalogue.load().images, "postgres-exporter", other)
    assert catalogue_images.content("pgpool-exporter") != before


def test_every_image_has_its_dockerfile_and_programs_that_a_go_mod_builds():
    for name, image in catalogue.load().images.items():
        text = (catalogue_images.FOLDER / name / "Dockerfile").read_text()
        for module in image.programs:
            assert f"from={module}" in text
            assert go_modules.load(module).programs
        assert image.reference or image.on
        assert not image.on or image.on in catalogue.load().images


def test_an_image_whose_digest_nobody_published_is_taken_as_it_comes(machine):
    pulled, _ = catalogue_images.references("envoy-gateway", settings.load())
    machine.change(images={pulled: "sha256:x"}, facts={pulled: {"RepoDigests": []}})
    assert catalogue_images.problem(catalogue_images.Found("envoy-gateway", pulled, PULLED)) == ""


def test_the_verbs_of_images_know_charts_and_programs_as_well(machine, monkeypatch, tmp_path, capsys):
    chart = charts.Found("gateway-helm", tmp_path / "chart", "v1.9.0", charts.MADE)
    tool = toolchain.Found("helm", tmp_path / "helm", "v4.3.1", toolchain.BUILT)
    monkeypatch.setattr(charts, "find", lambda *_: chart)
    monkeypatch.setattr(charts, "problem", lambda _: "is damaged: its sha256 is a, it was made as b")
    monkeypatch.setattr(toolchain, "find", lambda *_: tool)
    assert cli.main(["images", "list"]) == 0
    assert charts.MADE in " ".join(capsys.readouterr().out.split())
    assert cli.main(["images", "build", "gateway-helm", "helm"]) == 0
    assert cli.main(["images", "verify", "gateway-helm"]) == 1


def test_a_pull_that_fails_does_not_keep_the_others_from_being_pulled(machine):
    second, _ = catalogue_images.references("registry", settings.load())
    machine.change(published=[second])
    assert cli.main(["images", "pull", "node", "registry"]) == 1
    assert catalogue_images.find("registry", settings.load(pull="always")) is not None


def test_what_an_earlier_content_was_built_into_goes_unless_a_container_uses_it(monkeypatch, tmp_path):
    monkeypatch.setattr(state, "FOLDER", tmp_path)
    chosen = settings.load()
    current = catalogue_images.references("registry", chosen)[1]
    old, used = "witw/registry:old", "witw/node:used"
    state.set_stamp(catalogue_images.STAMP, references=[current, old, used])
    asked: list[str] = []

    def docker(command, **_):
        asked.append(command[-1])
        return process.Result(1 if command[-1] == used else 0, "", "")

    monkeypatch.setattr(process, "run", docker)
    monkeypatch.setattr(base_image, "image_id", lambda name: name)
    assert catalogue_images.remove_superseded(chosen) == [old]
    assert asked == [old, used]
    assert state.stamp(catalogue_images.STAMP)["references"] == [current, used]
