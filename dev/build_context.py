"""What goes into an image: the files of a build context, as `.dockerignore` cuts it, in one content hash."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dev import state


def content_hash(context: Path, dockerfile: Path, *more: str) -> str:
    """A hash that changes with any file that a build could see, its mode, the Dockerfile or one of `more`."""
    parts: list[str | bytes] = [dockerfile.read_bytes(), *more]
    for path in files(context, dockerfile):
        mode = path.lstat().st_mode & 0o111
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        parts += [f"{path.relative_to(context)} {bool(mode)}", content]
    return state.digest(*parts)


def files(context: Path, dockerfile: Path) -> Iterator[Path]:
    """The files that a build sees, in a fixed order."""
    rules = ignore_rules(context, dockerfile)
    # A folder that is left out can still hold a file that a later `!rule` lets in again.
    exceptions = any(keep for keep, _ in rules)
    for folder, names, entries in os.walk(context):
        here = Path(folder)
        names.sort()
        if not exceptions:
            names[:] = [name for name in names if not is_ignored((here / name).relative_to(context), rules)]
        links = [name for name in names if (here / name).is_symlink()]
        for name in sorted([*entries, *links]):
            if not is_ignored((here / name).relative_to(context), rules):
                yield here / name


def ignore_rules(context: Path, dockerfile: Path) -> list[tuple[bool, re.Pattern[str]]]:
    """The rules of `.dockerignore`, or the Dockerfile's own: whether each lets in again, and its pattern."""
    own = dockerfile.with_name(dockerfile.name + ".dockerignore")
    file = own if own.exists() else context / ".dockerignore"
    rules = []
    for line in file.read_text().splitlines() if file.exists() else []:
        rule = line.strip()
        if rule and not rule.startswith("#"):
            keep = rule.startswith("!")
            rules.append((keep, _pattern(rule.removeprefix("!").strip())))
    return rules


def is_ignored(path: Path, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    """Whether a path in the context is left out. The last rule that matches it or a parent decides."""
    names = [str(path), *(str(parent) for parent in path.parents if parent.name)]
    ignored = False
    for keep, pattern in rules:
        if any(pattern.fullmatch(name) for name in names):
            ignored = not keep
    return ignored


def _pattern(rule: str) -> re.Pattern[str]:
    """Docker's patterns: `*` and `?` within a name, `**` across folders, `[a-z]` sets."""
    rule = os.path.normpath(rule.lstrip("/"))
    out = ""
    while rule:
        if rule.startswith("**/"):
            out, rule = out + "(?:.*/)?", rule[3:]
        elif rule.startswith("**"):
            out, rule = out + ".*", rule[2:]
        elif rule[0] in "*?":
            out, rule = out + {"*": "[^/]*", "?": "[^/]"}[rule[0]], rule[1:]
        elif rule[0] == "[" and "]" in rule:
            inside, rule = rule[1:].split("]", 1)
            out += f"[{inside}]"
        else:
            out, rule = out + re.escape(rule[0]), rule[1:]
    return re.compile(out)
