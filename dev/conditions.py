"""The conditions in the status of an object of Kubernetes: Ready, Complete, Failed, ..."""

from __future__ import annotations

from dev.kube import Object


def find(item: Object, name: str) -> Object:
    """The condition of that type; empty while nobody has written it."""
    listed = item.get("status", {}).get("conditions") or []
    return next((one for one in listed if one["type"] == name), {})


def hold(item: Object, name: str) -> bool:
    """Whether the condition of that type is true."""
    return bool(find(item, name).get("status") == "True")
