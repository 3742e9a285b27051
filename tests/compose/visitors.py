"""Visitors of the pages: they load what a browser would, and keep what it may keep."""

import re
from collections import Counter
from dataclasses import dataclass, field

import httpx

LEAST_HIT_RATIO = 0.95
VISITORS = 40
# As Chrome and Firefox, Safari, an old proxy and a script send it.
ENCODINGS = ("gzip, deflate, br, zstd", "br, gzip, deflate", "gzip, deflate", "gzip;q=1.0, br;q=0.9")
FOREVER = "max-age=31536000, public, immutable"
# Whatever the attribute: a style, a script, an icon, a preload, the map that the script is told of.
NAMED = re.compile(r'="([^"]*/static/[^"]+)"')
URL_IN_STYLE = re.compile(r"""url\(["']?([^"')]+)["']?\)""")

Page = tuple[httpx.Client, str]
"""Who looks, and at which path."""


@dataclass
class Visitor:
    """Loads pages with all that they need, and counts what the CDN said of each file: HIT, MISS, ..."""

    encoding: str
    seen: Counter[str]
    kept: set[str] = field(default_factory=set)

    def visit(self, client: httpx.Client, path: str) -> set[str]:
        """Open a page; returns the addresses of all its static files, in style sheets too."""
        page = client.get(path)
        assert page.status_code == httpx.codes.OK, f"{path}: {page.status_code} {page.text}"
        named = {str(page.url.join(name)) for name in NAMED.findall(page.text)}
        return named.union(*(self._load(client, url) for url in sorted(named)))

    def _load(self, client: httpx.Client, url: str) -> set[str]:
        """Get a file, unless it is kept, and if it is a style sheet what it names; returns what that was."""
        if url in self.kept:
            return set()
        answer = client.get(url, headers={"Accept-Encoding": self.encoding})
        assert answer.status_code == httpx.codes.OK, f"{url}: {answer.status_code}"
        assert answer.headers["Cache-Control"] == FOREVER, url
        self.seen[answer.headers["X-Cache"]] += 1
        self.kept.add(url)
        if "text/css" not in answer.headers["Content-Type"]:
            return set()
        names = [name for name in URL_IN_STYLE.findall(answer.text) if not name.startswith(("data:", "#"))]
        inner = {str(httpx.URL(url).join(name)) for name in names}
        return inner.union(*(self._load(client, one) for one in sorted(inner)))


def crowd(seen: Counter[str], *pages: Page) -> list[Visitor]:
    """New visitors of these pages, one after another, each with nothing kept."""
    visitors = [Visitor(ENCODINGS[number % len(ENCODINGS)], seen) for number in range(VISITORS)]
    for visitor in visitors:
        for client, path in pages:
            visitor.visit(client, path)
    return visitors


def hit_ratio(*crowds: Counter[str]) -> float:
    """The part of all requests that the CDN answered by itself."""
    seen = sum(crowds, Counter[str]())
    return seen["HIT"] / seen.total()
