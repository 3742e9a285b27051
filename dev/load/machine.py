"""This machine while it is under load: everything of ours, the generator too, runs on it."""

from __future__ import annotations

import os

import psutil

from dev.load.samples import Reading, Source

WINDOW = 0.5
"""Seconds over which the processor is looked at."""


def sources() -> list[Source]:
    """How busy processor and memory are."""
    return [Source("this machine", _read, every=1.0)]


def _read() -> Reading:
    values = {
        # Over a time of its own: what psutil remembers, it remembers for each thread.
        "machine.cpu": psutil.cpu_percent(interval=WINDOW),
        "machine.memory": psutil.virtual_memory().percent,
        "machine.load": os.getloadavg()[0] / (os.cpu_count() or 1) * 100,
    }
    return Reading(values)
