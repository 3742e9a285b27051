"""A copy of the checkout to try changes in: the reader's own files and images stay as they are."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev import process, state
from dev.errors import WitwError
from dev.settings import ROOT

TAG = "bench"
"""Of the images that are built from the copy."""

KNOWN = ("stamps", "charts", "helm-plugins")
"""What of `.witw` the copy begins with, so that it has no more to do than the checkout has."""

TIMEOUT = 1800.0

LINE = "BENCH = "
"""How the line begins that `change` writes."""


@dataclass(frozen=True)
class Checkout:
    """A folder that holds a copy."""

    folder: Path

    def run(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> process.Result:
        """Run `./witw` of the copy, by the Python that runs this."""
        env: dict[str, str | None] = {"WITW_TAG": TAG, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": None}
        return process.run(
            [sys.executable, "-m", "dev", *arguments],
            cwd=self.folder,
            env=env,
            timeout=TIMEOUT,
            on_line=on_line,
        )

    def change(self, number: int) -> None:
        """Change one line of the app's Python."""
        file = self.folder / "app" / "config" / "wsgi.py"
        lines = [line for line in file.read_text().splitlines() if not line.startswith(LINE)]
        file.write_text("\n".join([*lines, f"{LINE}{number}"]) + "\n")


def make(folder: Path) -> Checkout:
    """Copy what git knows and what it does not ignore; clusters are those of the checkout itself.

    A cluster that is made from the copy is therefore one of the checkout's, and goes with it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    said = process.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT
    ).stdout
    names = [name for name in said.split("\0") if name and (ROOT / name).is_file()]
    if not names:
        raise WitwError("git knows no file here", remedy="run this in a checkout")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    for name in KNOWN:
        if (state.FOLDER / name).exists():
            shutil.copytree(state.FOLDER / name, folder / ".witw" / name, symlinks=True)
    (state.FOLDER / "clusters").mkdir(parents=True, exist_ok=True)
    (folder / ".witw").mkdir(exist_ok=True)
    (folder / ".witw" / "clusters").symlink_to(state.FOLDER / "clusters")
    return Checkout(folder)


def built(folder: Path) -> list[str]:
    """The ids of the images that were built from a copy."""
    try:
        known = json.loads((folder / ".witw" / "stamps" / "built.json").read_text())
    except (OSError, ValueError):
        return []
    mine = set(state.stamp("built").get("ids", []))
    return [one for one in known.get("ids", []) if one not in mine]
