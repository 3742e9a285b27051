"""No secret was ever committed."""

import random
import string
import subprocess
from pathlib import Path

import pytest

from dev import settings
from dev.tools import leaks


def git(repository: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(repository), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def cache() -> Path:
    return settings.load().cache_dir


def test_the_whole_history_holds_no_secret(cache: Path) -> None:
    shallow = git(settings.ROOT, "rev-parse", "--is-shallow-repository").strip() == "true"
    assert not shallow, "only a part of the history is here: `git fetch --unshallow` first"

    found = leaks.scan(settings.ROOT, cache)

    assert not found, "committed secrets:\n" + "\n".join(map(str, found))


def test_a_secret_is_found_even_when_a_later_commit_removed_it(cache: Path, tmp_path: Path) -> None:
    # Made up here, so that this file holds none itself.
    token = "ghp_" + "".join(random.SystemRandom().choices(string.ascii_letters + string.digits, k=36))
    git(tmp_path, "init", "--quiet")
    leaky = tmp_path / "settings.py"
    leaky.write_text(f"GITHUB_TOKEN = '{token}'\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=Leak")
    leaky.unlink()
    git(tmp_path, "commit", "--quiet", "--all", "--message=Hide")

    (found,) = leaks.scan(tmp_path, cache)

    assert (found.file, found.line) == ("settings.py", 1)
    assert token not in str(found)


def test_a_folder_without_history_is_an_error_and_not_a_clean_bill(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(leaks.ProcessError, match="rev-parse"):
        leaks.scan(tmp_path, cache)
