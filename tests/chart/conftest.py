"""The chart's tests need Helm and nothing else: no cluster, no network once the tools are there."""

import pytest

from dev import toolchain
from tests.chart.rendering import Chart


@pytest.fixture(scope="session")
def chart() -> Chart:
    """The chart, with the Helm that the harness uses."""
    return Chart(toolchain.ensure("helm"))
