"""How many users, or arrivals per second, at which moment of a run.

Standard library only: locust reads this too, on this machine and in pods.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["users", "arrivals"]
"""Users wait for an answer and think before they go on; arrivals come at their rate, whatever is answered."""

Points = tuple[tuple[float, float], ...]

PROFILES: Mapping[str, Points] = {
    # Sudden, held, gone: what an autoscaler has to follow in both directions.
    "spike": ((0, 0.1), (0.2, 0.1), (0.2, 1), (0.6, 1), (0.6, 0.1), (1, 0.1)),
    "ramp": ((0, 0.05), (0.7, 1), (0.85, 1), (1, 0.05)),
    "soak": ((0, 1), (1, 1)),
    "step": ((0, 0.25), (0.25, 0.25), (0.25, 0.5), (0.5, 0.5), (0.5, 0.75), (0.75, 0.75), (0.75, 1), (1, 1)),
}
"""Corners of each profile: share of the time, share of the peak; straight lines in between."""

SIZES: Mapping[str, Mapping[str, tuple[int, float]]] = {
    "small": {"spike": (30, 60), "ramp": (30, 60), "soak": (15, 90), "step": (30, 60)},
    "medium": {"spike": (150, 300), "ramp": (200, 420), "soak": (60, 1800), "step": (200, 480)},
    "large": {"spike": (600, 600), "ramp": (800, 900), "soak": (200, 7200), "step": (800, 1200)},
}
"""Peak (users, or arrivals per second) and seconds of each profile; `small` is for CI."""

MOST_PEAK = 2_000
MOST_SECONDS = 4 * 3600.0
"""No run is bigger or longer than this."""


@dataclass(frozen=True)
class Shape:
    """One run's users, or arrivals per second, over its time.

    Args:
        profile: What it is called.
        kind: Whether its numbers are users or arrivals per second.
        points: Seconds since the beginning and the number then, in the order of time.
    """

    profile: str
    kind: Kind
    points: Points

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.points[-1][0]

    @property
    def peak(self) -> int:
        """The most at any moment."""
        return math.ceil(max(number for _, number in self.points))

    def at(self, second: float) -> int | None:
        """The number at a moment; None when the run is over. At a sudden change it is the later number."""
        if second >= self.seconds:
            return None
        after = next(place for place, point in enumerate(self.points) if point[0] > second)
        (begin, low), (end, high) = self.points[max(after - 1, 0)], self.points[after]
        if end <= begin:
            return round(high)
        return round(low + (high - low) * max(second - begin, 0) / (end - begin))

    def to_json(self) -> str:
        """As text, for a locust that is started elsewhere."""
        return json.dumps({"profile": self.profile, "kind": self.kind, "points": self.points})

    @classmethod
    def from_json(cls, text: str) -> Shape:
        """From what `to_json` made; ValueError when it is something else."""
        loaded: dict[str, Any] = json.loads(text)
        points = tuple((float(second), float(number)) for second, number in loaded["points"])
        return cls(str(loaded["profile"]), loaded["kind"], points)


def make(
    profile: str,
    size: str = "medium",
    *,
    kind: Kind = "users",
    peak: int | None = None,
    seconds: float | None = None,
) -> Shape:
    """A profile in a size, or with a peak and a time of one's own.

    Raises:
        KeyError: There is no such profile or size.
        ValueError: The peak or the time is out of bounds.
    """
    corners = PROFILES[profile]
    usual_peak, usual_seconds = SIZES[size][profile]
    peak, seconds = peak or usual_peak, seconds or usual_seconds
    if not 1 <= peak <= MOST_PEAK:
        raise ValueError(f"a peak of {peak:,} is outside 1 to {MOST_PEAK:,}")
    if not 5 <= seconds <= MOST_SECONDS:
        raise ValueError(f"{seconds:,g} seconds are outside 5 to {MOST_SECONDS:,g}")
    points = tuple((share * seconds, max(1.0, round(part * peak))) for share, part in corners)
    return Shape(profile, kind, points)


def parse(text: str) -> Shape:
    """A shape from what LOAD_SHAPE says: a profile, `profile:size`, or what `to_json` made.

    Raises:
        ValueError: It is none of these; the message says what there is.
    """
    if text.lstrip().startswith("{"):
        return Shape.from_json(text)
    profile, _, size = text.partition(":")
    size = size or "medium"
    if profile not in PROFILES or size not in SIZES:
        raise ValueError(
            f"LOAD_SHAPE={text}: the profiles are {', '.join(PROFILES)}, the sizes {', '.join(SIZES)} "
            "(for example spike:small)"
        )
    return make(profile, size)
