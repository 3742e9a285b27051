"""This machine while it is under load: everything of ours, the generator too, runs on it."""

from __future__ import annotations

import os

import psutil

from dev.load.samples import Reading, Source


def sources() -> list[Source]:
    """How busy processor and memory are."""
    psutil.cpu_percent(interval=0.1)  # it tells what has been since it was last asked
    return [Source("this machine", _read, every=1.0)]


def _read() -> Reading:
    values = {
        "machine.cpu": psutil.cpu_percent(),
        "machine.memory": psutil.virtual_memory().percent,
        "machine.load": os.getloadavg()[0] / (os.cpu_count() or 1) * 100,
    }
    return Reading(values)
