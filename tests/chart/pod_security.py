"""The Pod Security standard *restricted*.

As https://kubernetes.io/docs/concepts/security/pod-security-standards/ words it.
"""

from collections.abc import Iterator
from typing import Any

VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
    "secret",
}  # fmt: skip
SECCOMP = {"RuntimeDefault", "Localhost"}


def violations(pod: dict[str, Any]) -> list[str]:
    """What the standard forbids in a pod's `spec`."""
    return [*_of_the_pod(pod), *(found for one in containers(pod) for found in _of_a_container(one, pod))]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """All containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"], *pod.get("ephemeralContainers", [])]


def _of_the_pod(pod: dict[str, Any]) -> Iterator[str]:
    context = pod.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield name
    for volume in pod.get("volumes", []):
        if forbidden := set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']}: {forbidden}"
    if context.get("sysctls"):
        yield "sysctls"
    if context.get("runAsUser") == 0:
        yield "runAsUser 0"


def _of_a_container(container: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    context = container.get("securityContext", {})
    whole = pod.get("securityContext", {}) | context
    capabilities = context.get("capabilities", {})
    probes = [container.get(f"{kind}Probe", {}) for kind in ("startup", "liveness", "readiness")]
    allowed = {
        "privileged": not context.get("privileged"),
        "procMount": context.get("procMount", "Default") == "Default",
        "allowPrivilegeEscalation": context.get("allowPrivilegeEscalation") is False,
        "runAsNonRoot": whole.get("runAsNonRoot") is True,
        "runAsUser 0": whole.get("runAsUser") != 0,
        "seccompProfile": whole.get("seccompProfile", {}).get("type") in SECCOMP,
        "capabilities.drop": "ALL" in capabilities.get("drop", []),
        "capabilities.add": set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
        "hostPort": not any(port.get("hostPort") for port in container.get("ports", [])),
        "probe to another host": not any("host" in probe.get("httpGet", {}) for probe in probes),
    }
    yield from (f"{container['name']}: {rule}" for rule, kept in allowed.items() if not kept)
