"""Two builds: what did not change keeps its address, so that no cache has to fetch it again."""

import hashlib
import json
import shutil
from pathlib import Path

from tests.unit.assets.conftest import collect


def digests(folder: Path) -> dict[str, str]:
    """Every file, compressed forms too, and its content's hash."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_changed_line_of_python_changes_no_static_file(checkout: Path, tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(checkout, app, ignore=shutil.ignore_patterns("staticfiles"))
    with (app / "ops/health.py").open("a") as code:
        code.write('\nCHANGED = "by a test"\n')
    before, after = digests(checkout / "staticfiles"), digests(collect(app))
    assert len(before) > 100
    assert before == after


def test_a_changed_style_changes_its_own_address_only(checkout: Path, tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(checkout, app, ignore=shutil.ignore_patterns("staticfiles"))
    style = app / "web/static/web/pages.css"
    style.write_text(style.read_text() + "\n")
    before, after = (
        json.loads((one / "staticfiles/staticfiles.json").read_text())["paths"]
        for one in (checkout, (collect(app).parent))
    )
    assert {name for name in before if before[name] != after[name]} == {"web/pages.css"}


def test_every_text_is_there_in_both_compressed_forms(checkout: Path) -> None:
    folder = checkout / "staticfiles"
    paths = json.loads((folder / "staticfiles.json").read_text())["paths"]
    styles = [folder / hashed for name, hashed in paths.items() if name.endswith((".css", ".js"))]
    big = [path for path in styles if path.stat().st_size > 1000]
    assert len(big) > 50
    for path in big:
        for suffix in (".br", ".gz"):
            assert path.with_name(path.name + suffix).is_file(), path
