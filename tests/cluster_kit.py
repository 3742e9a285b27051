"""The cluster that tests make for themselves, or the one that `--cluster` names."""

from dataclasses import dataclass
from typing import Any

import pytest

from dev import cluster, cluster_up, console, settings, target
from dev.commands import up
from dev.settings import Settings
from dev.target import Target


@dataclass(frozen=True)
class OwnCluster:
    """A cluster of the tests' own.

    Args:
        name: Its name, and its project's.
        port: Of the public gateway; the internal one has the next.
    """

    name: str
    port: int

    @property
    def settings(self) -> Settings:
        return settings.load(project=self.name, port=self.port, internal_port=self.port + 1)

    def bring_up(self, **wishes: Any) -> Target:
        """What `./witw up --kind` does, with these of `cluster_up.Wishes`."""
        chosen = self.settings
        with console.Report() as report:
            compose = up.prepare(chosen, report)
            return cluster_up.bring_up(
                chosen, compose, report, cluster_up.Wishes(self.name, diff=False, **wishes)
            )

    def take_away(self, config: pytest.Config) -> None:
        """Remove it, however far its making has come, unless it is to be kept or was not needed."""
        kept = any(map(config.getoption, ("--keep", "--cluster", "--collect-only")))
        if not kept and cluster.recorded(self.name):
            cluster.delete(self.name, self.settings)


def named(config: pytest.Config) -> Target | None:
    """The cluster that `--cluster` names, if it does."""
    name, chosen = config.getoption("--cluster"), settings.load()
    return target.of_cluster(cluster.find(name, chosen), chosen) if name else None
