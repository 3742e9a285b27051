"""Fetching GeoNames' dumps, from a server on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from cities import download
from cities.bundle import geonames
from cities.models import City
from tests.unit.cities.conftest import ignore
from tests.unit.cities.dumps import contents, small_is_enough

__all__ = ["small_is_enough"]

CHANGED = "Mon, 23 Nov 2026 10:00:00 GMT"


class GeoNames(ThreadingHTTPServer):
    """Stands in for GeoNames' server; what it does wrong can be chosen."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = contents()
        self.requests: list[tuple[str, str | None]] = []
        self.breaks_off_after: int | None = None
        self.resumes = True
        self.headers = {"ETag": '"one"', "Last-Modified": CHANGED}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/export/dump"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: GeoNames

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        asked = self.headers["Range"]
        self.server.requests.append((name, asked))
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
        elif self.headers["If-Modified-Since"] == CHANGED and not asked:
            self.send_response(304)
            self.end_headers()
        else:
            self.send(content, asked if self.server.resumes else None)

    def send(self, content: bytes, asked: str | None) -> None:
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        body = content[start:]
        self.wfile.write(
            body if self.server.breaks_off_after is None else body[: self.server.breaks_off_after]
        )

    def log_message(self, *args: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server() -> Iterator[GeoNames]:
    """The server, running."""
    with GeoNames() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_three_dumps_are_fetched(server: GeoNames, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    download.fetch_all(server.url + "/", tmp_path / "new" / "folder", lambda *step: steps.append(step))
    assert read(tmp_path / "new" / "folder") == server.files
    assert [step for step in steps if step[1] == step[2]] == [
        (name, len(server.files[name]), len(server.files[name])) for name in geonames.FILES
    ]


def test_what_did_not_change_is_not_fetched_again(server: GeoNames, tmp_path: Path) -> None:
    download.fetch_all(server.url, tmp_path, ignore)
    before = read(tmp_path)
    server.files = dict.fromkeys(server.files, b"must not be asked for")
    download.fetch_all(server.url, tmp_path, ignore)
    assert read(tmp_path) == before


def test_a_server_without_dates_is_asked_for_everything_again(server: GeoNames, tmp_path: Path) -> None:
    server.headers = {}
    download.fetch_all(server.url, tmp_path, ignore)
    server.files = dict.fromkeys(server.files, b"new")
    download.fetch_all(server.url, tmp_path, ignore)
    assert read(tmp_path) == server.files


def test_a_transfer_that_broke_off_is_resumed(server: GeoNames, tmp_path: Path) -> None:
    name = geonames.CITIES
    size = len(server.files[name])
    server.breaks_off_after = size // 2 + 1
    download.fetch(f"{server.url}/{name}", tmp_path / name, ignore)
    assert read(tmp_path) == {name: server.files[name]}
    assert server.requests == [(name, None), (name, f"bytes={size // 2 + 1}-")]


def test_a_server_that_cannot_resume_sends_all_again(server: GeoNames, tmp_path: Path) -> None:
    server.resumes = False
    server.breaks_off_after = 100
    (tmp_path / geonames.CITIES).write_bytes(b"the old one")
    with pytest.raises(
        download.DownloadError, match=r"3 attempts: the connection ended after 100 of \d+ bytes"
    ):
        download.fetch(f"{server.url}/{geonames.CITIES}", tmp_path / geonames.CITIES, ignore)
    assert read(tmp_path) == {geonames.CITIES: b"the old one"}


def test_without_a_tag_nothing_is_patched_together(server: GeoNames, tmp_path: Path) -> None:
    server.headers = {}
    server.breaks_off_after = 100
    with pytest.raises(download.DownloadError):
        download.fetch(f"{server.url}/{geonames.CITIES}", tmp_path / geonames.CITIES, ignore)
    assert {asked for _, asked in server.requests} == {None}


def test_a_file_that_the_server_lacks_is_named(server: GeoNames, tmp_path: Path) -> None:
    del server.files[geonames.REGIONS]
    with pytest.raises(
        download.DownloadError, match=r"admin1CodesASCII\.txt: the server answers 404 Not Found"
    ):
        download.fetch_all(server.url, tmp_path, ignore)


def test_without_a_network_the_way_out_is_named(server: GeoNames, tmp_path: Path) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(download.DownloadError, match=r"refused.*leave out --download"):
        download.fetch_all(url, tmp_path, ignore)
    assert read(tmp_path) == {}


@pytest.mark.parametrize("url", ["file:///etc", "ftp://example.com", "example.com"])
def test_only_web_addresses_are_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(download.DownloadError, match="correct GEONAMES_URL"):
        download.fetch_all(url, tmp_path, ignore)


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_fetched(
    server: GeoNames, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        download.DownloadError, match=r"file/folder is not writable for user \d+ .*CITIES_DATA_DIR"
    ):
        download.fetch_all(server.url, tmp_path / "file" / "folder", ignore)
    assert server.requests == []


# --- the whole way ----------------------------------------------------------------------------------------
@pytest.fixture
def configured(
    server: GeoNames, settings: Settings, tmp_path: Path, small_is_enough: None, db: None
) -> GeoNames:
    """The server as the app's settings name it."""
    settings.GEONAMES_URL = server.url
    settings.CITIES_DATA_DIR = tmp_path
    return server


def test_downloaded_dumps_are_imported(configured: GeoNames, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_cities", "--download")
    assert "1 countries, 1 regions, 2 cities; 4 rows inserted" in capsys.readouterr().out
    assert City.objects.get(name="London").region
    call_command("import_cities", "--download")
    assert "already imported" in capsys.readouterr().out


def test_a_dump_that_is_something_else_changes_nothing(configured: GeoNames, tmp_path: Path) -> None:
    configured.files[geonames.REGIONS] = b"<html>Log in to the hotel</html>"
    with pytest.raises(
        CommandError, match=r"admin1CodesASCII.txt, line 1: 4 columns expected, 1 found: '<html>"
    ):
        call_command("import_cities", "--download", "--data-dir", str(tmp_path / "other"))
    assert not City.objects.exists()


def test_a_failed_download_changes_nothing(configured: GeoNames) -> None:
    configured.files = {}
    with pytest.raises(CommandError, match="404"):
        call_command("import_cities", "--download")
    assert not City.objects.exists()
