"""chart/README.md: it says what the values say, and its examples are the ones that the other tests render."""

import re

import yaml

from dev import settings
from dev.tools import chart_readme
from tests.chart.rendering import CHART, EXAMPLES, Chart

README = (CHART / "README.md").read_text()
EXAMPLE = re.compile(r"^### ([^\n]+)\n\n```yaml\n(.+?)\n```$", re.MULTILINE | re.DOTALL)


def test_it_is_what_helm_docs_makes_of_the_values() -> None:
    made = chart_readme.render(settings.load().cache_dir)
    assert made == README, "run `python -m dev.tools.chart_readme`"


def test_every_value_is_described() -> None:
    rows = re.findall(r"^\| ([\w.]+) \| \w+ \| .* \| (.*) \|$", README, re.MULTILINE)
    assert len(rows) > 200
    assert [name for name, description in rows if len(description) < 4] == []
    assert "Other Values" not in README


def test_every_example_renders_as_it_is_printed(chart: Chart) -> None:
    examples = dict(EXAMPLE.findall(README))
    assert len(examples) == len(EXAMPLES)
    for title, text in examples.items():
        assert chart.render(text).objects, title


def test_every_example_is_printed() -> None:
    printed = [yaml.safe_load(text) for _, text in EXAMPLE.findall(README)]
    for path in EXAMPLES:
        assert yaml.safe_load(path.read_text()) in printed, path.name


def test_the_commands_name_the_secrets_and_keys_that_the_values_expect() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for part in ("django", "database"):
        assert f"--from-literal={values['secrets'][part]['key']}=" in README
