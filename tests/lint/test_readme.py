"""README.md says what is so."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from dev import cli, settings
from dev.settings import ROOT

README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    path for path in (ROOT / "README.md", *ROOT.glob("*/README.md")) if not path.parent.name.startswith(".")
]


def commands(text: str) -> list[str]:
    """The lines of its shell examples."""
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line
    ]


def anchors(document: Path) -> set[str]:
    """What a link can lead to within a document."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_pipeline_runs_what_readers_are_told_to_run() -> None:
    pipeline = (ROOT / ".ci" / "run").read_text()

    assert commands(README)[:2] == ["./witw up", "./witw test"]
    assert "\nexec ./witw test < /dev/null\n" in pipeline


def test_every_verb_that_is_told_of_exists() -> None:
    verbs = {
        command.name or command.callback.__module__.rpartition(".")[2]
        for command in cli.build().registered_commands
        if command.callback
    }
    verbs |= {group.name for group in cli.build().registered_groups if group.name}

    told = set(re.findall(r"\./witw ([a-z-]+)", README))

    assert told <= verbs


def test_every_service_that_is_told_of_exists() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]

    for line in commands(README):
        words = shlex.split(line)
        if words[:3] == ["docker", "compose", "exec"]:
            assert words[3] in services


def test_the_settings_are_the_ones_that_exist() -> None:
    assert set(re.findall(r"`(WITW_[A-Z_]+)`", README)) == set(settings.names())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (document.parent / file) if file else document
        assert found.exists(), f"{document.name} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{document.name} links to {target}"
