"""Charts of others, unpacked in `.witw/charts/`: pulled where a registry answers, else out of a Go module.

A chart is kept with a checksum of all its files. One that was changed or damaged is named and made anew.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev import base_image, catalogue, console, go_modules, manifests, process, programs, state, toolchain
from dev.catalogue import Chart
from dev.errors import ImageError, ProcessError
from dev.programs import Say, silent
from dev.settings import ROOT, Settings

FOLDER = state.FOLDER / "charts"

PULL_TIMEOUT = 60.0

PULLED, MADE = "pulled", "from the Go module's source"

LOCAL = ("127.0.0.1", "localhost")
"""Registries on this machine speak plain HTTP."""


@dataclass(frozen=True)
class Found:
    """A chart that is here."""

    name: str
    path: Path
    version: str
    origin: str


def ensure(name: str, settings: Settings, say: Say = silent) -> Path:
    """See to it that a chart of the catalogue is here, whole, and return its folder."""
    return get(name, settings, say).path


def get(name: str, settings: Settings, say: Say = silent) -> Found:
    """See to it that a chart of the catalogue is here.

    `--pull never` takes it from the source, `--pull always` only from a registry. With `auto` a registry, or
    the mirror, is asked first; the source is as good, go.sum holds its checksum.

    Raises:
        ImageError: It could be neither pulled nor fetched.
    """
    if (found := find(name, settings)) is not None:
        if not (damage := problem(found)):
            return found
        console.err.print(f"{found.path} {damage}; making it anew", markup=False, soft_wrap=True)
    can_be_pulled = bool(catalogue.load().charts[name].reference)
    if can_be_pulled and settings.pull != "never":
        why = _pull(name, settings, say)
    else:
        why = "pulling is switched off" if can_be_pulled else "there is no other"
    if why and can_be_pulled and settings.pull == "always":
        raise ImageError(
            f"{reference(name, settings)} could not be pulled",
            details=why,
            remedy="see the line above; choose another registry with --mirror HOST:PORT, or let "
            "`--pull auto` take the chart from its source",
        )
    if why:
        say(f"making {name} from its source: {why}")
        _make(name, settings)
    if (found := find(name, settings)) is None:
        raise ImageError(f"{name} was made and is gone", remedy="run the same command again")
    return found


def find(name: str, settings: Settings) -> Found | None:
    """A chart that is here already, in the version of the catalogue, and by the way that `--pull` allows."""
    known, path = state.stamp(stamp_name(name)), FOLDER / name
    if known.get("made from") != _inputs(name) or not path.is_dir():
        return None
    origin = str(known.get("origin"))
    allowed = {"auto": (PULLED, MADE), "always": (PULLED,), "never": (MADE,)}[settings.pull]
    if not catalogue.load().charts[name].reference:
        allowed = (MADE,)
    return Found(name, path, version(name), origin) if origin in allowed else None


def problem(found: Found) -> str:
    """What is wrong with a chart that is here; empty when it is what was made."""
    expected, now = state.stamp(stamp_name(found.name)).get("checksum"), checksum(found.path)
    return "" if expected == now else f"is damaged: its sha256 is {now}, it was made as {expected}"


def version(name: str) -> str:
    """The version of a chart."""
    chart = catalogue.load().charts[name]
    return go_modules.load(chart.module).fill(chart.version)


def reference(name: str, settings: Settings) -> str:
    """From where a chart is pulled, by way of the mirror if there is one; empty: from nowhere."""
    known = catalogue.load().charts[name].reference
    return "oci://" + catalogue.mirrored(known, settings.mirror) if known else ""


def checksum(folder: Path) -> str:
    """One checksum of the names and contents of all files in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return state.digest(
        *(part for path in files for part in (str(path.relative_to(folder)), path.read_bytes()))
    )


def _pull(name: str, settings: Settings, say: Say) -> str:
    """Pull a chart with Helm; in `auto` its registry has to answer quickly. Returns why it did not work."""
    source, host = reference(name, settings), reference(name, settings).split("/")[2]
    probed = base_image.DEFAULT_REGISTRY if host == "docker.io" else host
    if settings.pull == "auto" and not base_image.answers(probed, mirror=bool(settings.mirror)):
        return f"{host} does not answer"
    say(f"pulling {source}")
    helm = toolchain.ensure("helm", settings, say)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".new-") as aside:
        command = [str(helm), "pull", source, "--version", version(name), "--untar", "--untardir", aside]
        if host.partition(":")[0] in LOCAL:
            command.append("--plain-http")
        try:
            process.run(command, timeout=PULL_TIMEOUT)
        except ProcessError as error:
            return error.tail(3) or error.message
        _keep(name, Path(aside) / source.rpartition("/")[2], PULLED)
    return ""


def _make(name: str, settings: Settings) -> None:
    """Lay a chart out of the source of its Go module: a chart there, or manifests there."""
    chart = catalogue.load().charts[name]
    source = programs.source(chart.folder, chart.module, settings.cache_dir)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".new-") as aside:
        made = Path(aside) / name
        if chart.overlay:
            kubectl = toolchain.ensure("kubectl", settings)
            manifests.lay_out(
                made, source, ROOT / chart.overlay, kubectl, lambda text: _filled(text, name, chart)
            )
        else:
            # The module cache may be read-only.
            shutil.copytree(source, made, copy_function=shutil.copyfile)
            for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            template = made / chart.template
            (made / "values.yaml").write_text(_filled(template.read_text(), name, chart))
            template.unlink()
        _number(made, version(name))
        _keep(name, made, MADE)


def _filled(text: str, name: str, chart: Chart) -> str:
    """What the project's release build does: a text with its placeholders filled in."""
    for placeholder, value in chart.placeholders.items():
        text = text.replace(placeholder, value.replace("{version}", version(name)))
    return text


def _number(folder: Path, number: str) -> None:
    """Give a chart its version."""
    facts = yaml.safe_load((folder / "Chart.yaml").read_text())
    facts |= {"version": number, "appVersion": number}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(facts, sort_keys=False))


def _keep(name: str, folder: Path, origin: str) -> None:
    target = FOLDER / name
    state.forget(stamp_name(name))
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    facts = {"made from": _inputs(name), "origin": origin, "checksum": checksum(target)}
    state.set_stamp(stamp_name(name), **facts)


def _inputs(name: str) -> str:
    """A hash of what decides how a chart looks."""
    chart = catalogue.load().charts[name]
    ours = checksum(ROOT / chart.overlay) if chart.overlay else ""
    return state.digest(chart.model_dump_json(), version(name), ours)


def stamp_name(name: str) -> str:
    """Under what name the stamp of a chart is kept."""
    return f"chart-{name}"
