"""Django's own opinion of the production settings, and models that no migration knows."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from dev.settings import ROOT

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "BASE_URL": "https://witw.example.org",
    "DB_HOST": "localhost",
    "DB_PASSWORD": "x",
}
"""The least that a production deployment behind a TLS gateway sets; everything else is the app's default."""


def manage(*arguments: str, app: Path = ROOT / "app", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with nothing in its environment but what is given and what finding programs needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        cwd=app,
        env=kept | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_production_deployment_gets_no_warning() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING")

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("weakness", [{"DEBUG": "true"}, {"BASE_URL": "http://witw.example.org"}])
def test_a_weak_deployment_is_warned_about(weakness: dict[str, str]) -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", **weakness)

    assert result.returncode != 0, "this was accepted for production: " + str(weakness)


def test_every_model_change_has_its_migration() -> None:
    result = manage("makemigrations", "--check", "--dry-run")

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_missing_migration_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "app"
    subprocess.run(["cp", "-r", str(ROOT / "app"), str(copy)], check=True)
    models = copy / "people" / "models.py"
    assert "max_length=64" in models.read_text()
    models.write_text(models.read_text().replace("max_length=64", "max_length=65"))

    result = manage("makemigrations", "--check", "--dry-run", app=copy)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "Alter field name on team" in result.stdout
