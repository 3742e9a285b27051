"""What can be wrong with the settings, in words that say what to do about it."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.secret_keys import MAKE_ONE

# Below this likeness two names are two names: DATABASE_URL is no misspelt BASE_URL.
LIKENESS = 0.86
# The names that the earlier app of this name used for the same thing, where they differ.
FORMER_NAMES = {
    "SOCIAL_AUTH_GOOGLE_OAUTH2_KEY": "GOOGLE_CLIENT_ID",
    "SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET": "GOOGLE_CLIENT_SECRET",
    "SOCIAL_AUTH_GITHUB_KEY": "GITHUB_CLIENT_ID",
    "SOCIAL_AUTH_GITHUB_SECRET": "GITHUB_CLIENT_SECRET",
}


class ConfigurationError(Exception):
    """Everything that is wrong with the settings, one line each, with what to do about it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = "one setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"witw cannot start: {count} wrong.\n{lines}\nAll settings: app/README.md.")


def misspelt(given: Iterable[str], known: list[str]) -> list[str]:
    """Say which given names look like a known one, but are not, or were a known one once."""
    problems = []
    for name in sorted(set(given) - set(known)):
        if name in FORMER_NAMES:
            problems.append(f"{name}: is called {FORMER_NAMES[name]} now; rename it")
        elif close := difflib.get_close_matches(name.upper(), known, n=1, cutoff=LIKENESS):
            problems.append(f"{name}: is no setting; did you mean {close[0]}? Rename or remove it")
    return problems


def unreadable(folder: Path, known: list[str]) -> list[str]:
    """Say which secret files, of those that have a setting's name, cannot be read by this user."""
    files = (folder / name.lower() for name in known)
    return [
        f"{path.name.upper()}: its file {path} cannot be read; make it readable for user {os.getuid()}"
        for path in files
        if path.exists() and not (path.is_file() and os.access(path, os.R_OK))
    ]


def explain(error: Any) -> str:
    """One line for one of pydantic's errors; never with the value, which may be a secret."""
    name = str(error["loc"][0]).upper()
    if error["type"] == "missing":
        hint = f"; {MAKE_ONE}" if name == "SECRET_KEY" else ""
        return f"{name}: is missing{hint}"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{name}: {message}"
    return f"{name}: {message[0].lower()}{message[1:]}; correct it or unset it{_service_hint(name)}"


def _service_hint(name: str) -> str:
    """Kubernetes gives pods `DB_PORT=tcp://...` where a Service is called `db`."""
    if name.endswith("PORT") and os.environ.get(name, "").startswith("tcp://"):
        return " (Kubernetes made it from a Service of that name: set enableServiceLinks: false)"
    return ""
