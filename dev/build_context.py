"""What goes into an image: the files of a build context, as `.dockerignore` cuts it, in one content hash."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import state


@dataclass(frozen=True)
class Rule:
    """A line of `.dockerignore`; `keep` is one that lets in again."""

    keep: bool
    text: str
    pattern: re.Pattern[str]

    def may_match_in(self, folder: Path) -> bool:
        """Whether it could match something below a folder; it may say yes in vain, never no."""
        fixed = re.split(r"[*?\[]", self.text, maxsplit=1)[0]
        return fixed.startswith(f"{folder}/") or (fixed != self.text and f"{folder}/".startswith(fixed))


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
    for folder, names, entries in os.walk(context):
        here = Path(folder).relative_to(context)
        # Whole environments of packages lie in folders that are left out: they are not even entered.
        names[:] = sorted(name for name in names if _may_hold(here / name, rules))
        links = [name for name in names if (context / here / name).is_symlink()]
        for name in sorted([*entries, *links]):
            if not is_ignored(here / name, rules):
                yield context / here / name


def ignore_rules(context: Path, dockerfile: Path) -> list[Rule]:
    """The rules of `.dockerignore`, or the Dockerfile's own, in their order."""
    own = dockerfile.with_name(dockerfile.name + ".dockerignore")
    file = own if own.exists() else context / ".dockerignore"
    rules = []
    for line in file.read_text().splitlines() if file.exists() else []:
        rule = line.strip()
        if rule and not rule.startswith("#"):
            text = os.path.normpath(rule.removeprefix("!").strip().lstrip("/"))
            rules.append(Rule(rule.startswith("!"), text, _pattern(text)))
    return rules


def is_ignored(path: Path, rules: list[Rule]) -> bool:
    """Whether a path in the context is left out. The last rule that matches it or a parent decides."""
    last = _last(path, rules)
    return last is not None and not rules[last].keep


def _last(path: Path, rules: list[Rule]) -> int | None:
    """The place of the rule that decides about a path."""
    names = [str(path), *(str(parent) for parent in path.parents if parent.name)]
    for place in reversed(range(len(rules))):
        if any(rules[place].pattern.fullmatch(name) for name in names):
            return place
    return None


def _may_hold(folder: Path, rules: list[Rule]) -> bool:
    """Whether a build may see anything in a folder: itself, or what a later `!rule` lets in again."""
    last = _last(folder, rules)
    if last is None or rules[last].keep:
        return True
    return any(rule.keep and rule.may_match_in(folder) for rule in rules[last + 1 :])


def _pattern(rule: str) -> re.Pattern[str]:
    """Docker's patterns: `*` and `?` within a name, `**` across folders, `[a-z]` sets."""
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
