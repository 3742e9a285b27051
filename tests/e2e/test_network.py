"""The fence around the app's pods, where the cluster's network enforces one."""

import httpx
import pytest

from dev import doctor, settings
from dev.doctor import Level
from tests.e2e.own import Own

REACH = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=5)
except urllib.error.HTTPError:
    print("reached")
except OSError as error:
    print("refused", error)
else:
    print("reached")
"""


@pytest.fixture(autouse=True)
def _enforced() -> None:
    found = doctor.network_policies(settings.load())
    if found.level is not Level.OK:
        pytest.skip(found.found)


def test_only_the_gateway_reaches_a_fenced_app(own: Own) -> None:
    """Asked from a pod of the shared release, which is a stranger to this one."""
    own.upgrade(
        networkPolicy={
            "enabled": True,
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}],
        }
    )
    assert own.browser().get("/login").status_code == httpx.codes.OK
    url = f"http://witw.{own.namespace}.svc/login"
    where = ("exec", "deployment/witw", "--container=app", "--namespace=witw", "--")
    assert own.to.run_kubectl(*where, "python", "-c", REACH, url).stdout.startswith("refused")
