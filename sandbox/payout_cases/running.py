"""Runs settlement files: for each its outcome as JSON, then the count. A broken file is one difference."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from sandbox.payout_cases.comparing import differences
from sandbox.payout_cases.mapping import MapNotSayableError
from sandbox.payout_cases.observing import Observation
from sandbox.payout_cases.playing import play
from sandbox.payout_cases.reading import BrokenCaseError, Case, files_of, read_case
from sandbox.stories.running import Result
from sandbox.stories.stage import Stage, set_stage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    file: str
    differences: tuple[str, ...] = ()
    observed: Observation | None = None
    is_compared: bool = True

    @property
    def result(self) -> Result:
        """In one word."""
        if self.differences:
            return Result.DIFFERENT
        return Result.EQUAL if self.is_compared else Result.WITHOUT_EXPECT

    def as_json(self) -> Json:
        """For people and programs."""
        told: Json = {"file": self.file, "result": self.result.value, "differences": list(self.differences)}
        return told | (self.observed.as_json() if self.observed else {})


def outcomes_of(path: Path, stage: Stage) -> Iterator[Outcome]:
    """The outcome of every file, in the order of their names."""
    for file in files_of(path):
        yield _outcome(file, stage)


def _outcome(file: Path, stage: Stage) -> Outcome:
    try:
        case = read_case(file)
    except BrokenCaseError as error:
        return Outcome(file.name, (f"broken file: {error}",))
    try:
        observed, answered = play(stage, case)
    except MapNotSayableError as error:
        return Outcome(file.name, (f"map: cannot be said: {error}",))
    except Exception as error:  # noqa: BLE001 -- one file must not end the others
        return Outcome(file.name, (f"broken: {type(error).__name__}: {error}",))
    return Outcome(
        file.name, tuple(nearest_differences(case, observed, answered)), observed, is_compared=case.expect is not None
    )


def nearest_differences(case: Case, observed: Observation, answered: Mapping[str, Observation]) -> list[str]:
    """What is wrong with the allowed outcome that the fewest things are wrong with; empty where one holds in full."""
    outcomes = case.outcomes
    if not outcomes:
        return []
    wrong = [[*differences(one, observed), *_answers(one, answered), *_not_played(one)] for one in outcomes]
    nearest = min(range(len(wrong)), key=lambda place: len(wrong[place]))
    if len(outcomes) == 1 or not wrong[nearest]:
        return wrong[nearest]
    return [f"(outcome {nearest + 1} of {len(outcomes)}) {one}" for one in wrong[nearest]]


def _answers(outcome: Json, answered: Mapping[str, Observation]) -> Iterator[str]:
    for one in outcome.get("answers", ()):
        words = str(one["answer"])
        if words not in answered:
            yield f"answers: cannot be given: {words}"
        else:
            yield from (f"after {words!r}: {told}" for told in differences(one, answered[words]))


def _not_played(outcome: Json) -> Iterator[str]:
    """What is not played yet: never passed over."""
    for one in outcome.get("stops_without", ()):
        yield f"stops_without: a map without {one} was not tried"


def run(path: Path, *, data_dir: Path, database_url: str | None = None, out: TextIO = sys.stdout) -> int:
    """Print JSON per file and the count; 1 where anything differs, or where there is no file."""
    counted = dict.fromkeys(Result, 0)
    with ExitStack() as stack:
        stage = stack.enter_context(set_stage(data_dir=data_dir, database_url=database_url))
        for outcome in outcomes_of(path, stage):
            counted[outcome.result] += 1
            out.write(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1, default=_plain) + "\n")
            out.flush()
    equal, different, without = (counted[one] for one in Result)
    out.write(f"{equal} equal, {different} different, {without} without expect\n")
    return 1 if different or not sum(counted.values()) else 0


def _plain(value: object) -> object:
    """Amounts as numbers with their decimals; they are exact to the öre."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
