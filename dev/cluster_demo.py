"""The demo people and trips in a cluster of ours."""

from __future__ import annotations

import json

from dev import cluster_secrets, console, state
from dev.errors import ClusterError, ProcessError
from dev.target import Target

TIMEOUT = 120.0

APP = ("--namespace=witw", "exec", "deployment/witw", "--")


def bring(to: Target, report: console.Report) -> str:
    """Bring the demo data, once for each database and version of the app; returns the people's password.

    Raises:
        ClusterError: The app could not bring it.
    """
    with report.stage("demo data") as stage:
        facts, stamp = _facts(to), to.ours.folder / "demo.json"
        if stamp.exists() and stamp.read_text() == facts:
            stage.unchanged("people and trips are there")
        else:
            try:
                to.run_kubectl(*APP, "python", "manage.py", "seed_demo", timeout=TIMEOUT)
            except ProcessError as error:
                raise ClusterError(
                    "the app is up, but the demo data could not be brought",
                    details=error.tail(),
                    remedy="see the lines above; `./witw up --kind --no-demo` leaves it out",
                ) from error
            state.write(stamp, facts)
            stage.say("people and trips are there")
        return cluster_secrets.demo_password(to)


def _facts(to: Target) -> str:
    """What the data depends on: the volume that holds it, and the app's image."""
    volumes = [one["metadata"]["uid"] for one in to.kube.list("PersistentVolumeClaim", "postgres")]
    apps = [one for one in to.kube.list("Deployment", "witw") if one["metadata"]["name"] == "witw"]
    images = [one["spec"]["template"]["spec"]["containers"][0]["image"] for one in apps]
    return json.dumps({"volumes": sorted(volumes), "images": images})
