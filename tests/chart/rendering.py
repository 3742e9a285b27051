"""`helm template` as a function: values in, objects out, or the refusal that a person would read."""

import functools
import subprocess
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dev.settings import ROOT

CHART = ROOT / "chart"
EXAMPLES = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE = "witw"
NAMESPACE = "travel"

Values = Mapping[str, Any]
Object = dict[str, Any]

MINIMAL: Values = {
    "config": {"BASE_URL": "https://witw.example.com"},
    "database": {"host": "pgpool.database.svc"},
    "secrets": {"django": {"name": "witw"}, "database": {"name": "witw-database"}},
}


class RefusedError(Exception):
    """Helm has not rendered the chart; its text is what Helm said."""


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes takes it: a key that stands twice in a map is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"twice: {sorted(twice)}", node.start_mark)
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Manifests:
    """What one rendering gave."""

    text: str
    objects: list[Object]

    def all(self, kind: str) -> list[Object]:
        """Every object of a kind."""
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str, name: str | None = None) -> Object:
        """The only object of a kind, or the one of that name."""
        found = [one for one in self.all(kind) if name in {None, one["metadata"]["name"]}]
        names = [one["metadata"]["name"] for one in self.all(kind)]
        assert len(found) == 1, f"{kind} {name or ''}: there are {names or 'none'}"
        return found[0]

    def names(self) -> set[tuple[str, str]]:
        """Kind and name of every object."""
        return {(one["kind"], one["metadata"]["name"]) for one in self.objects}

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Every pod that may run, with the object that it comes from: (`Deployment/witw`, pod)."""
        for one in self.objects:
            label = f"{one['kind']}/{one['metadata']['name']}"
            match one["kind"]:
                case "Pod":
                    yield label, one
                case "Deployment" | "Job":
                    yield label, one["spec"]["template"]
                case "CronJob":
                    yield label, one["spec"]["jobTemplate"]["spec"]["template"]

    @property
    def pod(self) -> Object:
        """The app's pod."""
        template: Object = self.one("Deployment", RELEASE)["spec"]["template"]
        return template

    @property
    def app(self) -> Object:
        """The app's container."""
        (container,) = [one for one in self.pod["spec"]["containers"] if one["name"] == "app"]
        return dict(container)

    @property
    def environment(self) -> dict[str, str]:
        """The app's settings as its ConfigMap has them."""
        return dict(self.one("ConfigMap", RELEASE)["data"])

    @property
    def job(self) -> Object:
        """The Job that migrates."""
        (job,) = self.all("Job")
        return job


def run(command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of the tools, which end within seconds."""
    return subprocess.run(command, input=stdin, check=False, capture_output=True, text=True, timeout=60)


@dataclass(frozen=True)
class Chart:
    """A chart, to be rendered with a given Helm; the app's unless another is named."""

    helm: Path
    folder: Path = CHART
    release: str = RELEASE
    namespace: str = NAMESPACE
    minimal: Values = field(default_factory=lambda: MINIMAL, hash=False)

    def render(
        self, *values: Values | Path | str, upgrade: bool = False, release: str | None = None
    ) -> Manifests:
        """Render with values on top of the minimal ones; a file or a text stands alone.

        Raises:
            RefusedError: Helm says no.
        """
        files, stdin = ["-f", "-"], ""
        match values:
            case (Path() as path,):
                files = ["-f", str(path)]
            case (str() as text,):
                stdin = text
            case _:
                stdin = yaml.safe_dump(merged(self.minimal, *values))  # type: ignore[arg-type]
        text = self._template(
            release or self.release, *files, *(["--is-upgrade"] if upgrade else []), stdin=stdin
        )
        return Manifests(text, [one for one in yaml.load_all(text, Loader) if one])

    @functools.cache  # noqa: B019  (few charts per run, and many tests render the same)
    def _template(self, release: str, *options: str, stdin: str) -> str:
        command = [str(self.helm), "template", release, str(self.folder), "--namespace", self.namespace]
        done = run([*command, "--kube-version", "1.36.0", *options], stdin)
        if done.returncode:
            raise RefusedError(done.stderr)
        return done.stdout

    def refusal(self, *values: Values | str) -> str:
        """Why Helm does not render these values."""
        try:
            self.render(*values)
        except RefusedError as refused:
            return str(refused)
        raise AssertionError("Helm renders it")


def merged(*layers: Values) -> dict[str, Any]:
    """Values as Helm lays them over one another: maps are merged, everything else is replaced."""
    whole: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(whole.get(key), Mapping)
            whole[key] = merged(whole[key], value) if both else value
    return whole


def at(path: str, value: Any) -> dict[str, Any]:
    """Values with one value in its place.

    >>> at("database.pool.sessions", 40)
    {'database': {'pool': {'sessions': 40}}}
    """
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)


def defaults() -> dict[str, Any]:
    """The chart's own values."""
    return dict(yaml.safe_load((CHART / "values.yaml").read_text()))
