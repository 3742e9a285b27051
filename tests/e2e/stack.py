"""The app in a cluster, seen from outside: where it is, who uses it, what runs of it."""

import base64
import contextlib
import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from dev import conditions
from dev.target import Target
from tests import people_kit
from tests.people_kit import Person

WEB = "app.kubernetes.io/component=web,track=stable"
"""Labels of the app's own pods, without those of its Jobs and tests."""

LONGEST_PAUSE = 3.0
"""Seconds between two looks at what is waited for."""

Values = dict[str, Any]


class Loopback(httpx.HTTPTransport):
    """The way to this machine, whatever host is asked for: NAME.localhost is not known to every resolver."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # A copy: cookies belong to the host that was asked for.
        there = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(there)


def until(what: str, holds: Callable[[], object], seconds: float = 60) -> float:
    """Wait for something; returns the seconds that it took.

    Raises:
        AssertionError: It does not come true in time.
    """
    began = asked = time.monotonic()
    while not holds():
        now = time.monotonic()
        assert now - began < seconds, f"{what}: not within {seconds:g} s"
        # Where all is slow it shall not be the questions that make it so.
        time.sleep(min(max(0.2, 2 * (now - asked)), LONGEST_PAUSE))
        asked = time.monotonic()
    return time.monotonic() - began


@dataclass(frozen=True)
class Revision:
    """What Helm has noted of one revision of a release."""

    number: int
    status: str
    description: str
    values: Values


@dataclass(frozen=True)
class Stack:
    """One release of the app.

    Args:
        to: The cluster.
        namespace: Where the app is; its release is `witw`.
        database: The namespace of PostgreSQL and pgpool.
        host: The name by which both gateways know it.
    """

    to: Target
    namespace: str = "witw"
    database: str = "postgres"
    host: str = "localhost"
    browsers: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, compare=False, repr=False)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.to.ours.ports.public}"

    @property
    def internal_url(self) -> str:
        return f"http://{self.host}:{self.to.ours.ports.internal}"

    @property
    def namespaces(self) -> list[str]:
        return [self.namespace, self.database]

    def browser(self) -> httpx.Client:
        """Somebody who is not logged in, at the public gateway."""
        return self._client(self.url)

    def operator(self) -> httpx.Client:
        """Somebody at the internal gateway."""
        return self._client(self.internal_url)

    def people(self, **homes: int | None) -> list[Person]:
        """A new team of people, each with a home city (or None), logged in already."""
        made = people_kit.make(self.manage, self.url, homes, transport=Loopback)
        return [self.browsers.enter_context(person) for person in made]

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl in the app's namespace; returns what it prints."""
        said = self.to.run_kubectl(
            f"--namespace={self.namespace}", *arguments, stdin=stdin, timeout=120, check=check
        )
        return said.stdout if check else said.stdout + said.stderr

    def execute(self, *command: str) -> str:
        """Run a command in a pod of the app."""
        where = ("exec", "deployment/witw", "--container=app", f"--namespace={self.namespace}", "--")
        return self.to.run_kubectl(*where, *command, timeout=120).stdout

    def manage(self, *arguments: str) -> str:
        """Run manage.py in a pod of the app."""
        return self.execute("python", "manage.py", *arguments)

    def passwords(self) -> list[str]:
        """All that is secret of the app, from the files in which it finds it."""
        return self.execute("sh", "-c", "for file in /run/secrets/app/*; do cat $file; echo; done").split()

    def sql(self, statement: str) -> str:
        """Ask the database as its superuser; returns the rows as text."""
        command = ("psql", "--username=postgres", "--dbname=witw", "--no-align", "--tuples-only")
        where = ("exec", "postgres-0", "--container=postgres", f"--namespace={self.database}", "--")
        return self.to.run_kubectl(*where, *command, f"--command={statement}").stdout.strip()

    def helm(self, *arguments: str, check: bool = True) -> str:
        """Run Helm in the app's namespace; returns what it prints."""
        said = self.to.run_helm(*arguments, f"--namespace={self.namespace}", timeout=180, check=check)
        return said.stdout if check else said.stdout + said.stderr

    def list(self, kind: str, label_selector: str = "") -> list[dict[str, Any]]:
        """Objects of the app's namespace."""
        return self.to.kube.list(kind, self.namespace, label_selector=label_selector)

    def pods(self) -> dict[str, dict[str, Any]]:
        """The app's pods that are not going away, by name."""
        found = self.list("Pod", WEB)
        return {pod["metadata"]["name"]: pod for pod in found if "deletionTimestamp" not in pod["metadata"]}

    def newest(self) -> Revision:
        """The newest revision of the release."""
        return newest_of(self.to, "witw", self.namespace)

    def deployment(self) -> dict[str, Any]:
        """The app's Deployment."""
        (found,) = self.list("Deployment", WEB)
        return found

    @contextlib.contextmanager
    def scaled_to_zero(self, kind: str, name: str) -> Iterator[None]:
        """Take all pods of something in the database's namespace away, and bring them back afterwards."""
        found = self.to.kube.get(kind, name, self.database)
        replicas = found.spec.replicas
        labels = ",".join(f"{key}={value}" for key, value in found.spec.selector.matchLabels.items())

        def pods() -> list[dict[str, Any]]:
            return self.to.kube.list("Pod", self.database, label_selector=labels)

        found.patch({"spec": {"replicas": 0}})
        try:
            until(f"{name} being away", lambda: not pods(), 120)
            yield
        finally:
            found.patch({"spec": {"replicas": replicas}})
            until(f"{name} being back", lambda: sum(map(is_ready, pods())) == replicas, 120)

    def _client(self, url: str) -> httpx.Client:
        client = httpx.Client(base_url=url, timeout=30, trust_env=False, transport=Loopback())
        self.browsers.callback(client.close)
        return client


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod gets requests."""
    return conditions.hold(pod, "Ready")


def find_newest(to: Target, name: str, namespace: str) -> Revision | None:
    """The newest revision of a release, if there is one.

    Read where Helm keeps it, a Secret for each revision: the tests ask some hundred times, and Helm would be
    started twice for each.
    """
    kept = to.kube.list("Secret", namespace, label_selector=f"owner=helm,name={name}")
    if not kept:
        return None
    last = max(kept, key=lambda one: int(one["metadata"]["labels"]["version"]))
    record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(last["data"]["release"]))))
    info = record["info"]
    return Revision(record["version"], info["status"], info["description"], record.get("config") or {})


def newest_of(to: Target, name: str, namespace: str) -> Revision:
    """The newest revision of a release.

    Raises:
        AssertionError: It is not there.
    """
    found = find_newest(to, name, namespace)
    assert found is not None, f"no release {name} in {namespace}"
    return found
