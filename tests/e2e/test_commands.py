"""The harness's commands on a cluster that runs: interrupted and begun again, and helmfile by hand."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from dev import process, release
from dev.settings import ROOT
from tests.e2e.own import ENDLESS, merged
from tests.e2e.stack import Stack, until

APP = next(item for item in release.declared() if item.name == "witw")

BY_HAND = re.compile(r"^helmfile by hand.*?^```\n(.*?)^```", re.DOTALL | re.MULTILINE)

NO_NETWORK = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9") | {"NO_PROXY": "127.0.0.1"}
"""Nobody listens there: whoever wants to download something fails."""


@contextlib.contextmanager
def left_well(stack: Stack) -> Iterator[None]:
    """Leave the release of everybody as it was, also where the test of it fails in the middle."""
    revision = stack.newest().number
    try:
        yield
    except BaseException:
        release.remove_jobs(stack.to, [APP], failed=True)
        stack.helm("rollback", "witw", str(revision))
        raise


@pytest.mark.alone
def test_a_deploy_that_was_interrupted_is_finished_by_the_next(
    stack: Stack, variables: dict[str, str], tmp_path: Path
) -> None:
    """Ctrl-C while a migration runs. What changes is only that, so that no pod of the others' is replaced."""
    before, as_it_is = set(stack.pods()), stack.newest().values

    def deploy(name: str, values: dict[str, object]) -> list[str]:
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(values))
        return [str(ROOT / "witw"), "deploy", f"--name={stack.to.ours.name}", f"--values={file}", "--no-diff"]

    def jobs() -> set[str]:
        return {job["metadata"]["name"] for job in stack.list("Job")}

    def status() -> str:
        return stack.newest().status

    # The Job of a first install stays until an upgrade.
    old = jobs()
    with left_well(stack):
        with subprocess.Popen(
            deploy("endless", merged(as_it_is, ENDLESS)),
            env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as running:  # fmt: skip
            try:
                until("the migration", lambda: running.poll() is not None or jobs() - old, 120)
                assert running.poll() is None, running.communicate()[0]
                assert status() == "pending-upgrade"
                running.send_signal(signal.SIGINT)
                said, _ = running.communicate(timeout=60)
            finally:
                running.kill()
        assert running.returncode == 128 + signal.SIGINT, said
        assert "the same command goes on from there" in said
        assert stack.browser().get("/login").status_code == httpx.codes.OK
        again = process.run(deploy("well", as_it_is), env=variables, timeout=300)
        assert "removed what an earlier attempt left: witw-migrate-" in again.stdout + again.stderr
    assert status() == "deployed"
    assert set(stack.pods()) == before
    assert jobs() <= old


def test_helmfile_by_hand_does_what_the_readme_says_and_downloads_nothing(
    stack: Stack, variables: dict[str, str]
) -> None:
    name = stack.to.ours.name
    (snippet,) = BY_HAND.findall((ROOT / "dev" / "README.md").read_text())
    typed = snippet.replace("/clusters/witw/", f"/clusters/{name}/").replace("=witw ", f"={name} ")
    said = process.run(["sh", "-c", typed], cwd=ROOT, env=variables | NO_NETWORK, timeout=180)
    assert "Comparing release=witw," in said.stdout
    listed = process.run(
        [str(ROOT / "witw"), "helmfile", f"--name={name}", "list"], env=variables | NO_NETWORK, timeout=60
    )
    assert "witw" in listed.stdout
