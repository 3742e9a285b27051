"""What scales is itself disturbed: KEDA ends, its metrics are gone, the app is upgraded meanwhile."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dev import helmfile, settings
from dev.load import measures
from dev.load.shapes import Shape
from tests.e2e.stack import is_ready, until
from tests.load.conftest import Load
from tests.load.scaled import KEDA, Scaled, meanwhile

LOAD = Shape("soak", "users", ((0, 20), (80, 20)))
DURING_UPGRADE = Shape("soak", "users", ((0, 30), (60, 30)))


def end_keda(scaled: Scaled) -> None:
    """End KEDA's operator at once, and wait for the next one."""
    where = ("--namespace=autoscaling", f"--selector={KEDA}")
    scaled.to.run_kubectl("delete", "pod", *where, "--force", "--grace-period=0")

    def back() -> bool:
        pods = scaled.to.kube.list("Pod", "autoscaling", label_selector=KEDA)
        return bool(pods) and all(map(is_ready, pods))

    until("KEDA's operator being back", back, 60)


@contextlib.contextmanager
def no_metrics(scaled: Scaled) -> Iterator[None]:
    """Let nobody find the metrics of the app's pods."""

    def select(track: str) -> None:
        patch = f'{{"spec": {{"selector": {{"track": {track}}}}}}}'
        scaled.stack.kubectl("patch", "service", "witw-metrics", "--type=merge", f"--patch={patch}")

    select('"gone"')
    try:
        yield
    finally:
        select("null")


def disturb(scaled: Scaled) -> None:
    """First KEDA, then what it asks."""
    end_keda(scaled)
    with no_metrics(scaled):
        until("KEDA's falling back", lambda: scaled.conditions.get("Fallback"), 60)
        until("as many pods as without metrics", lambda: len(scaled.stack.pods()) >= scaled.fallback, 30)


def test_the_app_keeps_serving_without_keda_and_without_metrics(
    scaled: Scaled, load: Load, tell: Callable[[str], None]
) -> None:
    # By the queue alone, which this load is too little for: who adds pods is the fallback.
    with scaled.only("metrics-api"):
        with meanwhile(disturb, scaled, after=8):
            done = load(LOAD)
        found = measures.of(done)
        tell(f"without KEDA and metrics: {found['replicas.most_ready']:.0f} pods, no request failed")
        assert found["replicas.most_ready"] >= scaled.fallback
        assert min(done.samples.values("replicas.desired")) >= scaled.least
        until("metrics that are read again", lambda: not scaled.conditions.get("Fallback"), 60)


def test_an_upgrade_does_not_take_back_what_the_autoscaler_has_decided(
    scaled: Scaled, load: Load, tmp_path: Path
) -> None:
    mark = tmp_path / "mark.yaml"
    mark.write_text("deploymentAnnotations: {witw/upgraded: while-scaled-out}\n")
    chosen, least = settings.load(), scaled.least

    def upgrade() -> set[int]:
        """The numbers of pods that were wanted from before to after."""
        wanted: set[int] = set()
        until("the scale-out", lambda: scaled.wanted == least + 2, 30)
        for files in ((mark,), ()):
            runner = helmfile.get(scaled.to, "local", chosen, files)
            with meanwhile(runner.sync, ["witw"]) as upgraded:
                while not upgraded.done():
                    wanted.add(scaled.wanted)
                    time.sleep(0.3)
            wanted.add(scaled.wanted)
            annotations = scaled.stack.deployment()["metadata"]["annotations"]
            assert ("witw/upgraded" in annotations) is bool(files)
        return wanted

    with scaled.changed(minReplicaCount=least + 2), meanwhile(upgrade, after=5) as upgraded:
        done = load(DURING_UPGRADE)
    assert min(upgraded.result()) >= least + 2
    assert min(done.samples.values("replicas.desired")) >= least
