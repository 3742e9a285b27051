"""apt's sources with the codename exchanged, and packages fetched without being installed."""

from pathlib import Path

import pytest

from dev import archive, packages
from dev.errors import HostError
from tests.harness.conftest import Program

TARGETS = r"""cat <<'END'
Debian bookworm main http://mirror.test/debian/
Debian bookworm main http://mirror.test/debian/
Debian bookworm contrib http://mirror.test/debian/
Debian bookworm-updates main http://mirror.test/debian/
Debian bookworm-security main http://mirror.test/security/
Debian Backports bookworm-backports main http://mirror.test/debian/
Debian bookworm-backports main http://mirror.test/debian/
vendor bookworm main http://vendor.test/apt/
END"""


@pytest.fixture(autouse=True)
def without_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keyring, whose place would stand in every entry."""
    monkeypatch.setattr(archive, "KEYRING", tmp_path / "none")


def test_only_debians_own_sources_are_taken_and_each_once(program: Program) -> None:
    program("apt-get", TARGETS)
    assert archive.sources("trixie") == [
        "deb http://mirror.test/debian/ trixie main",
        "deb http://mirror.test/debian/ trixie-updates main",
        "deb http://mirror.test/security/ trixie-security main",
    ]


def test_the_keyring_is_named_where_it_is(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(archive, "KEYRING", tmp_path)
    program("apt-get", "echo Debian stable main http://mirror.test/debian/")
    assert archive.sources("trixie") == [f"deb [signed-by={tmp_path}] http://mirror.test/debian/ trixie main"]


def test_proxies_and_the_tolerance_of_snapshots_are_carried_over(program: Program) -> None:
    program(
        "apt-config",
        """cat <<'END'
Acquire::http::Proxy "http://proxy.test:3128";
Acquire::https::Proxy "";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
END""",
    )
    assert archive.apt_options() == [
        'Acquire::http::Proxy "http://proxy.test:3128"',
        'Acquire::Check-Valid-Until "false"',
    ]


def test_packages_are_fetched_once(program: Program, tmp_path: Path) -> None:
    program(
        "apt-get",
        f"""case "$*" in
*indextargets*) echo Debian bookworm main http://mirror.test/debian/;;
*download*) echo x >> {tmp_path}/calls; touch runc_1.deb tini_2.deb;;
esac""",
    )
    first = archive.download(["runc", "tini"], "trixie", tmp_path)
    assert [file.name for file in first] == ["runc_1.deb", "tini_2.deb"]
    assert archive.download(["runc", "tini"], "trixie", tmp_path) == first
    assert (tmp_path / "calls").read_text() == "x\n"
    assert (tmp_path / "apt/sources.list").read_text() == "deb http://mirror.test/debian/ trixie main\n"


def test_without_network_it_is_said_what_must_work(program: Program, tmp_path: Path) -> None:
    program(
        "apt-get",
        """case "$*" in
*indextargets*) ;;
*Dir::*) echo "Could not resolve host" >&2; exit 100;;
*update) touch "$0.updated";;
esac""",
    )
    with pytest.raises(HostError, match="runc of Debian trixie could not be fetched") as error:
        archive.download(["runc"], "trixie", tmp_path / "cache")
    assert "Could not resolve host" in error.value.details
    assert (tmp_path / "bin/apt-get.updated").exists(), "lists that are empty are brought up to date first"


@pytest.fixture
def dpkg(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose packages are lines of a file."""
    here = tmp_path / "here"
    here.write_text("bash\n")
    program(
        "dpkg-query",
        f'while read name; do echo "ii |no|$name"; done < {here}; echo "un |no|x"; echo "it |yes|libc-bin"',
    )
    program(
        "dpkg",
        f"""case $1 in --audit) cat {tmp_path}/audit 2>/dev/null;; *) rm {tmp_path}/audit;; esac; true""",
    )
    program(
        "apt-get",
        f"""case "$*" in
*"--simulate purge"*) shift 6; for name; do echo "Purg $name"; done; cat {tmp_path}/needs 2>/dev/null;;
*"--simulate install"*)
  printf 'Inst runc (1)\\nInst libseccomp2 (2)\\nInst bash [5] (6)\\nInst libc-bin (7)';;
*purge*) echo bash > {here};;
*install*) printf 'runc\\nlibseccomp2\\n' >> {here}; exit $(cat {tmp_path}/code 2>/dev/null || echo 0);;
*update*) test ! -e {tmp_path}/offline || {{ echo no network; exit 100; }};;
esac; true""",
    )
    monkeypatch.setattr(packages, "LEDGER", tmp_path / "ledger")
    return tmp_path


def test_what_is_missing_is_installed_and_remembered_with_all_that_came(dpkg: Path) -> None:
    (dpkg / "audit").write_text("half installed")
    assert packages.install("runc", "bash") == ["runc"]
    assert packages.install("runc") == []
    assert packages.ours() == ["libseccomp2", "runc"]
    assert not (dpkg / "audit").exists(), "what was interrupted is brought to its end first"


def test_what_an_interrupted_installation_brought_is_remembered_too(dpkg: Path) -> None:
    (dpkg / "code").write_text("100")
    with pytest.raises(HostError, match="apt could not install runc"):
        packages.install("runc")
    assert packages.ours() == ["libseccomp2", "runc"]


def test_only_what_we_brought_goes_away(dpkg: Path) -> None:
    assert packages.remove_ours() == []
    packages.install("runc")
    assert packages.remove_ours() == ["libseccomp2", "runc"]
    assert packages.installed() == {"bash"}
    assert packages.ours() == []


def test_what_others_need_by_now_stays(dpkg: Path) -> None:
    packages.install("runc")
    (dpkg / "needs").write_text("Remv podman [4.3]\n")
    assert packages.remove_ours() == []
    assert "runc" in packages.installed()


def test_without_network_apt_is_named(dpkg: Path) -> None:
    (dpkg / "offline").touch()
    with pytest.raises(HostError, match="apt could not read its sources") as error:
        packages.install("runc")
    assert "no network" in error.value.details


def test_an_unknown_system_has_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr("platform.freedesktop_os_release", fail)
    assert packages.distribution() == ("", "")
    assert not packages.has_apt()
