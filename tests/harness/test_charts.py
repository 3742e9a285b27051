"""Charts of others: pulled, or made from the source of a Go module."""

import hashlib
import shutil

import pytest
import yaml

from dev import base_image, catalogue, charts, go_modules, process, programs, settings, state
from dev.errors import ImageError, ProcessError

CHART = "gateway-helm"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A checkout without charts, a module's source, and registries that do not answer."""
    source = tmp_path / "source"
    (source / "charts" / "crds").mkdir(parents=True)
    (source / "Chart.yaml").write_text("name: gateway-helm\nversion: v0.0.0-latest\nappVersion: latest\n")
    (source / "values.tmpl.yaml").write_text(
        "image: ${GatewayImage}\npullPolicy: ${GatewayImagePullPolicy}\n"
    )
    (source / "charts" / "crds" / "crd.yaml").write_text("kind: CustomResourceDefinition\n")
    # As in a module cache that is read-only.
    (source / "charts").chmod(0o555)
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    monkeypatch.setattr(charts, "FOLDER", tmp_path / ".witw" / "charts")
    monkeypatch.setattr(programs, "source", lambda *_: source)
    monkeypatch.setattr(base_image, "answers", lambda *_, **__: False)
    yield monkeypatch
    (source / "charts").chmod(0o755)


def helm(monkeypatch, tmp_path, *, fails=False):
    """A Helm that pulls a chart of its own; returns the commands it was given."""
    program, commands = tmp_path / "helm", []

    def run(command, **_):
        commands.append(command)
        if fails:
            raise ProcessError(
                command, returncode=1, timeout=None, env=None, stdout="", stderr="manifest unknown"
            )
        folder = command[command.index("--untardir") + 1]
        shutil.copytree(tmp_path / "source", f"{folder}/{CHART}")
        (tmp_path / ".witw").mkdir(exist_ok=True)

    monkeypatch.setattr(charts.toolchain, "ensure", lambda *_, **__: program)
    monkeypatch.setattr(process, "run", run)
    return commands


@pytest.fixture
def of_manifests(machine, tmp_path):
    """A chart of the catalogue that is made of manifests under an overlay, and cannot be pulled."""
    source, overlay, kubectl = tmp_path / "source", tmp_path / "overlay", tmp_path / "kubectl"
    (source / "kustomization.yaml").write_text("resources: []\n")
    overlay.mkdir()
    (overlay / "Chart.yaml").write_text("name: manifests\nversion: 0.0.0\nappVersion: 0.0.0\n")
    (overlay / "values.yaml").write_text("image: ''\n")
    (overlay / "values.schema.json").write_text("{}\n")
    rendered = (
        "kind: CustomResourceDefinition\nmetadata: {name: things}\n---\n"
        "kind: Deployment\nmetadata:\n  namespace: theirs\nimage: '{{ .Values.image }}'\n"
    )
    (tmp_path / "rendered").write_text(rendered)
    # It has to find both beside each other, as the overlay names the manifests by a path.
    kubectl.write_text(
        '#!/bin/sh\ntest "$1" = kustomize && test -f "$2/../base/kustomization.yaml" && '
        f'test -f "$2/values.yaml" && cat {tmp_path}/rendered\n'
    )
    kubectl.chmod(0o755)
    chart = (
        catalogue.load()
        .charts[CHART]
        .model_copy(
            update={
                "reference": "",
                "template": "",
                "overlay": str(overlay),
                "placeholders": {"namespace: theirs": "namespace: {{ .Release.Namespace }}"},
            }
        )
    )
    machine.setitem(catalogue.load().charts, CHART, chart)
    machine.setattr(charts.toolchain, "ensure", lambda *_: kubectl)
    return overlay


@pytest.mark.parametrize("pull", ["auto", "always", "never"])
def test_manifests_become_a_chart_with_their_kinds_aside(of_manifests, pull):
    found = charts.get(CHART, settings.load(pull=pull))
    assert found.origin == charts.MADE
    assert charts.reference(CHART, settings.load()) == ""
    assert (found.path / "crds" / f"{CHART}.yaml").read_text().startswith("kind: CustomResourceDefinition\n")
    template = (found.path / "templates" / f"{CHART}.yaml").read_text()
    assert "CustomResourceDefinition" not in template
    assert "namespace: {{ .Release.Namespace }}" in template
    assert yaml.safe_load((found.path / "Chart.yaml").read_text())["version"] == found.version


def test_a_chart_of_manifests_is_made_anew_when_the_overlay_has_changed(of_manifests):
    charts.ensure(CHART, settings.load())
    (of_manifests / "values.yaml").write_text("image: other\n")
    assert charts.find(CHART, settings.load()) is None
    assert "other" in (charts.ensure(CHART, settings.load()) / "values.yaml").read_text()


def test_the_source_of_every_chart_is_in_the_module_that_it_names():
    for chart in catalogue.load().charts.values():
        module = go_modules.load(chart.module)
        assert chart.folder.startswith(f"{module.owner(chart.folder)}/")
        assert "{" not in module.fill(chart.version)


def test_without_a_registry_a_chart_is_made_from_its_source(machine):
    folder = charts.ensure(CHART, settings.load())
    version = go_modules.load("platform").versions["github.com/envoyproxy/gateway"]
    assert yaml.safe_load((folder / "values.yaml").read_text()) == {
        "image": f"docker.io/envoyproxy/gateway:{version}",
        "pullPolicy": "IfNotPresent",
    }
    assert not (folder / "values.tmpl.yaml").exists()
    assert yaml.safe_load((folder / "Chart.yaml").read_text())["version"] == version
    assert (folder / "charts" / "crds" / "crd.yaml").exists()


def test_the_second_time_nothing_is_done(machine):
    first = charts.ensure(CHART, settings.load())
    machine.setattr(programs, "source", lambda *_: pytest.fail("made twice"))
    assert charts.ensure(CHART, settings.load()) == first


def test_a_chart_of_another_version_is_made_anew(machine):
    charts.ensure(CHART, settings.load())
    other = catalogue.load().charts[CHART].model_copy(update={"version": "v9.9.9"})
    machine.setitem(catalogue.load().charts, CHART, other)
    assert charts.find(CHART, settings.load()) is None
    assert "v9.9.9" in (charts.ensure(CHART, settings.load()) / "values.yaml").read_text()


def test_a_damaged_chart_is_named_with_both_checksums_and_made_anew(machine):
    said = []
    machine.setattr(charts.console.err, "print", lambda text, **_: said.append(text))
    folder = charts.ensure(CHART, settings.load())
    good = charts.checksum(folder)
    (folder / "values.yaml").write_text("image: somebody/else\n")
    bad = charts.checksum(folder)

    charts.ensure(CHART, settings.load())

    assert charts.checksum(folder) == good != bad
    assert len(said) == 1
    assert str(folder) in said[0]
    assert good in said[0]
    assert bad in said[0]


def test_a_registry_that_answers_is_asked_by_way_of_the_mirror(machine, tmp_path):
    commands = helm(machine, tmp_path)
    machine.setattr(base_image, "answers", lambda *_, **__: True)
    found = charts.get(CHART, settings.load(mirror="127.0.0.1:5000"))
    assert found.origin == charts.PULLED
    assert commands[0][2:5] == ["oci://127.0.0.1:5000/envoyproxy/gateway-helm", "--version", found.version]
    assert "--plain-http" in commands[0]


def test_pull_always_makes_nothing_and_says_why(machine, tmp_path):
    helm(machine, tmp_path, fails=True)
    with pytest.raises(ImageError, match="could not be pulled") as caught:
        charts.ensure(CHART, settings.load(pull="always"))
    assert "manifest unknown" in caught.value.details
    assert not (charts.FOLDER / CHART).exists()


def test_a_registry_without_the_chart_is_told_of_and_the_source_taken(machine, tmp_path):
    helm(machine, tmp_path, fails=True)
    machine.setattr(base_image, "answers", lambda *_, **__: True)
    said = []
    assert charts.get(CHART, settings.load(), said.append).origin == charts.MADE
    assert any("manifest unknown" in text for text in said)


def test_pull_never_does_not_take_what_was_pulled(machine, tmp_path):
    helm(machine, tmp_path)
    charts.ensure(CHART, settings.load(pull="always"))
    assert charts.get(CHART, settings.load(pull="never")).origin == charts.MADE


def test_a_checksum_covers_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("x")
    before = charts.checksum(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert charts.checksum(tmp_path) != before
    assert len(before) == hashlib.sha256().digest_size * 2
