"""`./witw deploy`: where it goes, and where it refuses to."""

import pytest

from dev import cli, cluster_up, release


@pytest.fixture
def says(monkeypatch, capsys):
    monkeypatch.setattr(cluster_up, "bring_up", lambda *_: pytest.fail("something was done"))

    def go(*arguments):
        assert cli.main(["deploy", *arguments]) == 1
        return capsys.readouterr().err

    return go


def test_another_environment_needs_a_context_that_was_named(says):
    assert "and none was named" in says("--env", "production")
    assert "--context CONTEXT" in says("--kubeconfig", "/nowhere")


def test_the_local_environment_is_for_our_clusters_alone(says):
    said = says("--context", "prod")
    assert "names a cluster that is not ours" in said
    assert "--env production" in said


def test_a_misspelt_environment_is_named_with_the_one_that_was_meant(says):
    assert "there is no environment produktion; did you mean production?" in says("--env", "produktion")
    assert len(release.environments()) == 2


def test_a_values_file_that_is_not_there_is_an_error(says):
    assert "there is no values file /nowhere.yaml" in says("--values", "/nowhere.yaml")


def test_a_cluster_that_is_not_there_is_an_error_before_anything_is_built(says):
    assert "there is no cluster nobody of this checkout" in says("--name", "nobody")
