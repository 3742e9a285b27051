"""locust as pods of the target's cluster: a master, which tells us each second, and its workers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import base_image, catalogue_images, cluster_config, images, process, registry, state, waits
from dev.base_image import Say
from dev.console import Stage
from dev.errors import ClusterError, ImageError, ProcessError, WitwError
from dev.load import environment
from dev.load.shapes import Shape
from dev.load.targets import LoadTarget
from dev.settings import ROOT, Settings
from dev.target import Target

NAMESPACE = "load"

IMAGE = ROOT / "dev" / "images" / "load"

CODE = (
    *(f"tests/load/{name}.py" for name in ("locustfile", "crowd", "journeys", "recorder")),
    "dev/load/shapes.py",
)
"""What the pods run, beside locust itself."""

BUILD_TIMEOUT, READY_TIMEOUT = 900.0, 120.0

MASTER_PORT = 5557

END_SECONDS = 120.0

MOST_WORKERS = 20


@dataclass(frozen=True)
class Generator:
    """The pods of one run.

    Args:
        to: Their cluster.
        name: What their objects are called.
        seconds: How long the run takes.
    """

    to: Target
    name: str
    seconds: float

    def run(self, hear: Callable[[str], None]) -> None:
        """Follow the master until it ends.

        Raises:
            ProcessError: It failed, or takes longer than it should.
        """
        command = [str(self.to.kubectl), f"--kubeconfig={self.to.kubeconfig}", f"--context={self.to.context}"]
        words = ["logs", "--follow", f"--namespace={NAMESPACE}", f"pod/{self.name}-master"]
        process.run([*command, *words], timeout=self.seconds + END_SECONDS, on_line=hear)


def check(target: LoadTarget) -> None:
    """Make sure that there can be pods.

    Raises:
        WitwError: The target is in no cluster of this checkout.
    """
    if target.to is None:
        raise WitwError(
            f"--workers puts locust into the target's cluster, and {target.name} is in none",
            remedy="leave --workers out, or bring up a cluster: ./witw up --kind",
        )


@contextmanager
def generator(
    target: LoadTarget, settings: Settings, shape: Shape, workers: int, people: Path, stage: Stage
) -> Iterator[Generator]:
    """A master and its workers, ready; they go at the end, the namespace stays.

    Raises:
        WitwError: The image cannot be built, or the pods do not become ready.
    """
    check(target)
    assert target.to is not None  # noqa: S101 - checked above
    to, name = target.to, f"run-{secrets.token_hex(3)}"
    reference = _push(to, settings, stage.say)
    objects = manifests(
        name, reference, shape, workers, people.read_text(), f"localhost:{to.ours.ports.public}"
    )
    document = {"apiVersion": "v1", "kind": "List", "items": objects}
    try:
        stage.say(f"{workers} workers and their master")
        to.run_kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(document))
        waits.until_ready(to.kube, namespaces=[NAMESPACE], timeout=READY_TIMEOUT, stage=stage)
        yield Generator(to, name, shape.seconds)
    finally:
        kinds = "pod,configmap,secret,service"
        gone = ("--namespace=load", f"--selector=witw/run={name}", "--wait=false")
        to.run_kubectl("delete", kinds, *gone, check=False)


def manifests(
    name: str, image: str, shape: Shape, workers: int, people: str, host: str
) -> list[dict[str, Any]]:
    """The objects of a run: namespace, code, people, the master with its Service, the workers."""
    labels = {"app.kubernetes.io/name": "load", "witw/run": name}

    def made(kind: str, version: str, suffix: str, **rest: Any) -> dict[str, Any]:
        metadata = {"name": f"{name}-{suffix}", "namespace": NAMESPACE, "labels": labels}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}

    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    code = {path.replace("/", "--"): (ROOT / path).read_text() for path in CODE}
    environment = {
        "LOAD_SHAPE": shape.to_json(),
        "LOAD_PEOPLE": "/run/people/people.json",
        "LOAD_RECORD": "1",
        # The app answers to the name that it has outside.
        "LOAD_HOST": host,
        "LOAD_WORKERS": str(workers),
    }
    common = [
        "--locustfile=/load/tests/load/locustfile.py",
        f"--host=http://$(NODE_IP):{cluster_config.PUBLIC_NODE_PORT}",
    ]
    master = [
        *common,
        *("--master", f"--expect-workers={workers}", f"--expect-workers-max-wait={READY_TIMEOUT:.0f}"),
        *("--headless", "--only-summary", "--loglevel=WARNING", "--exit-code-on-error=0"),
        "--stop-timeout=30",
    ]
    worker = [*common, "--worker", f"--master-host={name}-master.{NAMESPACE}", "--loglevel=WARNING"]

    def pod(suffix: str, component: str, arguments: list[str]) -> dict[str, Any]:
        one = made("Pod", "v1", suffix, spec=_pod(name, image, arguments, environment))
        # It goes by itself if nobody is there to take it away.
        one["spec"]["activeDeadlineSeconds"] = round(shape.seconds + 2 * END_SECONDS)
        one["metadata"]["labels"] = {**labels, "app.kubernetes.io/component": component}
        return one

    selector = {**labels, "app.kubernetes.io/component": "master"}
    service = {"clusterIP": "None", "selector": selector, "publishNotReadyAddresses": True}
    return [
        namespace,
        made("ConfigMap", "v1", "code", data=code),
        made("Secret", "v1", "people", stringData={"people.json": people}),
        made("Service", "v1", "master", spec={**service, "ports": [{"name": "locust", "port": MASTER_PORT}]}),
        pod("master", "master", master),
        *(pod(f"worker-{number}", "worker", worker) for number in range(1, workers + 1)),
    ]


def _pod(name: str, image: str, arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    variables: list[dict[str, Any]] = [{"name": key, "value": value} for key, value in environment.items()]
    node = {"name": "NODE_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}
    items = [{"key": path.replace("/", "--"), "path": path} for path in CODE]
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10006,
            "runAsGroup": 10006,
            "fsGroup": 10006,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "locust",
                "image": image,
                "args": arguments,
                "env": [node, *variables],
                "resources": {
                    "requests": {"cpu": "50m", "memory": "96Mi"},
                    "limits": {"memory": "768Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "code", "mountPath": "/load", "readOnly": True},
                    {"name": "people", "mountPath": "/run/people", "readOnly": True},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the pod
                ],
            }
        ],
        "volumes": [
            {"name": "code", "configMap": {"name": f"{name}-code", "items": items}},
            {"name": "people", "secret": {"secretName": f"{name}-people", "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _push(to: Target, settings: Settings, say: Say) -> str:
    """Build the image if its content has changed, and push it; returns its reference by digest."""
    known = to.ours.ports.registry
    there = registry.find(settings)
    if there is None or there.port != known:
        raise ClusterError(
            f"the nodes of {to.ours.name} pull from localhost:{known}, and the registry of the project "
            f"{settings.project} is " + (f"at {there.name}" if there else "not there"),
            remedy=f"./witw up --kind --name {to.ours.name} makes it known to them",
        )
    base, _ = base_image.ensure(settings, say)
    recipe = (IMAGE / "Dockerfile").read_text()
    content = state.digest(base_image.image_id(base) or base, recipe, environment.LOCK.read_text())
    image = f"witw/{IMAGE.name}:{content[:12]}"
    if base_image.image_id(image) is None:
        say(f"building {image}")
        found = images.build_environment(settings, base)
        secrets_of_build = {"ca": found.get("WITW_CA_BUNDLE"), "pip_conf": found.get("WITW_PIP_CONF")}
        try:
            process.run(
                ["docker", "buildx", "build", "--progress=plain", "--load", f"--tag={image}",
                 # By this `down --kind --purge` knows it for ours.
                 f"--label={catalogue_images.LABEL}={content}",
                 f"--build-arg=BASE_IMAGE={base}", f"--build-context=lock={environment.LOCK.parent}",
                 *(f"--secret=id={name},src={file}" for name, file in secrets_of_build.items() if file),
                 str(IMAGE)],
                timeout=BUILD_TIMEOUT,
                on_line=lambda line: say(line.strip()),
            )  # fmt: skip
        except ProcessError as error:
            raise ImageError(
                "the image of the load generator could not be built",
                details=error.tail(30),
                remedy="see the lines above; `./witw doctor` looks at network, proxy and certificates",
            ) from error
    mirror, _ = registry.ensure(settings, say)
    return registry.push(mirror, image, f"{to.ours.name}/load")
