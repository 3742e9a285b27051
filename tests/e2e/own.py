"""A release of the app with a database of its own, which tests may change and break."""

import copy
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dev import deploy, release, waits
from dev.console import Stage
from dev.errors import ClusterError, ProcessError
from dev.release import Release
from dev.settings import ROOT
from dev.target import Target
from tests.e2e.stack import Stack, Values, find_newest, newest_of, until

CHART = ROOT / "chart"
DATABASE_CHART = ROOT / "dev" / "platform" / "postgres"

READY_SECONDS = 240
HELM_SECONDS = 300

SMALL = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"memory": "512Mi"}}
"""Several stacks share two cores, and the scheduler goes by what is asked for."""

ENDLESS: Values = {"migrations": {"args": ["shell", "--no-imports", "-c", "import time; time.sleep(600)"]}}
"""A migration that does not end by itself."""


@dataclass(frozen=True)
class Helm:
    """What `dev.deploy` needs of helmfile: Helm, for one release with its values in a file."""

    target: Target
    release: Release

    def sync(self, only: Iterable[str]) -> None:
        """Install or upgrade the release.

        Without Helm's own look at every object's fields, more than half of the processor's time of an
        upgrade: the API server refuses what it does not know, and `./witw up` and `deploy` do look.
        """
        item = self.release
        self.target.run_helm(
            *("upgrade", "--install", item.name, str(item.chart), f"--namespace={item.namespace}"),
            "--disable-openapi-validation",
            *(f"--values={file}" for file in item.values),
            timeout=HELM_SECONDS,
        )


@dataclass(frozen=True)
class Own(Stack):
    """A stack in two namespaces of its own, `NAME` and `NAME-db`, reached as NAME.localhost.

    Args:
        folder: Where its values files are kept.
    """

    folder: Path = field(default=Path(), kw_only=True)
    _base_state: list[Any] = field(default_factory=list, compare=False, repr=False, kw_only=True)

    @classmethod
    def named(cls, shared: Stack, name: str, folder: Path) -> "Own":
        """One that is not there yet."""
        return cls(shared.to, name, f"{name}-db", f"{name}.localhost", folder=folder)

    def create(self, shared: Stack) -> None:
        """Install database and app as the shared stack has them, but small, in namespaces that are new."""
        self.delete()
        self._make_namespaces()
        database = newest_of(shared.to, "postgres", shared.database).values
        self.apply("postgres", self.database, DATABASE_CHART, _small_database(database))
        self.write("base", self._small_app(shared.newest().values))
        self.upgrade()
        until("a way through the gateway", lambda: self.browser().get("/login").status_code == 200)
        self._note_state()

    def delete(self) -> None:
        """Remove both namespaces with all that is in them."""
        names = [self.namespace, self.database]
        self.to.run_kubectl("delete", "namespace", "--ignore-not-found", *names, timeout=180)

    @property
    def base(self) -> Values:
        """The values that the release has between tests."""
        loaded: Values = yaml.safe_load((self.folder / "base.yaml").read_text())
        return loaded

    def write(self, name: str, values: Values) -> Path:
        """A values file."""
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(values, sort_keys=False))
        return file

    def upgrade(self, **changes: Any) -> None:
        """Bring the release to its base values with some changes, and wait until all is ready.

        Raises:
            ClusterError: As `./witw deploy` would fail: values, a hook or pods; the cause is named.
        """
        self.apply("witw", self.namespace, CHART, merged(self.base, changes))

    def apply(self, name: str, namespace: str, chart: Path, values: Values) -> None:
        """Install or upgrade a release the way that `./witw deploy` does, and wait until it is ready."""
        item = Release(name, namespace, chart, "app", (self.write(f"{namespace}-{name}", values),))
        release.remove_jobs(self.to, [item], failed=True)
        deploy.apply(Helm(self.to, item), [item], Stage("releases"))  # type: ignore[arg-type]
        waits.until_ready(self.to.kube, namespaces=[namespace], timeout=READY_SECONDS, stage=Stage("ready"))

    def put_back(self) -> None:
        """Bring the release back to its base values, if anything was changed since it last had them."""
        if self._state() != self._base_state:
            self.upgrade()
            self._note_state()

    def _note_state(self) -> None:
        self._base_state[:] = self._state()

    def _state(self) -> list[Any]:
        """What a later test may rely on. A test that ends with the base values has put them back itself."""
        last = find_newest(self.to, "witw", self.namespace)
        stands = (last.status, last.values) if last else None
        return [stands, *(one["spec"] for one in self.list("Deployment"))]

    def _make_namespaces(self) -> None:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        password, owner = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        items = [
            {"kind": "Namespace", "metadata": {"name": name, "labels": labels}} for name in self.namespaces
        ]
        items += [
            _secret(self.database, "postgres", password=password, superuser_password=owner),
            _secret(self.namespace, "witw-database", password=password),
            _secret(self.namespace, "witw-django", secret_key=secrets.token_urlsafe(60)),
            _secret(self.namespace, "witw-demo", demo_password=secrets.token_urlsafe(20)),
        ]
        document = {
            "apiVersion": "v1",
            "kind": "List",
            "items": [{"apiVersion": "v1", **one} for one in items],
        }
        self.to.run_kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(document))

    def _small_app(self, values: Values) -> Values:
        changes: Values = {
            # What an update does to one pod it does to each. Where several matter, a test says so.
            "replicas": 1,
            "config": {"BASE_URL": self.url},
            "database": {
                "host": f"pgpool.{self.database}.svc",
                "primary": {"host": f"postgres.{self.database}.svc"},
            },
            "httpRoute": {"hostnames": [self.host], "internal": {"hostnames": [self.host]}},
            "resources": SMALL,
            "migrations": {"resources": SMALL},
            "tests": {"resources": SMALL},
        }
        return merged(values, changes)


def merged(values: Values, changes: Values) -> Values:
    """Values with changes laid over them, map by map, as Helm lays one file over another."""
    result = copy.deepcopy(values)
    for name, change in changes.items():
        both = isinstance(change, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], change) if both else copy.deepcopy(change)
    return result


def cause_of(failure: ClusterError | ProcessError) -> str:
    """All that a failure says."""
    return f"{failure.message}\n{failure.details}"


def _small_database(values: Values) -> Values:
    return merged(
        values,
        {
            # Each look is a process or two: with five databases, a tenth of the machine.
            "postgres": {"resources": SMALL, "readinessSeconds": 15},
            # Two are for the loss of one, which the shared stack is there to show.
            "pgpool": {"replicas": 1, "resources": {"requests": {"cpu": "10m"}}},
            "persistence": {"whenDeleted": "Delete", "size": "1Gi"},
            "exporters": {"enabled": False},
            "secret": {"exporterPasswordKey": ""},
        },
    )


def _secret(namespace: str, name: str, **values: str) -> dict[str, Any]:
    return {"kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": values}
