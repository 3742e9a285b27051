"""The files in a bundle: programs and charts, each where the harness looks for it.

A file's name in the bundle begins with `cache/` (the user's cache) or `state/` (`.witw`).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from dev import catalogue, charts, go_modules, npm_packages, programs, state, toolchain
from dev.base_image import Say
from dev.errors import BundleError
from dev.settings import Settings
from dev.tools import chart_readme, golang, leaks, promtool

ALLOWED = (
    "cache/downloads/",
    "cache/npm/",
    "cache/programs/",
    "cache/tools/",
    "state/charts/",
    "state/stamps/chart-",
)
"""Where a bundle may put files."""


def select(chosen: Settings, say: Say, *, kind: bool) -> dict[str, Path]:
    """The files that a bundle should carry, by their names in it; what is missing is fetched or built first.

    The front end's packages are expected to be there already.

    Raises:
        ImageError: A program could be neither downloaded nor built.
    """
    found = {}
    for name in catalogue.load().tools if kind else ():
        path = _program(name, chosen, say)
        for file in (path, path.with_name(f"{path.name}.sha256")):
            found[f"cache/{file.relative_to(chosen.cache_dir)}"] = file
    # Programs of the tests, which run without a cluster too.
    for name, package in (("helm-docs", chart_readme.PACKAGE), ("gitleaks", leaks.PACKAGE)):
        say(f"getting {name}")
        path = golang.build(name, package, chosen.cache_dir)
        found[f"cache/{path.relative_to(chosen.cache_dir)}"] = path
    say("getting promtool")
    checker = promtool.ensure(chosen.cache_dir)
    if checker.is_relative_to(chosen.cache_dir):
        found[f"cache/{checker.relative_to(chosen.cache_dir)}"] = checker
    for path in npm_packages.folder(chosen.cache_dir).iterdir():
        found[f"cache/{path.relative_to(chosen.cache_dir)}"] = path
    # What the chart's tests hold manifests against, once they have fetched it.
    for path in chosen.cache_dir.glob("tools/definitions-*/**/*.yaml"):
        found[f"cache/{path.relative_to(chosen.cache_dir)}"] = path
    for name in catalogue.load().charts if kind else ():
        folder = charts.ensure(name, chosen, say)
        files = [path for path in folder.rglob("*") if path.is_file()]
        for path in sorted([*files, state.file_of_stamp(charts.stamp_name(name))]):
            found[f"state/{path.relative_to(state.FOLDER)}"] = path
    return found


def place(name: str, chosen: Settings) -> Path:
    """Where a file of a bundle belongs.

    Raises:
        BundleError: It would lie where a bundle has no business.
    """
    if not name.startswith(ALLOWED):
        raise BundleError(
            f"the bundle holds a file {name}, for which there is no place",
            remedy="load it with the checkout that saved it, or save it anew with this one",
        )
    root, *rest = PurePosixPath(name).parts
    return (chosen.cache_dir if root == "cache" else state.FOLDER).joinpath(*rest)


def missing(chosen: Settings) -> list[str]:
    """The programs and charts that this checkout wants and that are not here."""
    tools = [name for name in catalogue.load().tools if toolchain.find(name, chosen) is None]
    return tools + [name for name in catalogue.load().charts if charts.find(name, chosen) is None]


def _program(name: str, chosen: Settings, say: Say) -> Path:
    """A program of the catalogue in its pinned version: one that this machine has on PATH may be another."""
    tool = catalogue.load().tools[name]
    wanted = go_modules.program_name(tool.package)
    for program in programs.find(tool.module, chosen.cache_dir):
        if program.name == wanted and program.exists:
            return program.path
    target = toolchain.downloaded(name, chosen.cache_dir)
    if programs.Program(name, "", "", target).exists:
        return target
    if chosen.pull != "never" and not toolchain.download(name, tool, target=target, say=say):
        return target
    return programs.ensure(tool.module, [wanted], cache=chosen.cache_dir, say=say)[wanted]
