"""The people whom locust's users are: made for the run in a stack of ours, and taken away again.

`./witw load` makes them and names their file in LOAD_PEOPLE. A plain `locust -f tests/load/locustfile.py`
asks the harness for them itself, and gives them back when it ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from tests.load.journeys import Person

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_NUMBER = 50


class Crowd:
    """Hands out people, each to one user as long as there are enough."""

    def __init__(self) -> None:
        self._all: list[Person] = []
        self._next: int | None = None
        self._runner: Any = None
        self._made: Path | None = None

    def prepare(self, environment: Environment) -> None:
        """Read the people, or have them made where nobody has done it."""
        if isinstance(environment.runner, MasterRunner):
            return
        file = os.environ.get("LOAD_PEOPLE", "")
        if not file and isinstance(environment.runner, WorkerRunner):
            raise SystemExit("a worker needs LOAD_PEOPLE: make them with `./witw load people make --to FILE`")
        path = Path(file) if file else self._make(environment)
        self._all = [_person(facts) for facts in json.loads(path.read_text())["people"]]
        self._runner = environment.runner

    def take(self) -> Person:
        """The next one; when all are taken, the first again, as people have several browsers."""
        if self._next is None:
            # Workers begin at different people; a worker learns only at the start which one it is.
            index = max(getattr(self._runner, "worker_index", 0), 0)
            self._next = index * len(self._all) // int(os.environ.get("LOAD_WORKERS", "1"))
        self._next += 1
        return self._all[(self._next - 1) % len(self._all)]

    def remove(self) -> None:
        """Take away whom we have had made."""
        if self._made is not None:
            _harness("remove", str(self._made))
            self._made.unlink()
            self._made = None

    def _make(self, environment: Environment) -> Path:
        options = environment.parsed_options
        handle, name = tempfile.mkstemp(prefix="witw-load-", suffix=".json")
        os.close(handle)
        number = (options.num_users if options else None) or DEFAULT_NUMBER
        target = environment.host or ""
        _harness("make", f"--number={number}", f"--target={target}", f"--to={name}")
        self._made = Path(name)
        return self._made


def _harness(*arguments: str) -> None:
    # locust's own standard output may be read by programs (--json).
    command = [str(ROOT / "witw"), "load", "people", *arguments]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise SystemExit("the people for this run: see the lines above")


def _person(facts: dict[str, Any]) -> Person:
    return Person(facts["email"], facts["password"], dict(facts["cookies"]), facts["logs_in"])
