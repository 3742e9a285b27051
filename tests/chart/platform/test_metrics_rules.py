"""The rules and alerts of dev/platform/metrics, by promtool.

rules/ holds its unit tests: for the rules in slo.yaml those in slo.yaml and slo_*.yaml.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import settings
from dev.tools import promtool
from tests.chart.rendering import run

RULES = sorted((settings.ROOT / "dev" / "platform" / "metrics" / "rules").glob("*.yaml"))
TESTS = Path(__file__).with_name("rules")


@pytest.fixture(scope="session")
def checker() -> str:
    """promtool."""
    return str(promtool.ensure(settings.load().cache_dir))


def groups(file: Path) -> list[dict[str, Any]]:
    """The groups of a file of rules."""
    return list(yaml.safe_load(file.read_text())["groups"])


def alerts(file: Path) -> dict[str, dict[str, Any]]:
    """The alerts of a file of rules by name."""
    return {one["alert"]: one for group in groups(file) for one in group["rules"] if "alert" in one}


def unit_tests(stem: str) -> list[Path]:
    """The unit tests of a file of rules."""
    return sorted({*TESTS.glob(f"{stem}.yaml"), *TESTS.glob(f"{stem}_*.yaml")})


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_prometheus_understands_the_rules(checker: str, file: Path) -> None:
    done = run([checker, "check", "rules", "--lint-fatal", str(file)])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", sorted(TESTS.glob("*.yaml")), ids=lambda file: file.stem)
def test_alerts_go_off_when_they_should_and_only_then(checker: str, file: Path) -> None:
    done = run([checker, "test", "rules", str(file)])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_every_alert_is_seen_to_go_off_and_to_be_silent(file: Path) -> None:
    seen: dict[str, set[bool]] = {}
    for case in yaml.safe_load((TESTS / file.name).read_text())["tests"]:
        for check in case.get("alert_rule_test", []):
            seen.setdefault(check["alertname"], set()).add(bool(check.get("exp_alerts")))
    assert seen == {name: {True, False} for name in alerts(file)}


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_every_alert_says_what_is_wrong_and_where_to_look(file: Path) -> None:
    for name, alert in alerts(file).items():
        assert set(alert["annotations"]) == {"summary", "description"}, name
        assert alert["labels"]["severity"] in ("critical", "warning"), name


MUTANTS = [
    ("slo", "> 14.4 * 0.001", "> 44.4 * 0.001"),
    ("slo", "gateway:errors:ratio_rate5m > 14.4", "gateway:errors:ratio_rate1h > 14.4"),
    ("slo", "> 6 * 0.001", "> 12 * 0.001"),
    ("slo", "gateway:errors:ratio_rate30m > 6", "gateway:errors:ratio_rate6h > 6"),
    ("slo", "> 3 * 0.001", "> 9 * 0.001"),
    ("slo", "> 1 * 0.001", "> 3 * 0.001"),
    ("slo", "increase6h >= 10", "increase6h >= 1"),
    ("slo", 'gateway="public"', 'gateway=~".+"'),
    ("slo", 'le="1000"', 'le="500"'),
    ("app", "> 0.9", "> 0.4"),
    ("database", 'status!="Wait for connection"', 'status=~".+"'),
    ("database", "for: 1m", "for: 0m"),
    ("cluster", "> 1.5", "> 0.5"),
    ("cluster", 'reason="OOMKilled"', 'reason=~".+"'),
    ("cluster", "[5m]) > 3", "[5m]) > 0"),
    ("cluster", 'device=~"/dev/.+"', 'device=~".+"'),
    ("cluster", "node:disk_free:ratio < 0.3", "node:disk_free:ratio < 1"),
    ("watch", "unless on (job) up == 1", "unless on (job) up"),
    ("watch", "unless on () sum", "or on () sum"),
]
"""Mistakes in a file of rules, each of which its tests have to notice."""


@pytest.mark.parametrize(("stem", "old", "new"), MUTANTS)
def test_a_mistake_in_a_rule_is_noticed(checker: str, tmp_path: Path, stem: str, old: str, new: str) -> None:
    (rules,) = (file for file in RULES if file.stem == stem)
    assert old in rules.read_text()
    (tmp_path / rules.name).write_text(rules.read_text().replace(old, new))
    for file in unit_tests(stem):
        text = re.sub(r"rule_files: .*", f"rule_files: [{rules.name}]", file.read_text())
        (tmp_path / f"test-{file.name}").write_text(text)
    done = run([checker, "test", "rules", *map(str, tmp_path.glob("test-*"))])
    assert (done.returncode, "FAILED" in done.stdout + done.stderr) == (1, True)
