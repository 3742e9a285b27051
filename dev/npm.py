"""Where this machine gets npm's packages from, by npm's own files and variables: npm may not be here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dev import state

GLOBAL = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc")
"""Where a machine's npm is configured, by the prefixes that Node is installed under."""

PREFIX = "npm_config_"

WANTED = re.compile(
    r"registry|@[^:]+:registry|//.+|proxy|https?-proxy|noproxy|strict-ssl|fetch-(retries|timeout|retry-.+)"
)
"""What holds inside a build too: registries, how they are reached, their passwords (`//HOST/:...`)."""


def options() -> dict[str, str]:
    """This machine's npm configuration as far as builds need it; empty where nothing is configured."""
    found: dict[str, str] = {}
    for file in (*GLOBAL, os.environ.get("NPM_CONFIG_USERCONFIG") or "~/.npmrc"):
        found.update(_read(Path(file).expanduser()))
    found.update(_environment())
    return {name: value for name, value in found.items() if WANTED.fullmatch(name) and value}


def write_options() -> Path | None:
    """The same as a file for npm; its owner's alone, as it may hold passwords. None if there are none."""
    if not (found := options()):
        return None
    file = state.FOLDER / "build" / "npmrc"
    state.write(file, "".join(f"{name}={value}\n" for name, value in found.items()), mode=0o600)
    return file


def _read(file: Path) -> Iterator[tuple[str, str]]:
    """The options of a file; `${NAME}` in it stands for a variable."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        name, found, value = line.partition("=")
        if found and not line.lstrip().startswith(("#", ";")):
            value = re.sub(r"\$\{(\w+)\}", lambda name: os.environ.get(name[1], name[0]), value.strip())
            yield name.strip(), value.strip("\"'")


def _environment() -> Iterator[tuple[str, str]]:
    """The options that variables set: names in any case, with `_` for `-`, but for those of registries."""
    for variable, value in os.environ.items():
        if variable.lower().startswith(PREFIX):
            name = variable[len(PREFIX) :]
            yield name if name.startswith("//") or ":" in name else name.lower().replace("_", "-"), value
