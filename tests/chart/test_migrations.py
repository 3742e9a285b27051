"""The Job that migrates, and the pods that wait for it."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.chart.rendering import Chart, Manifests, at, merged

ROUTE = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}


def container(manifests: Manifests) -> dict[str, Any]:
    """The Job's container."""
    (one,) = manifests.job["spec"]["template"]["spec"]["containers"]
    return dict(one)


def variables(manifests: Manifests) -> dict[str, str]:
    """The Job's settings."""
    return {one["name"]: one["value"] for one in container(manifests)["env"]}


def test_before_an_upgrade_it_is_a_hook(chart: Chart) -> None:
    annotations = chart.render({}, upgrade=True).job["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "pre-upgrade"
    assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"


@pytest.mark.parametrize(
    ("kind", "hook"), [("Job", None), ("post-install", "post-install"), ("pre-install", "pre-install")]
)
def test_at_an_install_it_comes_as_one_says(chart: Chart, kind: str, hook: str | None) -> None:
    values = at("migrations.installAs", kind)
    assert chart.render(values).job["metadata"].get("annotations", {}).get("helm.sh/hook") == hook
    assert chart.render(values, upgrade=True).job["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"


def test_it_takes_turns_and_has_a_deadline(chart: Chart) -> None:
    manifests = chart.render(at("migrations", {"deadlineSeconds": 90, "backoffLimit": 1, "keepSeconds": 60}))
    assert container(manifests)["args"] == ["python", "manage.py", "prepare"]
    spec = manifests.job["spec"]
    assert (spec["activeDeadlineSeconds"], spec["backoffLimit"], spec["ttlSecondsAfterFinished"]) == (
        90,
        1,
        60,
    )


def test_the_app_has_the_command() -> None:
    assert Path("app/ops/management/commands/prepare.py").is_file()


def test_it_goes_straight_to_the_primary_and_takes_its_time(chart: Chart) -> None:
    given = variables(chart.render(at("database.primary", {"host": "postgres.database.svc", "port": 6432})))
    assert (given["DB_HOST"], given["DB_PORT"]) == ("postgres.database.svc", "6432")
    assert given["DB_STATEMENT_TIMEOUT_MS"] == "0"


def test_without_a_primary_it_goes_where_the_app_goes(chart: Chart) -> None:
    assert variables(chart.render({}))["DB_HOST"] == "pgpool.database.svc"


def test_a_hook_needs_nothing_that_the_upgrade_brings(chart: Chart) -> None:
    manifests = chart.render(at("config.LOG_LEVEL", "DEBUG"), upgrade=True)
    assert variables(manifests)["LOG_LEVEL"] == "DEBUG"
    assert "envFrom" not in container(manifests)
    assert manifests.job["spec"]["template"]["spec"]["serviceAccountName"] == "default"


def test_a_canary_s_migrations_come_with_its_image(chart: Chart) -> None:
    canary = merged(ROUTE, at("canary", {"enabled": True, "image": {"tag": "2.0"}}))
    assert container(chart.render(canary))["image"] == "witw/app:2.0"
    assert container(chart.render(canary, at("canary.migrate", False)))["image"] == "witw/app:0.1.0"


def test_it_can_be_switched_off(chart: Chart) -> None:
    assert chart.render(at("migrations.enabled", False)).all("Job") == []


class TestWaiting:
    """The script of the init container, run for real with a stand-in for Django."""

    def run(self, chart: Chart, django: Path, **wait: int) -> subprocess.CompletedProcess[str]:
        """Run it with the shell that the container would use."""
        manifests = chart.render(
            at("migrations.wait", {"intervalSeconds": 1, **wait}), at("image.manage", [str(django)])
        )
        (init,) = manifests.pod["spec"]["initContainers"]
        return subprocess.run(
            init["args"], check=False, capture_output=True, text=True, timeout=30, env=os.environ
        )

    def stand_in(self, folder: Path, *lines: str) -> Path:
        """A program in Django's place."""
        script = folder / "manage"
        script.write_text("\n".join(["#!/bin/sh", f"cd {folder}", *lines, ""]))
        script.chmod(0o755)
        return script

    def test_an_up_to_date_database_lets_the_pod_start(self, chart: Chart, tmp_path: Path) -> None:
        done = self.run(chart, self.stand_in(tmp_path, 'echo "$@" > asked'))
        assert done.returncode == 0
        assert (tmp_path / "asked").read_text() == "migrate --check\n"

    def test_it_asks_again_until_the_job_is_done_and_says_why_once(
        self, chart: Chart, tmp_path: Path
    ) -> None:
        django = self.stand_in(
            tmp_path,
            "echo . >> count",
            "[ $(wc -l < count) -ge 3 ] || { echo connection refused >&2; exit 1; }",
        )
        done = self.run(chart, django)
        assert done.returncode == 0
        assert done.stdout == "waiting for migrations: connection refused\n"

    def test_it_says_what_it_waits_for_where_django_says_nothing(self, chart: Chart, tmp_path: Path) -> None:
        done = self.run(chart, self.stand_in(tmp_path, "exit 1"), timeoutSeconds=1)
        assert "waiting for migrations: not all are applied" in done.stdout

    def test_it_gives_up_in_the_end(self, chart: Chart, tmp_path: Path) -> None:
        done = self.run(chart, self.stand_in(tmp_path, "exit 1"), timeoutSeconds=1)
        assert done.returncode == 1
        assert "gave up after 1 s: has the migrations' Job failed?" in done.stderr

    def test_it_can_be_switched_off(self, chart: Chart) -> None:
        assert "initContainers" not in chart.render(at("migrations.wait.enabled", False)).pod["spec"]
