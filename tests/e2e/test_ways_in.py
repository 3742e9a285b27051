"""The two ways in: what people reach, and what only operators do. How paths are spelt: test_gateway.py."""

import secrets

import httpx
import pytest

from dev import process
from tests.e2e.own import Own
from tests.e2e.stack import Stack
from tests.people_kit import LOGIN_TOKEN


@pytest.mark.parametrize("path", ["live", "ready", "startup"])
def test_operators_reach_the_probes(internal: httpx.Client, path: str) -> None:
    assert internal.get(f"/internal/health/{path}").status_code == httpx.codes.OK


def test_operators_reach_the_schema(internal: httpx.Client) -> None:
    answer = internal.get("/internal/schema")
    assert answer.status_code == httpx.codes.OK
    assert "openapi" in answer.text


def test_people_are_not_served_by_the_internal_side(internal: httpx.Client) -> None:
    assert internal.get("/api/users/me").status_code == httpx.codes.NOT_FOUND


def test_the_internal_side_is_bound_to_this_machine(stack: Stack) -> None:
    bound = process.run(["docker", "port", stack.to.ours.control_plane, "30081/tcp"]).stdout.split()
    assert bound == [f"127.0.0.1:{stack.to.ours.ports.internal}"]


def test_nothing_but_the_gateways_and_the_api_server_is_published(stack: Stack) -> None:
    published = process.run(["docker", "port", stack.to.ours.control_plane]).stdout.splitlines()
    assert {line.split("/")[0] for line in published} == {"30080", "30081", "6443"}


def test_the_admin_works_for_operators(stack: Stack, internal: httpx.Client) -> None:
    email, password = f"root.{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
    make = (
        "from people.models import Team, User; "
        f"User.objects.create_superuser(email={email!r}, password={password!r}, first_name='Root', "
        "team=Team.objects.create(name='Root'))"
    )
    stack.manage("shell", "--no-imports", "-c", make)
    browser = stack.operator()
    browser.follow_redirects = True
    page = browser.get("/internal/admin/")
    token = LOGIN_TOKEN.search(page.text)
    assert token, page.text
    form = {"csrfmiddlewaretoken": token[1], "username": email, "password": password}
    assert browser.post(page.url, data=form).status_code == httpx.codes.OK
    listed = browser.get("/internal/admin/people/user/", params={"q": email})
    assert listed.status_code == httpx.codes.OK
    assert email in listed.text


def test_the_admin_is_closed_to_people(public: httpx.Client) -> None:
    for path in ("/internal/admin/", "/internal/admin/login/", "/admin/"):
        answer = public.get(path)
        assert answer.status_code in {302, 404}, path
        assert "internal" not in answer.headers.get("Location", "")


def test_metrics_are_on_no_way_in(public: httpx.Client, internal: httpx.Client) -> None:
    assert public.get("/internal/metrics").status_code == httpx.codes.NOT_FOUND
    assert "python_info" not in internal.get("/internal/metrics").text


def test_the_app_answers_to_no_name_that_is_not_its_own(public: httpx.Client) -> None:
    answer = public.get("/login", headers={"Host": "evil.example.com"})
    assert answer.status_code == httpx.codes.BAD_REQUEST


def test_a_host_name_leads_to_its_own_release(own: Own, stack: Stack) -> None:
    (ann,) = own.people(ann=None)
    assert ann.get("/api/users/me").json()["email"] == ann.email
    (bob,) = stack.people(bob=None)
    assert bob.get("/api/users/me").json()["email"] == bob.email
    with own.browser() as stranger:
        stranger.cookies.update(dict(bob.cookies))
        assert stranger.get("/api/users/me").status_code == httpx.codes.FORBIDDEN
