"""Puts the app to sleep, or wakes it: whatever a vacation says of the present moment.

Runs in the cluster, at the beginning and at the end of a vacation, and late if the cluster was off then.
So it never goes by why it was started, but by the clock. Standard library only.

Asleep is a ScaledObject with KEDA's annotation for a fixed number of replicas, and with ours, which says
until when; by that the end of a vacation knows what is its own to wake. Meanwhile the vacation's HTTPRoute
hangs at the gateway, so that people are told when to come again.
"""

import datetime as dt
import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PAUSED = "autoscaling.keda.sh/paused-replicas"
UNTIL = "witw/asleep-until"

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
API = "https://kubernetes.default.svc"
TIMEOUT = 20
GONE = 404


class Objects:
    """What this is about, through the API server.

    Args:
        namespace: Where they are.
        scaled_object: What scales the app.
        deployment: The app.
        route: The vacation's HTTPRoute; empty where there is none.
        gateways: What that hangs at meanwhile, as its `parentRefs`.
    """

    def __init__(
        self, namespace: str, scaled_object: str, deployment: str, route: str = "", gateways: str = "[]"
    ) -> None:
        self.scaled_object = f"/apis/keda.sh/v1alpha1/namespaces/{namespace}/scaledobjects/{scaled_object}"
        self.scale = f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}/scale"
        routes = f"/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"
        self.route = f"{routes}/{route}" if route else ""
        self.gateways = json.loads(gateways)

    def get(self, path: str) -> dict[str, Any]:
        """What an object says."""
        return self._ask(urllib.request.Request(API + path))  # noqa: S310 - always https

    def patch(self, path: str, change: dict[str, Any]) -> None:
        """Change a part of an object; None takes a part away."""
        self._ask(
            urllib.request.Request(  # noqa: S310 - always https
                API + path,
                json.dumps(change).encode(),
                {"Content-Type": "application/merge-patch+json"},
                method="PATCH",
            )
        )

    def annotate(self, **annotations: str | None) -> None:
        """Set or remove `paused` and `until`."""
        names = {"paused": PAUSED, "until": UNTIL}
        changed = {names[key]: value for key, value in annotations.items()}
        self.patch(self.scaled_object, {"metadata": {"annotations": changed}})

    def tell_at_the_gateway(self, asleep: bool) -> None:
        """Let the vacation's route be asked, or no longer; somebody may have taken it away."""
        if not self.route:
            return
        try:
            self.patch(self.route, {"spec": {"parentRefs": self.gateways if asleep else None}})
        except urllib.error.HTTPError as error:
            if error.code != GONE:
                raise

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        request.add_header("Authorization", f"Bearer {(ACCOUNT / 'token').read_text()}")
        trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        with urllib.request.urlopen(request, timeout=TIMEOUT, context=trust) as answer:  # noqa: S310
            return dict(json.load(answer))


def rest(objects: Objects, begins: dt.datetime, ends: dt.datetime, now: dt.datetime) -> str:
    """Do what a vacation says of a moment. Returns what was done."""
    found = objects.get(objects.scaled_object)
    annotations = found["metadata"].get("annotations", {})
    until = ends.isoformat()
    if begins <= now < ends:
        if PAUSED in annotations and UNTIL not in annotations:
            return "somebody else has paused it; it stays as it is"
        objects.annotate(paused="0", until=until)
        objects.tell_at_the_gateway(asleep=True)
        return f"asleep until {until}"
    if annotations.get(UNTIL) != until:
        return "not asleep by this vacation; it stays as it is"
    # Ours goes last: what is interrupted here is done again from the beginning.
    objects.annotate(paused=None)
    if not objects.get(objects.scale)["spec"].get("replicas"):
        # KEDA would leave it at none: a trigger that asks the pods themselves fails while there are none.
        objects.patch(objects.scale, {"spec": {"replicas": found["spec"].get("minReplicaCount") or 1}})
    objects.tell_at_the_gateway(asleep=False)
    objects.annotate(until=None)
    return "awake"


if __name__ == "__main__":
    names = ("NAMESPACE", "SCALED_OBJECT", "DEPLOYMENT", "ROUTE", "GATEWAYS")
    there = Objects(*(os.environ[name] for name in names))
    first, last = (dt.datetime.fromisoformat(os.environ[name]) for name in ("BEGINS", "ENDS"))
    print(rest(there, first, last, dt.datetime.now(dt.UTC)))  # noqa: T201 - the log of the pod
