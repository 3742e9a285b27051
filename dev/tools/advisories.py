"""Compares pinned requirements with the published security advisories.

pip-audit asks PyPI's advisory service about every pinned release. Some networks reach a package index but
not that service (mirrors carry no pages for single releases); pip-audit then finds nothing and is content.
So it is first asked about a release that is known to be vulnerable. Where that is not found, the second
source is taken: the index's page of each project, which lists the advisories against its *newest* release,
and the releases that were withdrawn. Of pins that are older than the newest it says no more than that they
were not withdrawn: they are named, for the locks to be made anew.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from packaging.markers import Marker

from dev import process
from dev.errors import HostError

AUDIT_SECONDS = 300
REQUEST_SECONDS = 30
CONNECTIONS = 4

PAUSES = (1.0, 4.0)
"""Seconds before a page that did not come is asked for again."""

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?")


@dataclass(frozen=True, order=True)
class Pin:
    """One release that a requirements file asks for."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


KNOWN_BAD = Pin("django", "3.2.0")
"""Has dozens of advisories: an advisory service that does not know it knows nothing."""

KNOWN_BAD_NEWEST = Pin("pycrypto", "2.6.1")
"""The last release of an abandoned project, with advisories against it: the same for the projects' pages."""


@dataclass
class Audit:
    """What was found out about a set of pins."""

    source: str
    vulnerable: dict[Pin, list[str]] = field(default_factory=dict)
    superseded: list[Pin] = field(default_factory=list)
    """Not withdrawn, and no more is said of them, because there is a newer release."""
    unknown: list[Pin] = field(default_factory=list)
    """Of these the source knows nothing, or it did not answer."""
    checked: int = 0

    def __str__(self) -> str:
        lines = [f"{self.checked} pinned releases looked up in {self.source}"]
        lines += [f"  vulnerable: {pin} ({', '.join(ids)})" for pin, ids in sorted(self.vulnerable.items())]
        for what, named in (
            ("not withdrawn, but there are newer releases (./witw lock --upgrade)", self.superseded),
            ("nothing is said there about these releases", self.unknown),
        ):
            if named:
                lines.append(f"  {what}: {', '.join(map(str, sorted(named)))}")
        return "\n".join(lines)


def pins(*files: Path) -> list[Pin]:
    """The releases in requirements files, without those that another system or Python would install."""
    found = set()
    for line in "\n".join(file.read_text() for file in files).splitlines():
        if (match := _PIN.match(line)) and (
            not match["marker"] or Marker(match["marker"].strip()).evaluate()
        ):
            found.add(Pin(match["name"].lower(), match["version"]))
    return sorted(found)


def audit(wanted: Iterable[Pin]) -> Audit:
    """Look every pin up in the best source that answers.

    Raises:
        HostError: No source of advisories can be reached, or those that can know nothing.
    """
    wanted = list(wanted)
    if _ask_service([KNOWN_BAD]).vulnerable:
        return _ask_service(wanted)
    if _ask_project_pages([KNOWN_BAD_NEWEST]).vulnerable:
        return _ask_project_pages(wanted)
    raise HostError(
        "no source of security advisories knows a release that is certainly vulnerable",
        remedy="let this machine reach PyPI's JSON interface, or audit on one that does",
    )


def _ask_service(wanted: list[Pin]) -> Audit:
    """What pip-audit learns; releases that it cannot look up are unknown, not sound."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text("".join(f"{pin}\n" for pin in wanted))
        command = [
            sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner=off",
            "--format=json", f"--requirement={requirements}",
        ]  # fmt: skip
        result = process.run(command, timeout=AUDIT_SECONDS, check=False)
    try:
        answers: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except ValueError:
        answers = []  # the service cannot be reached at all
    found = Audit("PyPI's advisory service (pip-audit)")
    for answer in answers:
        if "skip_reason" in answer:
            continue
        found.checked += 1
        if ids := [item["id"] for item in answer["vulns"]]:
            found.vulnerable[Pin(answer["name"], answer["version"])] = ids
    known = {answer["name"] for answer in answers if "skip_reason" not in answer}
    found.unknown = [pin for pin in wanted if pin.name not in known]
    return found


def _ask_project_pages(wanted: list[Pin]) -> Audit:
    """What the index's page of each project says of its newest release, and whether ours was withdrawn."""
    found = Audit("the index's project pages (its advisory service does not answer here)")
    with (
        httpx.Client(timeout=REQUEST_SECONDS, follow_redirects=True) as client,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        for pin, page in zip(wanted, pool.map(lambda pin: _project_page(client, pin), wanted), strict=True):
            if page is None:
                found.unknown.append(pin)
                continue
            files = page["releases"].get(pin.version, [])
            withdrawn = [
                f"withdrawn: {file['yanked_reason'] or 'no reason given'}" for file in files if file["yanked"]
            ]
            problems = withdrawn[:1]
            if page["info"]["version"] == pin.version:
                problems += [item["id"] for item in page["vulnerabilities"] if not item.get("withdrawn")]
            elif not problems:
                (found.superseded if files else found.unknown).append(pin)
                continue
            found.checked += 1
            if problems:
                found.vulnerable[pin] = problems
    return found


def _project_page(client: httpx.Client, pin: Pin) -> dict[str, Any] | None:
    # pip knows where the index is; a mirror named in its configuration serves /simple, not these pages.
    from pip._internal.models.index import PyPI  # noqa: PLC0415  (pip comes with pip-audit, for tests only)

    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        try:
            answer = client.get(f"{PyPI.pypi_url}/{pin.name}/json").raise_for_status()
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
        except httpx.HTTPError:
            continue
        else:
            page: dict[str, Any] = answer.json()
            return page
    return None
