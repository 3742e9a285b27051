"""Static files as the image has them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[3] / "app"
NO_CODE = shutil.ignore_patterns("__pycache__", "node_modules", "staticfiles", ".*_cache")


def collect(app: Path) -> Path:
    """Collect and compress static files as the image's build does; returns their folder."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    for command in (
        ["manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        ["-m", "whitenoise.compress", "--quiet", "staticfiles"],
    ):
        subprocess.run([sys.executable, *command], cwd=app, env=environment, check=True, timeout=300)
    return app / "staticfiles"


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app in which files were collected."""
    app = tmp_path_factory.mktemp("build") / "app"
    shutil.copytree(APP, app, ignore=NO_CODE)
    collect(app)
    return app
