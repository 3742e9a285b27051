"""Cities to test with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cities.bundle import file
from cities.bundle.records import Dataset
from tests.unit.cities.world import world


def ignore(step: str, done: int, total: int) -> None:
    """A report that nobody reads."""


@pytest.fixture
def small_world(db: None) -> None:
    """The places of tests.unit.cities.world, imported."""
    from cities.importing import import_dataset

    import_dataset(world(), ignore)


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[Dataset], Path]:
    """Writes a dataset as a bundle and says where."""

    def write(dataset: Dataset) -> Path:
        path = tmp_path / "cities.csv.gz"
        file.write(dataset, path)
        return path

    return write
