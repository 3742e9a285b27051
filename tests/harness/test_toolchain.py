"""Programs that run on this machine: from PATH, by download, or built."""

import hashlib
import http.server
import io
import tarfile
import threading

import pytest

from dev import catalogue, cli, settings, toolchain
from dev.errors import ImageError


@pytest.fixture
def publisher(tmp_path):
    """A web server that hands out what a test puts into its folder."""
    folder = tmp_path / "publisher"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def a_tool(url, **changes):
    return (
        catalogue.load()
        .tools["helm"]
        .model_copy(
            update={"url": f"{url}/tool.tgz", "checksum": f"{url}/sums", "member": "bin/tool", **changes}
        )
    )


def publish(folder, content=b"#!/bin/sh\necho v4.9.9\n"):
    with tarfile.open(folder / "tool.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("bin/tool")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    checksum = hashlib.sha256((folder / "tool.tgz").read_bytes()).hexdigest()
    (folder / "sums").write_text(f"{'0' * 64}  other.tgz\n{checksum}  tool.tgz\n")
    return checksum


def on_path(tmp_path, monkeypatch, version):
    program = tmp_path / "bin" / "helm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_a_program_on_path_serves_when_its_version_fits(tmp_path, monkeypatch):
    program = on_path(tmp_path, monkeypatch, "v4.2.0")
    found = toolchain.find("helm", settings.load(cache_dir=tmp_path / "cache"))
    assert (found.path, found.version, found.origin) == (program, "v4.2.0", "PATH")


@pytest.mark.parametrize("version", ["v3.19.0", "v5.0.0", "v4.2.0-rc.1", "nonsense"])
def test_a_program_on_path_of_another_version_does_not_serve(version, tmp_path, monkeypatch):
    on_path(tmp_path, monkeypatch, version)
    assert toolchain.find("helm", settings.load(cache_dir=tmp_path / "cache")) is None


def test_a_download_is_checked_unpacked_and_can_be_run(publisher, tmp_path):
    folder, url = publisher
    publish(folder)
    target = tmp_path / "cache" / "tool"
    assert toolchain.download("tool", a_tool(url), target=target) == ""
    assert toolchain.process.run([str(target)]).stdout == "v4.9.9\n"


def test_a_download_that_is_not_the_publishers_is_refused_and_not_kept(publisher, tmp_path):
    folder, url = publisher
    checksum = publish(folder)
    (folder / "tool.tgz").write_bytes(b"<html>please log in</html>")
    target = tmp_path / "cache" / "tool"
    with pytest.raises(ImageError, match=checksum):
        toolchain.download("tool", a_tool(url), target=target)
    assert not target.exists()


def test_a_damaged_download_is_named_with_both_checksums_and_fetched_anew(publisher, tmp_path, monkeypatch):
    folder, url = publisher
    publish(folder)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(catalogue.load().tools, "helm", a_tool(url))
    said = []
    monkeypatch.setattr(toolchain.console.err, "print", lambda text, **_: said.append(text))
    chosen = settings.load(cache_dir=tmp_path / "cache")
    first = toolchain.get("helm", chosen)
    good = toolchain.programs.checksum(first.path)
    first.path.write_text("#!/bin/sh\nfalse\n")
    bad = toolchain.programs.checksum(first.path)

    second = toolchain.get("helm", chosen)

    assert toolchain.programs.checksum(second.path) == good
    assert len(said) == 1
    assert good in said[0]
    assert bad in said[0]


def test_addresses_are_filled_with_the_version_in_both_spellings():
    tool = catalogue.load().tools["helmfile"]
    version = toolchain.wanted(tool)
    filled = toolchain._fill(tool.url, tool)
    assert f"/{version}/helmfile_{version.removeprefix('v')}_" in filled


def test_a_publisher_that_does_not_answer_is_a_reason_to_build(tmp_path):
    why = toolchain.download("tool", a_tool("http://127.0.0.1:9"), target=tmp_path / "tool")
    assert "127.0.0.1:9" in why


def test_pull_always_does_not_fall_back_to_a_build(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(catalogue.load().tools, "helm", a_tool("http://127.0.0.1:9"))
    monkeypatch.setattr(toolchain.programs, "ensure", lambda *_, **__: pytest.fail("built"))
    with pytest.raises(ImageError, match="could not be downloaded"):
        toolchain.get("helm", settings.load(cache_dir=tmp_path, pull="always"))


def test_the_only_checksum_of_a_file_needs_no_name():
    assert toolchain._checksum_in("a" * 64 + "\n", "kubectl") == "a" * 64
    assert toolchain._checksum_in(f"{'b' * 64} *kind\n", "kind") == "b" * 64
    assert toolchain._checksum_in("<html>", "kind") == ""


def test_the_verb_says_where_a_program_is_and_where_it_came_from(tmp_path, monkeypatch, capfd):
    program = on_path(tmp_path, monkeypatch, "v4.2.0")
    assert cli.main(["toolchain", "helm"]) == 0
    assert cli.main(["toolchain", "--path", "helm"]) == 0
    assert str(program) in capfd.readouterr().out
    assert cli.main(["toolchain", "nothing"]) == 1
