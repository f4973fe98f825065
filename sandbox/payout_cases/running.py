"""Runs settlement files: for each its outcome as JSON, then the count. A broken file is one difference."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sandbox.payout_cases.comparing import differences
from sandbox.payout_cases.mapping import MapNotSayableError, NoMapError
from sandbox.payout_cases.observing import Observation
from sandbox.payout_cases.playing import play, stops_without
from sandbox.payout_cases.reading import BrokenCaseError, Case, files_of, read_case
from sandbox.stories.results import Result, nearest, report, result_of
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
        return result_of(self.differences, is_compared=self.is_compared)

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
        forgotten = {column: stops_without(stage, case, column) for column in _columns_to_forget(case)}
    except (MapNotSayableError, NoMapError) as error:
        return Outcome(file.name, (f"map: cannot be said: {error}",))
    except Exception as error:  # noqa: BLE001 -- one file must not end the others
        return Outcome(file.name, (f"broken: {type(error).__name__}: {error}",))
    return Outcome(
        file.name,
        tuple(nearest_differences(case, observed, answered, forgotten)),
        observed,
        is_compared=case.expect is not None,
    )


def _columns_to_forget(case: Case) -> list[str]:
    return list(dict.fromkeys(str(column) for outcome in case.outcomes for column in outcome.get("stops_without", ())))


def nearest_differences(
    case: Case, observed: Observation, answered: Mapping[str, Observation], forgotten: Mapping[str, str]
) -> list[str]:
    """What is wrong with the allowed outcome that the fewest things are wrong with; empty where one holds in full."""
    wrong = [
        [*differences(outcome, observed), *_answers(outcome, answered), *_not_stopped(outcome, forgotten)]
        for outcome in case.outcomes
    ]
    return nearest(wrong) if wrong else []


def _answers(outcome: Json, answered: Mapping[str, Observation]) -> Iterator[str]:
    for one in outcome.get("answers", ()):
        words = str(one["answer"])
        if words not in answered:
            yield f"answers: cannot be given: {words}"
        else:
            yield from (f"after {words!r}: {told}" for told in differences(one, answered[words]))


def _not_stopped(outcome: Json, forgotten: Mapping[str, str]) -> Iterator[str]:
    yield from (f"stops_without: {told}" for one in outcome.get("stops_without", ()) if (told := forgotten[str(one)]))


def run(path: Path, *, data_dir: Path, database_url: str | None = None, out: TextIO = sys.stdout) -> int:
    """Print JSON per file and the count; 1 where anything differs, or where there is no file."""
    with set_stage(data_dir=data_dir, database_url=database_url) as stage:
        return report(outcomes_of(path, stage), out)
