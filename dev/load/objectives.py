"""What a run has to reach: bounds on its measures, from a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dev.errors import WitwError
from dev.settings import ROOT

FILE = ROOT / "tests" / "load" / "objectives.yaml"


class Objective(BaseModel):
    """One bound, and where it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    measure: str
    at_most: float | None = None
    at_least: float | None = None
    profiles: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_bound(self) -> Objective:
        if self.at_most is None and self.at_least is None:
            raise ValueError("an objective needs at_most or at_least")
        return self

    @property
    def bound(self) -> str:
        """As a reader takes it."""
        bounds = (("at most", self.at_most), ("at least", self.at_least))
        return " and ".join(f"{word} {value:g}" for word, value in bounds if value is not None)

    def holds(self, profile: str, size: str, target: str) -> bool:
        """Whether it is meant for such a run."""
        pairs = ((self.profiles, profile), (self.sizes, size), (self.targets, target))
        return all(not wanted or value in wanted for wanted, value in pairs)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    objectives: tuple[Objective, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of an objective.

    Args:
        objective: Which.
        value: What was measured; None where the run has no such number.
        passed: Whether it was reached. Not measured is not reached.
    """

    objective: Objective
    value: float | None
    passed: bool


def load(file: Path = FILE) -> tuple[Objective, ...]:
    """The objectives of a file.

    Raises:
        WitwError: It cannot be read, or says what is not understood.
    """
    try:
        return _File.model_validate(yaml.safe_load(file.read_text())).objectives
    except (OSError, yaml.YAMLError) as error:
        raise WitwError(
            f"the objectives in {file} cannot be read: {error}", remedy="correct the file"
        ) from error
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise WitwError(
            f"the objectives in {file} are not understood",
            details="\n".join(problems),
            remedy=f"see {FILE.relative_to(ROOT)} for an example",
        ) from error


def judge(
    wanted: tuple[Objective, ...], measures: Mapping[str, float], *, profile: str, size: str, target: str
) -> list[Verdict]:
    """Hold a run's measures against the objectives that are meant for it."""
    return [_judge(one, measures.get(one.measure)) for one in wanted if one.holds(profile, size, target)]


def _judge(objective: Objective, value: float | None) -> Verdict:
    passed = (
        value is not None
        and (objective.at_most is None or value <= objective.at_most)
        and (objective.at_least is None or value >= objective.at_least)
    )
    return Verdict(objective, value, passed)
