"""The images and the containers made of them: small, bare, without rights, without secrets."""

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose import releases
from tests.compose.containers import docker, ids, inspect, wait_until
from tests.compose.stack import Stack

SERVICES = ["app", "gateway", "pgpool", "postgres"]
MEGABYTE = 1_000_000
LARGEST = {"app": 250, "gateway": 250, "pgpool": 150, "postgres": 200}
STACK_IDLE_MIB = 1024
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{100,}?-----END CERTIFICATE-----")
SCANNED_UP_TO = 200 * MEGABYTE


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service that runs for good."""
    return str(request.param)


@pytest.fixture
def container(stack: Stack, service: str) -> str:
    """A container of it."""
    return ids(stack, service)[0]


@pytest.fixture
def image(container: str) -> str:
    """Its image."""
    return str(inspect(container)["Image"])


def _shell(container: str, script: str) -> str:
    return docker("exec", container, "bash", "-c", script).stdout


def test_the_image_is_small(image: str, service: str) -> None:
    assert inspect(image)["Size"] < LARGEST[service] * MEGABYTE


def test_it_runs_as_a_fixed_ordinary_user(image: str, container: str) -> None:
    user, _, group = inspect(image)["Config"]["User"].partition(":")
    assert int(user) == int(group) > 10_000
    assert _shell(container, "id -u").strip() == user


def test_it_says_what_it_is(image: str, service: str) -> None:
    labels = inspect(image)["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == f"witw/{service}"
    assert labels["org.opencontainers.image.description"]


def test_its_container_is_denied_all_that_it_does_not_need(container: str) -> None:
    facts = inspect(container)
    host = facts["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert 0 < host["Memory"] <= 512 * 1024**2
    assert 0 < host["PidsLimit"] <= 256
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}
    assert facts["Config"]["Healthcheck"]["Test"]
    status = _shell(container, "cat /proc/self/status")
    assert re.search(r"^CapEff:\s0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE)


def test_nothing_can_be_written_but_scratch_and_data(container: str) -> None:
    folders = "/ /usr/local/bin /etc /app /venv /opt"
    script = f"for d in {folders}; do [ -d $d ] && touch $d/x 2>/dev/null && echo $d; done; true"
    assert _shell(container, script) == ""


def test_no_password_is_in_the_environment(container: str) -> None:
    names = [entry.partition("=")[0] for entry in inspect(container)["Config"]["Env"]]
    assert not [name for name in names if name.endswith(("PASSWORD", "SECRET", "KEY", "TOKEN", "DSN"))]


def test_no_tool_that_builds_or_downloads_is_left(container: str) -> None:
    tools = "gcc cc g++ clang make ld as pip pip3 uv npm node go git curl wget gdb"
    assert _shell(container, f"for tool in {tools}; do command -v $tool; done; true") == ""


def test_no_cache_of_a_package_manager_is_left(image: str) -> None:
    script = (
        "cd / && find var/lib/apt/lists var/cache/apt root/.cache tmp -type f -size +0 | grep -v lock; true"
    )
    assert (
        docker("run", "--rm", "--user=0", "--network=none", "--entrypoint=sh", image, "-c", script).stdout
        == ""
    )


def test_the_app_brings_its_code_compiled(stack: Stack) -> None:
    script = (
        "cd /app && for f in $(find . -name '*.py' -size +0); do"
        " [ -f ${f%/*}/__pycache__/$(basename ${f%.py}).cpython-313.pyc ] || echo $f; done"
    )
    assert _shell(ids(stack, "app")[0], script) == ""


def test_the_app_brings_its_static_files_hashed_and_compressed(stack: Stack) -> None:
    script = "cd /app/staticfiles && cat staticfiles.json && find . -name 'base.*.css*'"
    listed = _shell(ids(stack, "app")[0], script)
    assert re.search(r"base\.[0-9a-f]{12}\.css\.br", listed)
    assert re.search(r"base\.[0-9a-f]{12}\.css\.gz", listed)


def test_orphans_are_reaped(container: str) -> None:
    # The subshell ends at once; its children are adopted by process 1 and die there.
    docker("exec", container, "bash", "-c", "(sleep 0.2 & sleep 0.2 & sleep 0.2 &)")
    asleep = "grep -lx sleep /proc/[0-9]*/comm 2>/dev/null"
    dead = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null"
    wait_until("the end of orphans", lambda: _shell(container, f"{asleep}; {dead}; true") == "", seconds=5)


def test_the_whole_stack_is_modest_when_idle(stack: Stack) -> None:
    containers = [container for service in SERVICES for container in ids(stack, service)]
    used = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", *containers).stdout.splitlines()
    assert len(used) >= 5
    assert sum(_mebibytes(line.split(" / ")[0]) for line in used) < STACK_IDLE_MIB


def _mebibytes(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([KMG]i)B", text).groups()  # type: ignore[union-attr]
    return float(number) * {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024}[unit]


def _layer_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of every layer of `docker save`'s archive, also those that a later layer hides."""
    with tarfile.open(archive) as saved:
        manifest = json.loads(saved.extractfile("manifest.json").read())  # type: ignore[union-attr]
        for layer in sorted({name for image in manifest for name in image["Layers"]}):
            with tarfile.open(fileobj=saved.extractfile(layer)) as files:
                for file in files:
                    if file.isfile() and file.size < SCANNED_UP_TO:
                        yield file.name.removeprefix("./"), files.extractfile(file).read()  # type: ignore[union-attr]


def test_no_layer_holds_a_secret_a_private_authority_or_a_hosts_configuration(
    stack: Stack, tmp_path: Path
) -> None:
    images = [inspect(ids(stack, service)[0])["Image"] for service in SERVICES]
    archive = tmp_path / "images.tar"
    docker("save", "--output", str(archive), *images)
    generated = "cat /run/secrets/*/*"
    secrets_here = {
        value.encode()
        for service in ("app", "postgres", "pgpool")
        for value in re.findall(r"[\w-]{64}", _shell(ids(stack, service)[0], generated))
    }
    assert len(secrets_here) == 4
    public: set[bytes] = set()
    found: dict[bytes, str] = {}
    for name, content in _layer_files(archive):
        assert not re.search(r"(^|/)(run/secrets/.+|pip\.conf|\.netrc|id_rsa|\.env)$", name), name
        assert not [name for secret in secrets_here if secret in content]
        assert b"PRIVATE KEY-----\n" not in content or name.endswith(
            (".py", ".pyc", "bin/envoy", "bin/openssl")
        ), name
        certificates = {b"".join(block.split()) for block in CERTIFICATE.findall(content)}
        # Mozilla's list, as Debian and certifi give it away, one file each or all in one.
        if name.startswith("usr/share/ca-certificates/mozilla/") or name.endswith("certifi/cacert.pem"):
            public |= certificates
        found |= dict.fromkeys(certificates, name)
    assert len(public) > 100
    assert not {name for certificate, name in found.items() if certificate not in public}


def test_no_build_step_was_given_a_secret_as_an_argument(image: str) -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).stdout
    assert not re.search(r"(?i)(password|secret_key|token)=[^\"$ ]", history)
    assert "BEGIN CERTIFICATE" not in history


def test_a_change_of_code_makes_one_new_layer_within_seconds(tmp_path: Path) -> None:
    context = releases.copy_of_checkout(tmp_path)

    def layers(tag: str) -> list[str]:
        built: list[str] = inspect(releases.build(context, tag))["RootFS"]["Layers"]
        return built

    try:
        before = layers("before")
        with (context / "app/ops/health.py").open("a") as code:
            code.write('\nCHANGED = "by a test"\n')
        after = layers("after")
    finally:
        docker("rmi", "witw-test/app:before", "witw-test/app:after", check=False)
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]
