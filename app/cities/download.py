"""Fetch GeoNames' dumps into a folder, politely: only what changed, resuming what broke off."""

from __future__ import annotations

import email.utils
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cities.bundle import geonames

TIMEOUT_SECONDS = 30
ATTEMPTS = 3
CHUNK = 64 * 1024

Report = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is to do."""


class DownloadError(Exception):
    """A file could not be fetched; the message says which, why, and what helps."""


def fetch_all(base_url: str, folder: Path, report: Report) -> None:
    """Bring the dumps in `folder` up to date.

    Args:
        base_url: the address under which the files are, http or https.
        folder: where to keep them; created if need be.
        report: called with name, bytes so far and bytes in all of each file.

    Raises:
        DownloadError: the folder is not writable, or a file cannot be fetched whole.
    """
    if not base_url.startswith(("https://", "http://")):
        raise DownloadError(f"{base_url!r} is not an http or https address: correct GEONAMES_URL.")
    _check_writable(folder)
    for name in geonames.FILES:
        fetch(f"{base_url.rstrip('/')}/{name}", folder / name, report)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DownloadError(
            f"{folder} is not writable for user {os.getuid()} ({error.strerror}): "
            "mount a volume there, or name another folder with CITIES_DATA_DIR or --data-dir."
        ) from error


def fetch(url: str, target: Path, report: Report) -> None:
    """Bring one file up to date: it is replaced in one step, and only by a whole one."""
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    problem: Exception | None = None
    validator = ""
    for _ in range(ATTEMPTS):
        try:
            changed = _receive(url, target, part, validator, report)
        except urllib.error.HTTPError as error:
            raise DownloadError(f"{url}: the server answers {error.code} {error.reason}.") from error
        except _BrokenOffError as error:
            problem, validator = error, error.validator
        except (OSError, http.client.HTTPException) as error:
            problem = error
        else:
            if changed:
                part.replace(target)
            return
    part.unlink(missing_ok=True)
    raise DownloadError(
        f"{url}: not fetched in {ATTEMPTS} attempts: {problem}. Is there a way to the internet from here? "
        "Without one, leave out --download: the data that comes with the app is imported then."
    ) from problem


class _BrokenOffError(OSError):
    def __init__(self, received: int, expected: int, validator: str) -> None:
        super().__init__(f"the connection ended after {received:,} of {expected:,} bytes")
        self.validator = validator


def _receive(url: str, target: Path, part: Path, validator: str, report: Report) -> bool:
    """Receive the rest of a file into `part`; False if the `target` that is there is still the newest."""
    request = urllib.request.Request(url, headers={"User-Agent": "witw import_cities"})  # noqa: S310 (checked above)
    received = part.stat().st_size if part.exists() else 0
    if received and validator:
        request.add_header("Range", f"bytes={received}-")
        request.add_header("If-Range", validator)
    elif target.exists():
        since = email.utils.formatdate(target.stat().st_mtime, usegmt=True)
        request.add_header("If-Modified-Since", since)
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.NOT_MODIFIED:
            return False
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            received = 0
        total = received + int(response.headers.get("Content-Length") or 0)
        with part.open("ab" if received else "wb") as stream:
            while chunk := response.read(CHUNK):
                stream.write(chunk)
                received += len(chunk)
                report(target.name, received, max(total, received))
        if received < total:
            raise _BrokenOffError(received, total, response.headers.get("ETag") or "")
        if changed := email.utils.parsedate_tz(response.headers.get("Last-Modified") or ""):
            stamp = email.utils.mktime_tz(changed)
            os.utime(part, (stamp, stamp))  # for If-Modified-Since
    return True
