"""helmfile, run with our Helm and its diff plugin on one cluster."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dev import process, state, toolchain
from dev.errors import ClusterError, ProcessError
from dev.release import HELMFILE
from dev.settings import Settings
from dev.target import Target

DIFF_TIMEOUT, APPLY_TIMEOUT = 180.0, 900.0

CHANGES = 2
"""The exit code of a diff that found any."""

DIFF = ("diff", "--detailed-exitcode", "--suppress-secrets", "--context=3")


@dataclass(frozen=True)
class Helmfile:
    """helmfile for one cluster and one environment.

    Args:
        values: Values files for the app's chart, on top of the environment's; the last one wins.
    """

    target: Target
    environment: str
    program: Path
    plugins: Path
    values: tuple[Path, ...] = ()

    @property
    def variables(self) -> dict[str, str | None]:
        """What it is told by its environment."""
        return {
            "KUBECONFIG": str(self.target.kubeconfig),
            "HELM_PLUGINS": str(self.plugins),
            "WITW_CLUSTER": self.target.cluster.name if self.target.cluster else None,
            "WITW_VALUES": ":".join(str(file.absolute()) for file in self.values),
            # Of the user's own configuration nothing may take part.
            "HELMFILE_ENVIRONMENT": None,
            "HELMFILE_KUBE_CONTEXT": None,
        }

    def command(self, verb: Iterable[str], only: Iterable[str] = ()) -> list[str]:
        """A whole command line; `only` names releases."""
        return [
            str(self.program),
            f"--file={HELMFILE}",
            f"--environment={self.environment}",
            f"--helm-binary={self.target.helm}",
            f"--kube-context={self.target.context}",
            "--no-color",
            *(f"--selector=name={name}" for name in only),
            *verb,
        ]

    def enabled(self) -> set[str]:
        """The releases that the environment has, as namespace/name."""
        said = process.run(self.command(("list", "--output=json")), env=self.variables, timeout=DIFF_TIMEOUT)
        return {f"{one['namespace']}/{one['name']}" for one in json.loads(said.stdout) if one["enabled"]}

    def diff(self, only: Iterable[str]) -> str:
        """What an apply would change; secrets are left out.

        Raises:
            ClusterError: A values file or a chart is wrong; nothing has been changed.
        """
        said = process.run(self.command(DIFF, only), env=self.variables, timeout=DIFF_TIMEOUT, check=False)
        if said.returncode not in (0, CHANGES):
            raise refused(said.stdout, said.stderr)
        return said.stdout if said.returncode == CHANGES else ""

    def check(self, only: Iterable[str]) -> None:
        """Render releases, to see whether their values are right before anything is changed.

        Raises:
            ClusterError: They are not; Helm's message is in the details.
        """
        said = process.run(
            self.command(("template",), only), env=self.variables, timeout=DIFF_TIMEOUT, check=False
        )
        if not said.ok:
            raise refused(said.stdout, said.stderr)

    def sync(self, only: Iterable[str]) -> None:
        """Install or upgrade releases.

        Raises:
            ProcessError: Helm or a hook failed.
        """
        process.run(self.command(self.sync_words, only), env=self.variables, timeout=APPLY_TIMEOUT)

    @property
    def sync_words(self) -> tuple[str, ...]:
        """How helmfile is told to install or upgrade.

        In a cluster of ours charts and values are all that counts, whatever somebody has tried by hand since.
        In another one such a field is a conflict that its owner has to know of.
        """
        return ("sync", "--sync-args=--force-conflicts") if self.target.cluster else ("sync",)


def get(target: Target, environment: str, settings: Settings, values: Iterable[Path] = ()) -> Helmfile:
    """helmfile for a cluster, with what it needs on this machine."""
    program = toolchain.ensure("helmfile", settings)
    return Helmfile(target, environment, program, plugins(settings), tuple(values))


def plugins(settings: Settings) -> Path:
    """The folder with Helm's diff plugin, laid out as Helm wants it; nothing is downloaded by Helm."""
    program = toolchain.get("helm-diff", settings)
    folder = state.FOLDER / "helm-plugins"
    link = folder / "diff" / "bin" / "diff"
    manifest = (
        "name: diff\n"
        f"version: {program.version.removeprefix('v')}\n"
        "usage: Preview helm upgrade changes as a diff\n"
        "description: Preview helm upgrade changes as a diff\n"
        "useTunnel: true\n"
        "platformCommand:\n  - command: ${HELM_PLUGIN_DIR}/bin/diff\n"
    )
    state.write(folder / "diff" / "plugin.yaml", manifest)
    if not link.is_symlink() or link.readlink() != program.path:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(program.path)
    return folder


def refused(stdout: str, stderr: str) -> ClusterError:
    """The error for values or a chart that Helm does not take."""
    lines = [line for line in (stderr or stdout).splitlines() if line.strip()]
    return ClusterError(
        "the values do not fit the charts, so nothing was changed: " + cause(lines),
        details="\n".join(lines[-20:]),
        remedy="correct what is named above; chart/README.md lists every value",
    )


def cause(lines: list[str]) -> str:
    """The line of Helm's that says what is wrong."""
    wanted = ("additional properties", "got ", "must be", "execution error", "Error:", "error")
    for word in wanted:
        for line in lines:
            if word in line:
                return line.strip(" -")[:300]
    return lines[-1].strip() if lines else "no message"


def failed(error: ProcessError) -> ClusterError:
    """The error for an install or upgrade that Helm gave up."""
    lines = [line for line in (error.stderr or error.stdout).splitlines() if line.strip()]
    return ClusterError(
        "Helm could not bring the release: " + cause(lines),
        details="\n".join(lines[-20:]),
        remedy="what served before still does; correct what is named above and run the same command again",
    )
