"""The table of what may be overlooked, and whether a rule of it covers a difference."""

from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from sandbox.fidelity.comparing import Difference

_FILE = Path(__file__).with_name("tolerances.yaml")


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    reason: str


class ReplayRule(_Rule):
    """Covers differences between a recorded answer and the emulator's."""

    kind: tuple[Literal["status", "header", "missing", "extra", "type", "value"], ...]
    at: tuple[str, ...]
    before: date | None = None
    values: Literal["null-or-empty"] | None = None

    def covers(self, difference: Difference, moment: datetime) -> bool:
        """Tell whether the rule explains a difference."""
        return (
            difference.kind in self.kind
            and any(fnmatchcase(difference.place, place) for place in self.at)
            and (self.before is None or moment.date() < self.before)
            and (self.values is None or {difference.recorded, difference.answered} == {None, ""})
        )


class DescriptionRule(_Rule):
    """Covers differences between traffic and the description; lists hold alternatives, an absent one covers all."""

    side: Literal["request", "answer"] | None = None
    calls: tuple[str, ...] = ("*",)
    kind: tuple[str, ...] = ("*",)
    at: tuple[str, ...] = ("*",)
    values: Literal["null", "empty", "text", "number"] | None = None

    def covers(self, side: str, call: str, kind: str, place: str, value: Any) -> bool:  # noqa: ANN401  any JSON
        """Tell whether the rule explains a difference."""
        return (
            self.side in {None, side}
            and any(fnmatchcase(call, one) for one in self.calls)
            and any(fnmatchcase(kind, one) for one in self.kind)
            and any(fnmatchcase(place, one) for one in self.at)
            and (self.values is None or self.values in _kinds_of(value))
        )


class BeyondRule(_Rule):
    """Covers calls that the description leaves out."""

    calls: tuple[str, ...]


class Tolerances(BaseModel):
    """The whole table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    replay: tuple[ReplayRule, ...]
    description: tuple[DescriptionRule, ...]
    beyond: tuple[BeyondRule, ...]


@cache
def load_tolerances() -> Tolerances:
    """Read the table; it is part of the program."""
    return Tolerances.model_validate(yaml.safe_load(_FILE.read_text("utf-8")))


def _kinds_of(value: Any) -> set[str]:  # noqa: ANN401  any JSON
    if value is None:
        return {"null"}
    if isinstance(value, str):
        return {"text"} if value else {"text", "empty"}
    return set() if isinstance(value, (bool, dict, list)) else {"number"}
