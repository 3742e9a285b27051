"""The front end: its types, its own tests, what is built of it, and its lock file."""

import gzip
import json
import re
from pathlib import Path

from tests.frontend.conftest import FRONTEND, Run

FIRST_VIEW = 150 * 1024
"""Bytes that the first view may take over the wire, with everything."""


def test_the_lock_names_no_address_and_everything_by_hash() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert packages
    for name, facts in packages.items():
        assert "resolved" not in facts, f"{name} is tied to an address"
        assert facts["integrity"].startswith("sha512-"), name


def test_the_lock_holds_what_the_package_asks_for() -> None:
    package = json.loads((FRONTEND / "package.json").read_text())
    locked = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert locked[f"node_modules/{name}"]["version"] == version


def test_the_types_agree_with_the_apis_schema(npm: Run) -> None:
    answer = npm("run", "check", check=False)
    assert answer.ok, answer.stdout[-5_000:]


def test_the_logic_is_right(npm: Run) -> None:
    answer = npm("test", check=False)
    assert answer.ok, answer.stdout[-5_000:]


def test_a_type_error_is_seen(npm: Run, folder: Path) -> None:
    wrong = folder / "src" / "wrong.ts"
    wrong.write_text('import { call } from "./api/call";\nexport const x = call("get", "/api/user");\n')
    try:
        assert not npm("run", "check", check=False).ok
    finally:
        wrong.unlink()


def test_what_is_built_is_small_and_the_same_every_time(npm: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        npm("run", "build", "--", str(tmp_path / name))
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two")
    )
    assert one == two
    assert set(one) == {"app.js", "world.svg"}
    styles = [file.read_bytes() for file in (FRONTEND.parent / "static" / "web").glob("*.css")]
    size = sum(len(gzip.compress(content, 9)) for content in [*one.values(), *styles])
    assert size < FIRST_VIEW / 2  # the rest is for the page and for what the API answers


def test_nothing_that_is_built_names_another_site(npm: Run, tmp_path: Path) -> None:
    npm("run", "build", "--", str(tmp_path))
    named = set(re.findall(r"https?://[\w./-]+", (tmp_path / "app.js").read_text()))
    assert {name for name in named if not name.startswith("http://www.w3.org/")} == set()
