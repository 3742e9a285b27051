"""The pages that the gateway shows in place of the app: plain, and allowed by their own policy."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from dev.settings import ROOT

GATEWAY = ROOT / "dev/images/gateway"
PAGES = sorted((GATEWAY / "pages").iterdir())


def hash_of_style(page: Path) -> str:
    """Its style as a Content-Security-Policy names it."""
    (style,) = re.findall(r"<style>(.*?)</style>", page.read_text(), re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_style_is_the_one_that_the_policy_allows(page: Path) -> None:
    policy = re.search(r'value: "(default-src .*)"', (GATEWAY / "envoy.yaml").read_text())
    assert policy
    assert f"style-src {hash_of_style(page)};" in policy[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_needs_nothing_from_anywhere(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<script|\bsrc=|url\(|https?:|\bstyle=|\bon[a-z]+=", text)
    assert "%" not in text  # Envoy would take it for the beginning of a variable
    assert f"/etc/envoy/pages/{page.name}" in (GATEWAY / "envoy.yaml").read_text()
