"""Static files before a CDN: how much of the load it keeps away, and what rollouts do to open pages."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dev import host, images
from tests.compose import releases
from tests.compose.containers import docker
from tests.compose.stack import Stack
from tests.compose.visitors import FOREVER, LEAST_HIT_RATIO, NAMED, Visitor, crowd, hit_ratio


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
    stack: Stack, city: Callable[[str], int], tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Three releases: as it is, with a changed line of Python, with a changed style sheet."""
    before, after, changed = Counter[str](), Counter[str](), Counter[str]()
    (ann,) = stack.people(ann=city("Paris"))
    pages = [(stack.browser(), "/login"), (ann, "/"), (stack.operator(), "/internal/admin/login/")]
    context = releases.copy_of_checkout(tmp_path)
    with releases.deployments(stack, tmp_path) as deploy:
        old = crowd(before, *pages)
        with (context / "app/ops/health.py").open("a") as code:
            code.write('\nCHANGED = "by a test"\n')
        deploy(releases.build(context, "python"))
        crowd(after, *pages)
        for visitor in old:  # they have everything already
            visitor.visit(ann, "/")
        assert after["HIT"] == after.total()

        releases.change_styles(context)
        open_page = Visitor("gzip", Counter()).visit(ann, "/")
        deploy(releases.build(context, "style"))
        new_page = Visitor("gzip", changed).visit(ann, "/")
        assert new_page != open_page
        assert changed["MISS"] == len(new_page - open_page)
        crowd(changed, *pages)
        ratio = hit_ratio(before, after, changed)
        tell(
            f"CDN over three releases: {ratio:.1%} of {(before + after + changed).total()} requests were "
            f"hits; after a changed line of Python all {after.total()} were, after changed styles "
            f"{changed['HIT']} of {changed.total()}"
        )
        assert ratio >= LEAST_HIT_RATIO
        # A page that was open through both rollouts finds its files without the cache too.
        with contextlib.closing(stack.browser()) as straight:
            for url in open_page:
                answer = straight.get(httpx.URL(url).path)
                assert answer.status_code == httpx.codes.OK, url
                assert answer.headers["Cache-Control"] == FOREVER


def test_what_the_script_is_told_of_comes_from_the_cdn_as_well(
    stack: Stack, cdn: str, city: Callable[[str], int]
) -> None:
    (ann,) = stack.people(ann=city("Paris"))
    files = Visitor("br", Counter()).visit(ann, "/")
    assert all(url.startswith(f"{cdn}/static/web/") for url in files)
    for name in ("app", "world", "pages", "style"):
        assert any(f"/{name}." in url for url in files), name


def test_pages_allow_the_cdn_and_nothing_else(stack: Stack, cdn: str) -> None:
    policy = stack.browser().get("/login").headers["Content-Security-Policy"]
    assert f"script-src 'self' {cdn};" in policy
    assert "default-src 'none'" in policy


def test_the_cdn_gives_static_files_only_and_to_every_origin(stack: Stack, cdn: str) -> None:
    with httpx.Client(base_url=cdn, trust_env=False) as client:
        for path in ("/", "/login", "/api/users/me", "/internal/admin/login/", "/static/../login"):
            assert client.get(path).status_code == httpx.codes.NOT_FOUND, path
        url = NAMED.findall(stack.browser().get("/login").text)[0]
        assert client.post(url).status_code in {403, 405}
        answer = client.get(url, headers={"Origin": stack.url})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers


def test_what_is_missing_is_asked_for_again(cdn: str) -> None:
    with httpx.Client(base_url=cdn, trust_env=False) as client:
        answers = [client.get("/static/web/new.0123456789ab.js") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.headers["X-Cache"] for answer in answers] == ["MISS", "MISS"]
