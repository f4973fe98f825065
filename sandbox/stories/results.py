"""How a file of cases came out, and the report of many: JSON for each, then the count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TextIO


class Result(StrEnum):
    """How a file came out."""

    EQUAL = "equal"
    DIFFERENT = "different"
    WITHOUT_EXPECT = "without expect"


class Reported(Protocol):
    """What became of a file."""

    @property
    def result(self) -> Result:
        """In one word."""

    def as_json(self) -> Mapping[str, Any]:
        """For people and programs."""


def result_of(differences: Sequence[str], *, is_compared: bool) -> Result:
    """The result of a file with these differences. `is_compared`: it says what is right."""
    if differences:
        return Result.DIFFERENT
    return Result.EQUAL if is_compared else Result.WITHOUT_EXPECT


def nearest(wrong: Sequence[list[str]]) -> list[str]:
    """Of several allowed outcomes, what is wrong with the one that the fewest things are wrong with."""
    place = min(range(len(wrong)), key=lambda number: len(wrong[number]))
    if len(wrong) == 1 or not wrong[place]:
        return wrong[place]
    return [f"(outcome {place + 1} of {len(wrong)}) {difference}" for difference in wrong[place]]


def report(outcomes: Iterable[Reported], out: TextIO) -> int:
    """Print JSON per file and the count; 1 where anything differs, or where there is no file."""
    counted = dict.fromkeys(Result, 0)
    for outcome in outcomes:
        counted[outcome.result] += 1
        out.write(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1, default=_plain) + "\n")
        out.flush()
    equal, different, without = (counted[result] for result in Result)
    out.write(f"{equal} equal, {different} different, {without} without expect\n")
    return 1 if different or not sum(counted.values()) else 0


def _plain(value: object) -> object:
    """Amounts as numbers with their decimals; they are exact to the öre."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
