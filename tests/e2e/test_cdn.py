"""A CDN before a release's static files: what rollouts in the cluster do to its cache and to open pages."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dev import images, process, registry
from dev.registry import Registry
from dev.settings import ROOT
from tests.compose import releases
from tests.compose.visitors import FOREVER, LEAST_HIT_RATIO, Visitor, crowd, hit_ratio
from tests.e2e.own import Own
from tests.e2e.stack import WEB, until

pytestmark = pytest.mark.long


def push(own: Own, image: str, name: str) -> str:
    """Push an image to where the cluster's own came from; returns its digest."""
    host: str = own.base["image"]["registry"]
    there = Registry(f"the registry at {host}", int(host.rpartition(":")[2]))
    return registry.push(there, image, f"{own.to.ours.name}/{name}").partition("@")[2]


@pytest.fixture
def cdn(own: Own) -> Iterator[None]:
    """The layer `cdn` once more, for this worker's release; it begins with nothing kept."""
    compose = releases.chosen_compose(COMPOSE_PROFILES="cdn")
    images.build(compose, compose.env["WITW_BASE_IMAGE"] or "", lambda _: None, only="cdn")
    image = compose.config()["services"]["cdn"]["image"]
    host, cluster = own.base["image"]["registry"], own.to.ours.name
    values = {
        "image": f"{host}/{cluster}/cdn@{push(own, image, 'cdn')}",
        "origin": f"witw.{own.namespace}.svc.cluster.local:80",
        "originHost": own.host,
        "hostnames": [own.host],
    }
    try:
        own.apply("cdn", own.namespace, ROOT / "dev" / "platform" / "cdn", values)
        missing = "/static/web/no.0123456789ab.css"
        until("a way through the CDN", lambda: "X-Cache" in own.browser().get(missing).headers)
        yield
    finally:
        own.helm("uninstall", "cdn", "--ignore-not-found", "--wait")


def pods_there(own: Own) -> set[str]:
    """The app's pods, also those that are going away."""
    return {pod["metadata"]["name"] for pod in own.list("Pod", WEB)}


@pytest.fixture
def restyled(own: Own, tmp_path: Path) -> Iterator[str]:
    """The digest of a release of the app with other style sheets."""
    context = releases.copy_of_checkout(tmp_path)
    releases.change_styles(context)
    image = releases.build(context, "restyled")
    try:
        yield push(own, image, "app")
    finally:
        process.run(["docker", "image", "rm", image], check=False)


@pytest.mark.usefixtures("cdn")
def test_rollouts_leave_the_cache_warm_and_open_pages_whole(
    own: Own, city: Callable[[str], int], restyled: str, tell: Callable[[str], None]
) -> None:
    """Three releases: as it is, with new pods of the same files, with changed style sheets."""
    before, after, changed = Counter[str](), Counter[str](), Counter[str]()
    (ann,) = own.people(ann=city("Paris"))
    crowd(before, (ann, "/"))
    own.upgrade(config={"LOG_LEVEL": "DEBUG"})
    crowd(after, (ann, "/"))
    assert after["HIT"] == after.total()

    open_page = Visitor("br", after).visit(ann, "/")
    old_pods = pods_there(own)
    own.upgrade(image={"digest": restyled})
    # One that is going away serves until the gateway has let go of it.
    until("the old pods being gone", lambda: not pods_there(own) & old_pods, 90)
    new_page = Visitor("br", changed).visit(ann, "/")
    assert new_page != open_page
    crowd(changed, (ann, "/"))
    ratio, requests = hit_ratio(before, after, changed), (before + after + changed).total()
    tell(f"CDN over three releases in the cluster: {ratio:.1%} of {requests} requests were hits")
    assert ratio >= LEAST_HIT_RATIO

    # The pods themselves, which the internal gateway leads to, still have what an open page asks for.
    straight = own.operator()
    for url in sorted(open_page):
        answer = straight.get(httpx.URL(url).path)
        assert answer.status_code == httpx.codes.OK, url
        assert answer.headers["Cache-Control"] == FOREVER, url
        assert "X-Cache" not in answer.headers
