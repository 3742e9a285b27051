"""Schemas to hold manifests against, without a cluster: Kubernetes' own and those of the custom kinds we use.

kubernetes-validate brings Kubernetes' as files. The custom kinds' stand in the Go modules of their projects;
each is pinned by the checksum that the go command verifies and we compare.
"""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from dev import process, state
from dev.tools import golang

BUILT_IN = Path(str(resources.files("kubernetes_validate"))) / "kubernetes-json-schema"
LOCATION = "{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"
CUSTOM_LOCATION = "{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
OLDEST = (1, 31)
"""The oldest Kubernetes that the chart is for (Chart.yaml's kubeVersion)."""


@dataclass(frozen=True)
class Source:
    """A Go module with CustomResourceDefinitions in it."""

    module: str
    version: str
    checksum: str
    files: tuple[str, ...]


CUSTOM = [
    Source(
        "sigs.k8s.io/gateway-api",
        "v1.4.1",
        "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8=",
        ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
    ),
    Source(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ),
    ),
]


class Loader(yaml.CSafeLoader):
    """Reads a plain `=`, which one definition lists among its operators (PyYAML issue 89)."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def versions() -> list[str]:
    """Every Kubernetes from the oldest on that there are schemas of: 1.31.0, ..."""
    found = (re.fullmatch(r"v((\d+)\.(\d+)\.\d+)-local-strict", path.name) for path in BUILT_IN.iterdir())
    known = sorted((int(match[2]), int(match[3]), match[1]) for match in found if match)
    return [name for major, minor, name in known if (major, minor) >= OLDEST]


def write_built_in(folder: Path, kinds: set[str]) -> None:
    """Write Kubernetes' schemas of some kinds for every version, at LOCATION below `folder`.

    Their own names for themselves are addresses; without those a validator has no reason to ask the network.
    """
    for version in versions():
        source, target = BUILT_IN / f"v{version}-local-strict", folder / f"v{version}"
        target.mkdir()
        for path in source.glob("*.json"):
            if path.stem == "_definitions" or path.stem.partition("-")[0] in kinds:
                schema = json.loads(path.read_text())
                schema.pop("$id", None)
                text = json.dumps(schema).replace('"/api/_definitions.json#', '"_definitions.json#')
                (target / path.name).write_text(text)


def write_custom(folder: Path, cache: Path) -> None:
    """Write the custom kinds' schemas, at CUSTOM_LOCATION below `folder`."""
    for source in CUSTOM:
        module = fetch(source, cache)
        for file in source.files:
            definition = yaml.load((module / file).read_text(), Loader)  # noqa: S506  (a safe loader's child)
            for name, schema in of_definition(definition):
                (folder / f"{name}.json").write_text(json.dumps(schema))


def fetch(source: Source, cache: Path) -> Path:
    """The files of a source, kept in the cache; a bundle carries them to machines without network."""
    kept = cache / "tools" / f"definitions-{state.digest(source.checksum, *source.files)[:16]}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".new-") as name:
            module, aside = _download(source, cache), Path(name) / "files"
            for file in source.files:
                (aside / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(module / file, aside / file)
            with contextlib.suppress(OSError):  # another worker was quicker
                aside.rename(kept)
    return kept


def _download(source: Source, cache: Path) -> Path:
    done = process.run(
        [str(golang.toolchain(cache)), "mod", "download", "-json", f"{source.module}@{source.version}"],
        timeout=300,
        cwd=cache,
        env={"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"},
    )
    said = json.loads(done.stdout)
    assert said["Sum"] == source.checksum, (
        f"{source.module}@{source.version} is not what it was: {said['Sum']}"
    )
    return Path(said["Dir"])


def of_definition(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas in a CustomResourceDefinition, strict, with the name of each for CUSTOM_LOCATION."""
    kind = definition["spec"]["names"]["kind"].lower()
    for version in definition["spec"]["versions"]:
        yield f"{kind}_{version['name']}", _strict(version["schema"]["openAPIV3Schema"])


def _strict(schema: Any) -> Any:
    """Refuse fields that the definition does not know: a cluster drops them without a word."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        strict.pop("type", None)
    if str(strict.get("format")) in {"int32", "int64", "date-time", "duration", "double"}:
        strict.pop("format")
    return strict
