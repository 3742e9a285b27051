"""The namespaces of a cluster of ours, and the passwords and keys in them, made once."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from dev import layers
from dev.target import Target

BYTES = 48
"""Random bytes of a password or key; of a key the app wants 50 characters (app/config/environment.py)."""

DEMO = "witw-demo"

LOOKED_AT = "namespaces,secrets"


def _password() -> str:
    return secrets.token_urlsafe(BYTES)


def wanted(chosen: Iterable[str]) -> dict[tuple[str, str], dict[str, str | tuple[str, str, str]]]:
    """Every Secret by namespace and name: its keys, and of which other Secret a value is a copy."""
    found: dict[tuple[str, str], dict[str, str | tuple[str, str, str]]] = {
        ("witw", "witw-django"): {"secret_key": ""},
        ("witw", DEMO): {"demo_password": ""},
    }
    if "postgres" in set(chosen):
        found["postgres", "postgres"] = {
            "password": "",
            "superuser_password": "",
            "exporter_password": "",
        }
        # The same password, where the app reads it.
        found["witw", "witw-database"] = {"password": ("postgres", "postgres", "password")}
    return found


def ensure(target: Target, chosen: list[str], generate: Callable[[], str] = _password) -> list[str]:
    """Make namespaces and Secrets that are missing; what is there stays as it is.

    Values go to the API server through a pipe: they are in no argument, file or log.

    Returns:
        What was made.
    """
    said = target.run_kubectl("get", LOOKED_AT, "--all-namespaces", "--output=json").stdout
    there = json.loads(said)["items"]
    namespaces = {item["metadata"]["name"] for item in there if item["kind"] == "Namespace"}
    held = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item.get("data") or {}
        for item in there
        if item["kind"] == "Secret"
    }
    values = {
        place: {key: base64.b64decode(text).decode() for key, text in data.items()}
        for place, data in held.items()
        if place in wanted(chosen)
    }
    new: list[dict[str, Any]] = [
        _namespace(layer)
        for layer in {one.namespace: one for one in map(layers.get, [*chosen, "app"])}.values()
        if layer.namespace not in namespaces
    ]
    # Originals come before their copies.
    for place, keys in sorted(wanted(chosen).items(), key=lambda item: any(item[1].values())):
        if all(key in values.get(place, {}) for key in keys):
            continue
        mine = values.setdefault(place, {})
        for key, source in keys.items():
            if key not in mine:
                mine[key] = (
                    values[source[0], source[1]][source[2]] if isinstance(source, tuple) else generate()
                )
        new.append(_secret(*place, mine))
    if new:
        document = {"apiVersion": "v1", "kind": "List", "items": new}
        target.run_kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(document))
    return [f"{item['kind']} {item['metadata']['name']}" for item in new]


def demo_password(target: Target) -> str:
    """The password of the demo people."""
    form = "--output=jsonpath={.data.demo_password}"
    said = target.run_kubectl("--namespace=witw", "get", "secret", DEMO, form).stdout
    return base64.b64decode(said).decode()


def _namespace(layer: layers.Layer) -> dict[str, Any]:
    standard = {"pod-security.kubernetes.io/enforce": layer.security}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": layer.namespace, "labels": standard},
    }


def _secret(namespace: str, name: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "stringData": values,
    }
