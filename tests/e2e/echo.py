"""A server that repeats what it was sent, behind the same routes and policies as the app."""

import json
from typing import Any

from tests.e2e.stack import Stack

SERVER = """
import json, time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

asked = Counter()

class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        asked[f"{self.command} {path}"] += 1
        if path.endswith("/breaks-off"):
            self.close_connection = True
            return
        if path.endswith("/slow"):
            time.sleep(15)
        seen = {"path": self.path, "headers": self.headers.items(), "sent": len(sent), "asked": asked}
        body = json.dumps(seen | {"padding": "x" * 2000}).encode()
        self.send_response(503 if path.endswith("/unavailable") else 200)
        self.send_header("Content-Type", "text/html" if path.endswith("/page") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

# The gateway asks on the app's metrics port whether a pod is there.
Thread(target=ThreadingHTTPServer(("", 8001), Echo).serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 8000), Echo).serve_forever()
"""

COPIED = ("httproutefilters.gateway.envoyproxy.io", "httproutes", "backendtrafficpolicies")


def create(app: Stack, namespace: str) -> Stack:
    """Make the server and a copy of the app's routes, filters and policies, under a host name of its own."""
    host = f"{namespace}.localhost"
    found = json.loads(app.kubectl("get", ",".join(COPIED), "--output=json"))["items"]
    routing = [_copy(one, host) for one in found]
    assert {one["kind"] for one in routing} == {"HTTPRoute", "HTTPRouteFilter", "BackendTrafficPolicy"}
    image = next(iter(app.pods().values()))["spec"]["containers"][0]["image"]
    app.to.run_kubectl("create", "namespace", namespace)
    echo = Stack(app.to, namespace, app.database, host, app.browsers)
    objects = [*_server(image), *routing]
    echo.kubectl(
        "apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    )
    echo.kubectl("rollout", "status", "deployment/witw", "--timeout=100s")
    return echo


def _copy(one: dict[str, Any], host: str) -> dict[str, Any]:
    spec = one["spec"] | ({"hostnames": [host]} if one["kind"] == "HTTPRoute" else {})
    return {key: one[key] for key in ("apiVersion", "kind")} | {
        "metadata": {"name": one["metadata"]["name"]},
        "spec": spec,
    }


def _server(image: str) -> list[dict[str, Any]]:
    """One pod, so that what it was asked can be counted, and a Service by the app's name."""
    labels = {"app": "echo"}
    container = {
        "name": "app",
        "image": image,
        "command": ["python", "-c", SERVER],
        "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "witw"},
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8000}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "witw"},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod},
        },
    ]
