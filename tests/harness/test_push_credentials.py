"""`./witw push` to a registry that wants to know who asks: credentials come from Docker's own store."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dev import catalogue_images, host, process, settings
from dev.commands import push
from dev.errors import WitwError
from dev.programs import silent

pytestmark = pytest.mark.slow

USER = "team"

HASH = "chomp(my $word = <STDIN>); print crypt($word, '$2b$05$' . 'witwwitwwitwwitwwitwwu')"
"""bcrypt, the only hash that the registry knows, by Debian's Perl. The salt is of a password for minutes."""


@pytest.fixture(scope="module")
def password() -> str:
    return secrets.token_urlsafe(24)


@pytest.fixture(scope="module")
def guarded(base: str, password: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with one user."""
    image = catalogue_images.ensure("registry", settings.load(), silent).reference
    said = process.run(["docker", "run", "--rm", "--interactive", base, "perl", "-e", HASH], stdin=password)
    users = tmp_path_factory.mktemp("registry") / "users"
    users.write_text(f"{USER}:{said.stdout}\n")
    users.chmod(0o644)
    address = f"127.0.0.1:{host.free_port('127.0.0.1', 25100)}"
    command = [
        "docker", "run", "--detach", "--rm", f"--publish={address}:5000", f"--volume={users}:/users:ro",
        "--env=REGISTRY_AUTH=htpasswd", "--env=REGISTRY_AUTH_HTPASSWD_REALM=house",
        "--env=REGISTRY_AUTH_HTPASSWD_PATH=/users", image,
    ]  # fmt: skip
    name = process.run(command).stdout.strip()
    try:
        deadline = time.monotonic() + 30
        while not _answers(address):
            assert time.monotonic() < deadline, process.run(["docker", "logs", name], check=False)
            time.sleep(0.1)
        yield address
    finally:
        process.run(["docker", "rm", "--force", name], check=False)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/v2/", trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    except httpx.HTTPError:
        return False


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of Docker's own with nobody logged in; the user's stays as it is."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def test_who_is_not_known_is_told_to_log_in(guarded: str, base: str, store: Path) -> None:
    with pytest.raises(WitwError, match="could not be pushed") as caught:
        push._push(base, f"{guarded}/team/base", "")
    assert f"docker login {guarded}" in caught.value.remedy


def test_who_has_logged_in_pushes_and_is_told_the_digest(
    guarded: str, base: str, store: Path, password: str
) -> None:
    login = ["docker", "login", f"--username={USER}", "--password-stdin", guarded]
    process.run(login, stdin=password)
    reference = push._push(base, f"{guarded}/team/base", "v1")
    name, _, digest = reference.partition("@")
    assert (name, digest[:7]) == (f"{guarded}/team/base", "sha256:")
    url = f"http://{guarded}/v2/team/base/manifests/{digest}"
    kinds = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    kinds += "application/vnd.docker.distribution.manifest.v2+json"
    with httpx.Client(trust_env=False, headers={"Accept": kinds}) as client:
        assert client.get(url).status_code == httpx.codes.UNAUTHORIZED
        assert client.get(url, auth=(USER, password)).status_code == httpx.codes.OK
