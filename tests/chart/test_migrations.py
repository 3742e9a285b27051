"""The Job that migrates, and the pods that wait for it."""

import os
import secrets
import subprocess
import sys
from typing import Any

import pytest

from dev.settings import ROOT
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
    assert (ROOT / "app/ops/management/commands/prepare.py").is_file()


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
    """The init container; what its program does, tests/unit/ops/test_waiting.py shows."""

    def test_it_gives_up_when_the_values_say(self, chart: Chart) -> None:
        """Run for real, with the options that the container gives, and nobody who would answer."""
        wait = {"intervalSeconds": 1, "timeoutSeconds": 1}
        (init,) = chart.render(at("migrations.wait", wait)).pod["spec"]["initContainers"]
        assert init["args"][:3] == ["python", "-m", "ops.waiting"]
        database = {"DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_NAME": "witw", "DB_USER": "witw"}
        done = subprocess.run(
            [sys.executable, *init["args"][1:]],
            check=False, capture_output=True, text=True, timeout=60, cwd=ROOT / "app",
            env=os.environ | database | {"DB_PASSWORD": "absent", "SECRET_KEY": secrets.token_urlsafe(60)},
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stdout.startswith("waiting for migrations: ")
        assert done.stdout.count("\n") == 1
        assert done.stderr == "gave up after 1 s: has the migrations' Job failed?\n"

    def test_it_has_the_app_s_settings(self, chart: Chart) -> None:
        spec = chart.render({}).pod["spec"]
        (init,), (app,) = spec["initContainers"], spec["containers"]
        for key in ("envFrom", "image", "volumeMounts", "securityContext"):
            assert init[key] == app[key]

    def test_it_can_be_switched_off(self, chart: Chart) -> None:
        assert "initContainers" not in chart.render(at("migrations.wait.enabled", False)).pod["spec"]
