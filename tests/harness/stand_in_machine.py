"""A machine whose docker, kind and kubectl are stand-ins that remember what they were told."""

import json
import sys
from pathlib import Path

import yaml

from tests.harness import stand_ins


class Machine:
    """What the stand-ins remember."""

    def __init__(self, file):
        self.file, self.programs = file, file.parent / "bin"
        self.file.write_text(json.dumps({"containers": {}, "images": {"witw/app:dev": "sha256:" + "1" * 64}}))

    @property
    def state(self):
        return json.loads(self.file.read_text())

    def change(self, **facts):
        self.file.write_text(json.dumps({**self.state, **facts}))

    def add(self, name):
        """Put one more stand-in on PATH."""
        script = self.programs / name
        # Isolated: otherwise its coverage would be measured, which takes longer than all it does.
        script.write_text(f"#!{sys.executable} -IS\n{Path(stand_ins.__file__).read_text()}")
        script.chmod(0o755)

    def calls(self, *start):
        """How often a program was called with these first words."""
        return [call for call in self.state.get("calls", []) if call[: len(start)] == list(start)]


def prepare(folder, monkeypatch):
    """Put the stand-ins on PATH."""
    made = Machine(folder / "state.json")
    made.programs.mkdir()
    for name in ("docker", "kind", "kubectl"):
        made.add(name)
    monkeypatch.setenv("PATH", f"{made.programs}:/usr/bin:/bin")
    monkeypatch.setenv("STAND_IN_STATE", str(made.file))
    monkeypatch.setenv("STAND_IN_PACKAGES", str(Path(yaml.__file__).parent.parent))
    return made
