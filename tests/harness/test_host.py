"""What is found out about this machine, and what doctor makes of it."""

import json
import os
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev import base_image, cli, doctor, engine, engine_setup, host, packages, settings
from dev.errors import EngineError, HostError
from tests.harness.conftest import Program

LIMITS = ("CpuCfsQuota", "CPUSet", "MemoryLimit", "PidsLimit")

BUNDLES = (*host.BUNDLE_SETTINGS,)


@pytest.fixture
def no_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no certificates of its own."""
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(host, "DEBIAN_BUNDLE", tmp_path / "bundle.crt")
    monkeypatch.setattr(host, "DEBIAN_PRIVATE", tmp_path / "private")


def test_a_port_in_use_is_named_with_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not host.port_is_free("127.0.0.1", port)
        owner = host.port_owner(port)
        assert owner.pid == os.getpid()
        assert str(os.getpid()) in str(owner)
        assert host.free_port("127.0.0.1", port - 1) > port
    assert str(host.port_owner(port)) == "an unknown process"


def test_the_bundle_that_tools_are_told_to_use_is_given_to_builds(
    no_bundle: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host.private_ca_bundle() is None
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "ca.pem"))
    assert host.private_ca_bundle() == tmp_path / "ca.pem"


def test_debians_bundle_is_taken_when_the_house_has_put_something_in_it(
    no_bundle: None, tmp_path: Path
) -> None:
    (tmp_path / "bundle.crt").touch()
    (tmp_path / "private").mkdir()
    assert host.private_ca_bundle() is None
    (tmp_path / "private/house.crt").touch()
    assert host.private_ca_bundle() == tmp_path / "bundle.crt"


class Clock(BaseHTTPRequestHandler):
    """A server that lives in the year 2000."""

    def do_HEAD(self) -> None:
        self.send_response_only(404 if self.path == "/404" else 200)
        if self.path != "/none":
            self.send_header("Date", "Sat, 01 Jan 2000 00:00:00 GMT")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_a_clock_that_is_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Clock) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for path in ("", "/404"):
            off = host.clock_error(url + path)
            assert off is not None
            assert off > 20 * 365 * 86400
        assert host.clock_error(url + "/none") is None
        monkeypatch.setenv("PIP_INDEX_URL", url)
        check = doctor.clock()
        server.shutdown()
    assert check.level is doctor.Level.NOTE
    assert "ahead" in check.found
    assert "timedatectl" in check.fix
    assert doctor.clock().found == "no server to compare it with"


def test_limits_of_the_kernel_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert host.cgroup_version() in (0, 1, 2)
    assert set(host.inotify_limits()) >= {"max_user_watches", "max_user_instances"}
    assert isinstance(host.missing_capabilities(), list)
    for version, mark in ((0, "x"), (1, "memory"), (2, "cgroup.controllers")):
        folder = tmp_path / mark
        folder.mkdir()
        (folder / mark).touch()
        monkeypatch.setattr(host, "CGROUP", folder)
        assert host.cgroup_version() == version
        assert doctor.cgroups().level is (doctor.Level.NOTE if version == 1 else doctor.Level.OK)


@pytest.mark.parametrize(
    ("what", "value", "check", "word"),
    [
        (
            "inotify_limits",
            {"max_user_watches": 8192},
            doctor.inotify,
            "sysctl fs.inotify.max_user_watches=65536",
        ),
        ("missing_capabilities", ["cap_sys_resource"], doctor.capabilities, "Docker 24"),
    ],
)
def test_what_is_worth_knowing_comes_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, what: str, value: object, check: object, word: str
) -> None:
    monkeypatch.setattr(host, what, lambda: value)
    found: doctor.Check = check()  # type: ignore[operator]
    assert found.level is doctor.Level.NOTE
    assert word in found.fix


@pytest.mark.parametrize(
    ("told", "level", "word"),
    [
        ({}, doctor.Level.OK, "no"),
        ({"CgroupVersion": "2", "CpuCfsQuota": True, "CPUSet": True}, doctor.Level.NOTE, "memory, pids"),
        ({"CgroupVersion": "1", **dict.fromkeys(LIMITS, True)}, doctor.Level.NOTE, "no cgroup version 2"),
        ({"CgroupVersion": "2", **dict.fromkeys(LIMITS, True)}, doctor.Level.OK, "user namespaces"),
    ],
)
def test_a_rootless_engine_is_named_with_what_it_may_not_limit(
    program: Program, told: dict[str, object], level: doctor.Level, word: str
) -> None:
    if told:
        told = {**told, "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}
    program("docker", f"echo '{json.dumps(told)}'")
    check = doctor.rootless()
    assert check.level is level
    assert word in check.found
    assert ("Delegate=yes" in check.fix) is (level is doctor.Level.NOTE)


def test_a_machine_that_has_everything_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "inotify_limits", dict)
    monkeypatch.setattr(host, "missing_capabilities", list)
    monkeypatch.setattr(host, "memory_available", lambda: 8 * doctor.GIB)
    monkeypatch.setattr(host, "disk_free", lambda _: 80 * doctor.GIB)
    chosen = settings.load()
    made = [doctor.inotify(), doctor.capabilities(), doctor.memory(chosen), doctor.disk(chosen)]
    assert [check.level for check in made] == [doctor.Level.OK] * 4
    assert doctor.require(made) == 4


@pytest.mark.parametrize("is_up", [True, False])
def test_too_little_memory_or_disk_keeps_up_from_beginning(
    monkeypatch: pytest.MonkeyPatch, is_up: bool
) -> None:
    monkeypatch.setattr(doctor, "_is_up", lambda _: is_up)
    monkeypatch.setattr(host, "memory_available", lambda: doctor.GIB // 2)
    monkeypatch.setattr(host, "disk_free", lambda _: doctor.GIB)
    made = list(doctor.before_the_engine(settings.load()))
    if is_up:
        assert doctor.require(made)
        return
    with pytest.raises(HostError) as error:
        doctor.require(made)
    assert "memory: 0.5 GiB available" in error.value.message
    assert "disk: 1 GiB free" in error.value.message
    assert "WITW_CACHE_DIR" in error.value.remedy


def test_a_locale_without_unicode_and_proxies_without_exceptions_are_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "ANSI_X3.4-1968")
    assert "LC_ALL" in doctor.text_encoding().fix
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.proxies().found == "none"
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    assert "no_proxy" in doctor.proxies().fix
    monkeypatch.setenv("no_proxy", "localhost")
    assert doctor.proxies().level is doctor.Level.OK


def test_a_bundle_that_is_none_is_found_before_any_build(no_bundle: None, tmp_path: Path) -> None:
    assert doctor.certificates(settings.load()).level is doctor.Level.OK
    (tmp_path / "ca.pem").write_text("not a certificate")
    check = doctor.certificates(settings.load(ca_bundle=str(tmp_path / "ca.pem")))
    assert check.level is doctor.Level.FAIL
    assert "SSL_CERT_FILE" in check.fix
    with pytest.raises(ssl.SSLError):
        host.count_certificates(tmp_path / "ca.pem")


def test_no_engine_is_no_failure_where_up_gets_one(only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "can_get_one", lambda: True)
    assert doctor.docker(settings.load()).level is doctor.Level.NOTE
    monkeypatch.setattr(engine, "can_get_one", lambda: False)
    assert doctor.docker(settings.load()).level is doctor.Level.FAIL


def test_an_engine_that_cannot_be_used_is_a_failure(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("docker", """case "$1" in version) echo '{"Version": "18.06", "ApiVersion": "1.38"}';; esac""")
    assert "too old" in doctor.docker(settings.load()).found

    def fail() -> None:
        raise EngineError("not for you", remedy="ask")

    monkeypatch.setattr(engine, "find", fail)
    assert doctor.docker(settings.load()).fix == "ask"
    assert len(list(doctor.everything(settings.load()))) > 5


@pytest.mark.parametrize("can", [True, False])
def test_a_missing_plugin_fails_where_it_cannot_be_added(
    program: Program, monkeypatch: pytest.MonkeyPatch, can: bool
) -> None:
    program("docker", 'case "$1" in compose) echo 2.1.0;; *) exit 1;; esac')
    monkeypatch.setattr(engine_setup, "possible", lambda: can)
    level = doctor.Level.NOTE if can else doctor.Level.FAIL
    assert (doctor.plugin("compose").level, doctor.plugin("compose").found) == (level, "2.1.0 is too old")
    assert (doctor.plugin("buildx").level, doctor.plugin("buildx").found) == (level, "missing")


def test_doctor_knows_where_the_base_image_will_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "present", lambda _: None)
    monkeypatch.setattr(base_image, "registry_answers", lambda _: True)
    chosen = settings.load(cache_dir=tmp_path)
    assert doctor.base_image(chosen).found == "will be pulled"
    monkeypatch.setattr(base_image, "registry_answers", lambda _: False)
    monkeypatch.setattr(packages, "can_install", lambda: True)
    assert "Debian archive" in doctor.base_image(chosen).found
    monkeypatch.setattr(packages, "can_install", lambda: False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert doctor.base_image(chosen).level is doctor.Level.FAIL
    base_image.tarball(chosen).parent.mkdir()
    base_image.tarball(chosen).touch()
    assert "imported" in doctor.base_image(chosen).found


def test_an_occupied_port_fails(base: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = doctor.ports(settings.load(port=server.getsockname()[1], project="witwnone"))
    assert check.level is doctor.Level.FAIL


def test_doctor_prints_a_table_and_its_exit_code_says_whether_up_can_work(
    base: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = host.free_port("127.0.0.1", 30000)
    monkeypatch.setenv("WITW_PORT", str(free))
    monkeypatch.setenv("WITW_INTERNAL_PORT", str(host.free_port("127.0.0.1", free)))
    assert cli.main(["doctor"]) == 0
    assert "`./witw up` can work" in capfd.readouterr().out
    monkeypatch.setattr(
        doctor, "memory", lambda _: doctor.Check("memory", doctor.Level.FAIL, "none", "buy some")
    )
    assert cli.main(["doctor"]) == 1
    said = capfd.readouterr().out
    assert "buy some" in said
    assert "1 checks failed" in said


def test_doctor_lists_the_settings(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--settings"]) == 0
    said = capfd.readouterr().out
    assert all(name in said for name in settings.names())
