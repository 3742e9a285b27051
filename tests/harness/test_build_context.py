"""What counts as a change of an image."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dev import build_context
from dev.settings import ROOT

FILES = [
    "Dockerfile",
    "app/main.py",
    "app/cache/x.pyc",
    "app/deep/er/x.pyc",
    "docs/a.md",
    "docs/keep.md",
    ".git/HEAD",
]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A folder with a few files."""
    for name in FILES:
        (tmp_path / "context" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "context" / name).write_text(name)
    return tmp_path / "context"


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ("", FILES),
        ("# only a comment\n\n**/*.pyc\n.git", ["Dockerfile", "app/main.py", "docs/a.md", "docs/keep.md"]),
        ("*\n!app\n!Dockerfile\n**/*.pyc", ["Dockerfile", "app/main.py"]),
        ("docs/*.md\n!docs/keep.md\n.git/\napp", ["Dockerfile", "docs/keep.md"]),
        ("/docs\n.g?t\napp/**/x.*", ["Dockerfile", "app/main.py"]),
        ("[ad]*s\n.git\napp/**", ["Dockerfile"]),
        ("*\n!**/x.pyc", ["app/cache/x.pyc", "app/deep/er/x.pyc"]),
        ("*\n!app/*/er", ["app/deep/er/x.pyc"]),
        ("!app\n*", []),
    ],
)
def test_dockerignore_decides_what_a_build_sees(context: Path, rules: str, seen: list[str]) -> None:
    (context / "Dockerfile.dockerignore").write_text(rules + "\nDockerfile.dockerignore\n")
    found = build_context.files(context, context / "Dockerfile")
    assert sorted(str(path.relative_to(context)) for path in found) == sorted(seen)


def test_a_folder_that_is_left_out_is_not_entered(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = []
    real = os.walk

    def walk(top: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        for folder, names, entries in real(top):
            entered.append(str(Path(folder).relative_to(top)))
            yield folder, names, entries

    monkeypatch.setattr(os, "walk", walk)
    (context / ".dockerignore").write_text("*\n!app\n!docs/keep.md\napp/deep\n")
    found = build_context.files(context, context / "Dockerfile")
    assert [str(path.relative_to(context)) for path in found] == [
        "app/main.py",
        "app/cache/x.pyc",
        "docs/keep.md",
    ]
    assert entered == [".", "app", "app/cache", "docs"]


def test_the_hash_follows_content_mode_and_name_and_nothing_else(context: Path) -> None:
    (context / ".dockerignore").write_text(".git\n")

    def now(*more: str) -> str:
        return build_context.content_hash(context, context / "Dockerfile", *more)

    first = now()
    (context / ".git/HEAD").write_text("ignored")
    (context / "app/main.py").touch()
    assert now() == first
    assert now("another base") != first
    (context / "app/main.py").chmod(0o755)
    executable = now()
    assert executable != first
    (context / "app/main.py").rename(context / "app/other.py")
    assert now() not in (first, executable)


def test_a_link_counts_as_where_it_points(context: Path) -> None:
    link = context / "link"
    link.symlink_to("/nowhere")
    first = build_context.content_hash(context, context / "Dockerfile")
    link.unlink()
    link.symlink_to("/elsewhere")
    assert build_context.content_hash(context, context / "Dockerfile") != first


OWN = [
    service["build"]["dockerfile"]
    for service in yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    if service.get("build", {}).get("context") == "dev/images"
]


@pytest.mark.parametrize("dockerfile", OWN)
def test_an_image_is_made_anew_for_its_own_files_only(dockerfile: str) -> None:
    images = ROOT / "dev" / "images"
    seen = {str(path.relative_to(images)) for path in build_context.files(images, images / dockerfile)}
    shared = set(re.findall(r"shared/[a-z-]+", (images / dockerfile).read_text()))
    assert {path for path in seen if not path.startswith(f"{Path(dockerfile).parent}/")} == shared


def test_a_word_in_the_documentation_makes_no_other_app() -> None:
    seen = [path.name for path in build_context.files(ROOT, ROOT / "Dockerfile")]
    assert "manage.py" in seen
    assert not [name for name in seen if name.endswith(".md")]
