"""No pinned release has a known vulnerability."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from dev.settings import ROOT
from dev.tools import advisories
from dev.tools.advisories import KNOWN_BAD, KNOWN_BAD_NEWEST, Pin

LOCKS = [ROOT / "app" / "requirements.txt", ROOT / "dev" / "requirements.txt"]
"""What runs in production and on an engineer's machine."""


def test_no_pinned_release_has_a_known_vulnerability(tell: Callable[[str], None]) -> None:
    pins = advisories.pins(*LOCKS)

    audit = advisories.audit(pins)

    tell(str(audit))
    assert not audit.vulnerable, str(audit)
    assert audit.checked + len(audit.superseded) + len(audit.unknown) == len(pins)
    # Releases go on appearing: a pin that has become the second newest is told of, and others' work goes on.
    assert len(audit.unknown) <= 0.1 * len(pins), f"too little is known about what is pinned:\n{audit}"


def test_a_vulnerable_pin_is_found() -> None:
    audit = advisories.audit([KNOWN_BAD, KNOWN_BAD_NEWEST])

    assert KNOWN_BAD_NEWEST in audit.vulnerable


def test_a_withdrawn_release_is_found_on_the_project_pages() -> None:
    withdrawn = Pin("attrs", "21.1.0")

    assert withdrawn in advisories._ask_project_pages([withdrawn]).vulnerable


@pytest.mark.parametrize(
    ("statuses", "asked", "known"),
    [
        ([0, 200], 2, True),
        ([503, 200], 2, True),
        ([429, 200], 2, True),
        ([503, 503, 503], 3, False),
        ([404, 200], 1, False),
    ],
    ids=["no answer", "away for a moment", "too many at once", "away", "no such page"],
)
def test_a_page_that_did_not_come_is_asked_for_again(
    statuses: list[int], asked: int, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advisories, "PAUSES", (0, 0))
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if not statuses[len(requests) - 1]:
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(statuses[len(requests) - 1], json={})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        page = advisories._project_page(client, KNOWN_BAD)
    assert (len(requests), page is not None) == (asked, known)


def test_pins_are_read_with_their_markers(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "cffi==2.1.1 ; platform_python_implementation != 'Other' \\\n"
        "    --hash=sha256:00\n"
        "    # via cryptography\n"
        "pywin32==312 ; sys_platform == 'win32'\n"
    )

    assert advisories.pins(file) == [Pin("cffi", "2.1.1")]
