"""The cluster that tests make for themselves, or the one that `--cluster` names."""

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest

from dev import cluster, cluster_up, console, registry, settings, target
from dev.commands import up
from dev.settings import ROOT, Settings
from dev.target import Target


def free_name(name: str) -> str:
    """A name for a cluster of this checkout: this one, unless another checkout has a cluster called that.

    The other may well be asleep: an engine that starts brings back what it ran. To be asked while one runs.
    """
    other = _name_of_checkout(name)
    if cluster.recorded(other) or (not cluster.recorded(name) and cluster.nodes(name)):
        return other
    return name


@dataclass(frozen=True)
class OwnCluster:
    """A cluster of the tests' own.

    Args:
        name: Its name, and its project's, unless another checkout has a cluster of that name (`free_name`).
        port: Of the public gateway; the internal one has the next. The next free ones are taken.
    """

    name: str
    port: int

    @property
    def settings(self) -> Settings:
        return self._settings(free_name(self.name))

    def settings_of(self, config: pytest.Config) -> Settings:
        """Those of the cluster that is used: this one, or one of the checkout's that `--cluster` names."""
        return settings.load() if config.getoption("--cluster") else self.settings

    def bring_up(self, **wishes: Any) -> Target:
        """What `./witw up --kind` does, with these of `cluster_up.Wishes`."""
        with console.Report() as report:
            compose = up.prepare(self._settings(self.name), report)
            # From here on an engine runs and tells whose clusters there are.
            chosen = self.settings
            return cluster_up.bring_up(
                chosen, compose, report, cluster_up.Wishes(chosen.project, diff=False, **wishes)
            )

    def take_away(self, config: pytest.Config) -> None:
        """Remove it and its registry, however far it was made, unless it is to be kept or was not needed."""
        kept = any(map(config.getoption, ("--keep", "--cluster", "--collect-only")))
        for name in (self.name, _name_of_checkout(self.name)):
            if not kept and cluster.recorded(name):
                cluster.delete(name, self._settings(name))
                registry.remove(self._settings(name))

    def _settings(self, project: str) -> Settings:
        return settings.load(project=project, port=self.port, internal_port=self.port + 1)


def named(config: pytest.Config) -> Target | None:
    """The cluster that `--cluster` names, if it does."""
    name, chosen = config.getoption("--cluster"), settings.load()
    return target.of_cluster(cluster.find(name, chosen), chosen) if name else None


def _name_of_checkout(name: str) -> str:
    return f"{name}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
