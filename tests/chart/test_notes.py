"""What Helm says after an install: how to reach the app, and what is still open."""

from typing import Any

import pytest
import yaml

from tests.chart.rendering import CHART, MINIMAL, NAMESPACE, RELEASE, Chart, Values, at, merged, run

ROUTE: dict[str, Any] = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}
INTERNAL = at("httpRoute.internal", {"enabled": True, "parentRefs": [{"name": "internal"}]})


def notes(chart: Chart, *values: Values) -> str:
    """The notes of an install that does not take place."""
    command = [
        str(chart.helm),
        "install",
        RELEASE,
        str(CHART),
        "--namespace",
        NAMESPACE,
        "--dry-run=client",
        "-f",
        "-",
    ]
    done = run(command, yaml.safe_dump(merged(MINIMAL, *values)))
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]


def test_without_a_route_one_forwards_a_port(chart: Chart) -> None:
    assert "port-forward service/witw 8080:80" in notes(chart)


def test_with_a_route_one_goes_to_the_address(chart: Chart) -> None:
    said = notes(chart, ROUTE)
    assert "People use it: https://witw.example.com" in said
    assert "port-forward service" not in said


@pytest.mark.parametrize(
    ("remark", "mended"),
    [
        ("The admin (/internal/admin/) has no way in", INTERNAL),
        ("The pool is not checked", at("database.pool.sessions", 100)),
        ("The image is named by a tag, which may move", at("image.digest", "sha256:" + "ab" * 32)),
    ],
)
def test_what_is_open_is_said_until_it_is_mended(chart: Chart, remark: str, mended: Values) -> None:
    assert remark in notes(chart)
    assert remark not in notes(chart, mended)


def test_a_canary_s_share_is_said(chart: Chart) -> None:
    canary = at("canary", {"enabled": True, "weight": 7, "image": {"tag": "2.0"}})
    assert "2.0 gets 7 % of the requests" in notes(chart, ROUTE, canary)


def test_a_parked_app_says_so_and_who_else_has_to_be_told(chart: Chart) -> None:
    said = notes(chart, {"parked": True}, at("autoscaling.by", "external"))
    assert "is parked" in said
    assert "has to be paused as well" in said
    assert "rollout status" not in said
