"""A cluster on the real engine that all tests of a module share."""

import contextlib
from collections.abc import Iterator

from dev import cluster, registry
from dev.cluster import Cluster
from dev.programs import silent
from dev.settings import Settings


@contextlib.contextmanager
def real_cluster(
    chosen: Settings, *, workers: int = 1, encrypt: tuple[str, ...] = ("secrets",)
) -> Iterator[Cluster]:
    """A new cluster with workers, named as its project is; it and its registry are removed at the end.

    For modules marked `lasting`.
    """
    cluster.delete(chosen.project, chosen)
    found, done = cluster.ensure(chosen.project, chosen, silent, workers=workers, encrypt=encrypt)
    assert done == "created"
    try:
        yield found
    finally:
        cluster.delete(chosen.project, chosen)
        registry.remove(chosen)
