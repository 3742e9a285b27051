"""Static files before a CDN: how much of the load it keeps away, and what rollouts do to open pages."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from dev import host, images
from tests.compose import releases
from tests.compose.containers import docker
from tests.compose.stack import Stack

LEAST_HIT_RATIO = 0.95
VISITORS = 40
# As Chrome and Firefox, Safari, an old proxy and a script send it.
ENCODINGS = ("gzip, deflate, br, zstd", "br, gzip, deflate", "gzip, deflate", "gzip;q=1.0, br;q=0.9")
LINK = re.compile(r'(?:href|src)="(http[^"]+/static/[^"]+)"')
URL_IN_STYLE = re.compile(r"""url\(["']?([^"')]+)["']?\)""")


@dataclass
class Browser:
    """Loads pages with all that they need, and keeps what it may keep."""

    stack: Stack
    encoding: str
    seen: Counter[str]
    kept: set[str] = field(default_factory=set)

    def visit(self, base: str, path: str) -> set[str]:
        """Open a page; returns the addresses of its static files."""
        headers = {"Accept-Encoding": self.encoding}
        with httpx.Client(headers=headers, trust_env=False, timeout=30) as client:
            page = client.get(base + path)
            assert page.status_code == httpx.codes.OK, page.text
            files = set(LINK.findall(page.text))
            for url in sorted(files):
                self.load(client, url)
        return files

    def load(self, client: httpx.Client, url: str) -> None:
        """Get one file, and if it is a style sheet what it names, unless it is kept."""
        if url in self.kept:
            return
        answer = client.get(url)
        assert answer.status_code == httpx.codes.OK, f"{url}: {answer.status_code}"
        assert "immutable" in answer.headers["Cache-Control"], url
        self.seen[answer.headers["X-Cache"]] += 1
        self.kept.add(url)
        if "text/css" in answer.headers["Content-Type"]:
            for name in URL_IN_STYLE.findall(answer.text):
                if not name.startswith(("data:", "#")):
                    self.load(client, str(httpx.URL(url).join(name)))


def crowd(stack: Stack, seen: Counter[str]) -> list[Browser]:
    """New visitors of the login page and of the admin's."""
    browsers = [Browser(stack, ENCODINGS[number % len(ENCODINGS)], seen) for number in range(VISITORS)]
    for browser in browsers:
        browser.visit(stack.url, "/login")
        browser.visit(stack.internal_url, "/internal/admin/login/")
    return browsers


def _without_cache(stack: Stack) -> None:
    stack.compose("rm", "--stop", "--force", "cdn")
    docker("volume", "rm", "--force", f"{stack.project}_cdn-cache")


@pytest.fixture(scope="module")
def cdn(stack: Stack) -> Iterator[str]:
    """The stack with its CDN, named in the app's pages; returns where that is."""
    port = host.free_port("127.0.0.1", stack.internal_port)
    address = f"http://localhost:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPOSE_PROFILES", "cdn")
        patch.setenv("WITW_CDN_PORT", str(port))
        patch.setenv("WITW_STATIC_URL", f"{address}/static/")
        compose = releases.chosen_compose(COMPOSE_PROFILES="cdn")
        images.build(compose, compose.env["WITW_BASE_IMAGE"] or "", lambda _: None, only="cdn")
        # It begins with nothing: what an earlier run left would be hits that nobody paid for.
        _without_cache(stack)
        stack.compose("up", "--detach", "--wait", "--no-build")
        yield address
        _without_cache(stack)
    stack.compose("up", "--detach", "--wait", "--no-build")


@pytest.mark.usefixtures("cdn")
def test_rollouts_leave_the_cache_warm_and_open_pages_whole(
    stack: Stack, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Three releases: as it is, with a changed line of Python, with a changed style sheet."""
    before, after, changed = Counter[str](), Counter[str](), Counter[str]()
    context = releases.copy_of_checkout(tmp_path)
    with releases.deployments(stack, tmp_path) as deploy:
        old = crowd(stack, before)
        with (context / "app/ops/health.py").open("a") as code:
            code.write('\nCHANGED = "by a test"\n')
        deploy(releases.build(context, "python"))
        crowd(stack, after)
        for browser in old:  # they have everything already
            browser.visit(stack.url, "/login")
        ratio = (before["HIT"] + after["HIT"]) / (before.total() + after.total())
        tell(
            f"CDN over two deployments: {ratio:.1%} of {before.total() + after.total()} requests were hits; "
            f"after the second one {after['HIT']} of {after.total()}"
        )
        assert ratio >= LEAST_HIT_RATIO
        assert after["HIT"] == after.total()

        for style in sorted((context / "app").glob("*/static/**/*.css")):
            style.write_text(style.read_text() + "\nbody { --changed: 1 }\n")
        open_page = Browser(stack, "gzip", Counter()).visit(stack.url, "/login")
        deploy(releases.build(context, "style"))
        new_page = Browser(stack, "gzip", changed).visit(stack.url, "/login")
        assert new_page != open_page
        assert changed["MISS"] == len(new_page - open_page)
        # A page that was open through both rollouts finds its files without the cache too.
        with contextlib.closing(stack.browser()) as straight:
            for url in open_page:
                answer = straight.get(httpx.URL(url).path)
                assert answer.status_code == httpx.codes.OK, url
                assert answer.headers["Cache-Control"] == "max-age=31536000, public, immutable"


def test_pages_allow_the_cdn_and_nothing_else(stack: Stack, cdn: str) -> None:
    policy = stack.browser().get("/login").headers["Content-Security-Policy"]
    assert f"script-src 'self' {cdn};" in policy
    assert "default-src 'none'" in policy


def test_the_cdn_gives_static_files_only_and_to_every_origin(stack: Stack, cdn: str) -> None:
    with httpx.Client(base_url=cdn, trust_env=False) as client:
        for path in ("/", "/login", "/api/users/me", "/internal/admin/login/", "/static/../login"):
            assert client.get(path).status_code == httpx.codes.NOT_FOUND, path
        url = next(iter(LINK.findall(stack.browser().get("/login").text)))
        assert client.post(url).status_code in {403, 405}
        answer = client.get(url, headers={"Origin": stack.url})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers


def test_what_is_missing_is_asked_for_again(cdn: str) -> None:
    with httpx.Client(base_url=cdn, trust_env=False) as client:
        answers = [client.get("/static/web/new.0123456789ab.js") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.headers["X-Cache"] for answer in answers] == ["MISS", "MISS"]
