"""Stand-ins for docker, kind and kubectl: they remember in a file what they were told, and answer from it."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Any

DIGEST = "sha256:" + "d" * 64

API_BINDING = {"6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4001"}]}
"""Where every control plane's API server is reached."""


def docker(state: dict[str, Any], arguments: list[str]) -> tuple[int, str]:  # noqa: C901, PLR0911, PLR0912 - a table
    """As much of docker as clusters and registries need."""
    containers, images = state.setdefault("containers", {}), state.setdefault("images", {})
    words = [word for word in arguments if not word.startswith("--")]
    match words:
        case ["ps", *_]:
            label = next(word for word in arguments if word.startswith("--filter=label=")).partition(
                "label="
            )[2]
            found = {
                name: own.partition("=")[2]
                for name, facts in containers.items()
                for own in facts["labels"]
                if own == label or own.startswith(f"{label}=")
            }
            form = any(word.startswith("--format=") for word in arguments)
            return 0, "\n".join(f"{name} {value}" if form else name for name, value in found.items())
        case ["container", "inspect", *names]:
            return inspect(containers, arguments, names)
        case ["image", "inspect", form, name] if form.startswith("{{"):
            return (0, images[name]) if name in images else (1, "")
        case ["image", "inspect", name]:
            return 0, json.dumps([state["facts"][name]])
        case ["pull", name]:
            if name not in state.get("published", []):
                return 1, "no such host"
            images[name] = DIGEST
        case ["buildx", "build", *_]:
            if why := state.get("build fails"):
                return 1, why
            images[arguments[arguments.index("--tag") + 1]] = DIGEST
        case ["image", "ls", *_]:
            return 0, "\n".join(images)
        case ["run", name, *_]:
            port = next(word for word in arguments if word.startswith("--publish=")).split(":")[1]
            labels = [word.removeprefix("--label=") for word in arguments if word.startswith("--label=")]
            containers[name] = {"labels": labels, "running": True, "port": port, "networks": {}}
        case ["start", *_] if state.get("start fails"):
            return 1, "Bind for 127.0.0.1 failed: port is already allocated"
        case ["cp", source, "-"]:
            written = containers[source.partition(":")[0]].get("written")
            return (0, "".join(written)) if written else (1, "no such file")
        case ["start" | "stop" as verb, *names]:
            for name in names:
                containers[name]["running"] = verb == "start"
        case ["pause" | "unpause" as verb, *names]:
            for name in names:
                containers[name]["frozen"] = verb == "pause"
        case ["compose", *_, "stop"]:
            for facts in containers.values():
                if any(label.startswith("com.docker.compose.project=") for label in facts["labels"]):
                    facts["running"] = False
        case ["rm", name]:
            return 0, name if containers.pop(name, None) else ""
        case ["tag", old, new]:
            images[new] = images[old]
        case ["push", name]:
            state.setdefault("pushed", []).append(name)
            return (1, "denied") if state.get("push fails") else (0, f"x: digest: {DIGEST} size: 1")
        case ["image", "rm", name]:
            images.pop(name, None)
        case ["network", "connect", network, name]:
            containers[name]["networks"][network] = {}
        case ["exec", name, *_]:
            if text := sys.stdin.read():
                containers[name].setdefault("written", []).append(text)
    return 0, ""


def inspect(containers: dict[str, Any], arguments: list[str], names: list[str]) -> tuple[int, str]:
    """docker container inspect, in the forms that are asked for."""
    if "{{.State.Running}}" in names:
        return 0, str(containers[names[-1]]["running"]).lower()
    if any("Networks" in name for name in names):
        return 0, json.dumps(containers[names[-1]]["networks"])
    if any(".HostConfig.PortBindings" in name for name in names):
        there = names[-1] in containers
        return (0, json.dumps(API_BINDING)) if there else (1, f"no such container: {names[-1]}")
    if not set(names) <= set(containers):
        return 1, ""
    facts = [
        {
            "Id": name,
            "Name": f"/{name}",
            "State": {
                "Running": containers[name]["running"],
                "Paused": containers[name].get("frozen", False),
            },
            "Config": {"Labels": dict.fromkeys(containers[name]["labels"], "")},
            "HostConfig": {
                "PortBindings": {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": containers[name]["port"]}]},
                "RestartPolicy": {"Name": containers[name].get("restart", "")},
            },
        }
        for name in names
    ]
    return 0, json.dumps(facts)


def kubeconfig(name: str, server: str = "https://127.0.0.1:4001") -> str:
    """The kubeconfig of a cluster, as kind writes it."""
    config = {
        "contexts": [{"name": f"kind-{name}", "context": {"cluster": f"kind-{name}"}}],
        "clusters": [{"name": f"kind-{name}", "cluster": {"server": server}}],
    }
    return json.dumps(config)


def kind(state: dict[str, Any], arguments: list[str]) -> tuple[int, str]:
    """kind create cluster and kind delete cluster."""
    options = dict(zip(arguments[2::2], arguments[3::2], strict=False))
    if arguments[0] == "create":
        sys.path.append(os.environ["STAND_IN_PACKAGES"])
        import yaml

        config = yaml.safe_load(Path(options["--config"]).read_text())
        for number, node in enumerate(config["nodes"]):
            name = f"{config['name']}-{node['role']}{number or ''}"
            label = f"io.x-k8s.kind.cluster={config['name']}"
            state["containers"][name] = {"labels": [label], "running": True, "port": "0", "networks": {}}
        Path(options["--kubeconfig"]).write_text(kubeconfig(config["name"]))
        return (1, "failed to init node with kubeadm") if state.get("kind fails") else (0, "")
    label = f"io.x-k8s.kind.cluster={options['--name']}"
    state["containers"] = {k: v for k, v in state["containers"].items() if label not in v["labels"]}
    return 0, ""


def kubectl(state: dict[str, Any], arguments: list[str]) -> tuple[int, str]:
    """Everything is well, and what is applied is remembered."""
    if "apply" in arguments:
        state.setdefault("applied", []).append(json.loads(sys.stdin.read()))
    return (0, '{"items": []}') if "--output=json" in arguments else (0, "ok")


def k9s(state: dict[str, Any], arguments: list[str]) -> tuple[int, str]:
    """Nobody looks."""
    return 0, ""


def main() -> int:
    """Answer as the program by whose name we were called."""
    name = Path(sys.argv[0]).name
    with Path(os.environ["STAND_IN_STATE"]).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        state = json.load(file)
        state.setdefault("calls", []).append([name, *sys.argv[1:]])
        code, said = {"docker": docker, "kind": kind, "kubectl": kubectl, "k9s": k9s}[name](
            state, sys.argv[1:]
        )
        file.seek(0)
        file.truncate()
        json.dump(state, file)
    print(said, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
