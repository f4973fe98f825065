"""Runs files of stories: for each its outcome as JSON, then the count. A broken file is one difference."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from app.orders.preview import preview
from app.shops.shopify import pasted
from app.tenants.rules import TenantRules
from sandbox.stories.comparing import differences
from sandbox.stories.observing import Observation
from sandbox.stories.playing import play
from sandbox.stories.reading import NOT_STORIES, BrokenStoryError, Story, files_of, read_story
from sandbox.stories.results import Result, report, result_of
from sandbox.stories.stage import Stage, set_stage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    file: str
    title: str = ""
    differences: tuple[str, ...] = ()
    observed: Sequence[Observation] = ()
    preview: Json | None = None
    is_compared: bool = field(default=True)

    @property
    def result(self) -> Result:
        """In one word."""
        return result_of(self.differences, is_compared=self.is_compared)

    def as_json(self) -> Json:
        """For people and programs."""
        told: Json = {
            "file": self.file, "title": self.title, "result": self.result.value, "differences": list(self.differences),
        }  # fmt: skip
        if self.preview is not None:
            return told | {"preview": self.preview}
        return told | {"states": [observation.as_json() for observation in self.observed]}


def outcomes_of(path: Path, stage: Stage) -> Iterator[Outcome]:
    """The outcome of every file, in the order of their names."""
    for file in files_of(path):
        if file.name not in NOT_STORIES:
            yield _outcome(file, stage)


def _outcome(file: Path, stage: Stage) -> Outcome:
    try:
        story = read_story(file)
    except BrokenStoryError as error:
        return Outcome(file.name, differences=(f"broken file: {error}",))
    try:
        return _previewed(story) if not story.states else _played(story, stage)
    except Exception as error:  # noqa: BLE001 -- one file must not end the others
        return Outcome(file.name, story.title, (f"broken: {type(error).__name__}: {error}",))


def _previewed(story: Story) -> Outcome:
    return Outcome(story.file, story.title, preview=preview(story.body, TenantRules(), pasted), is_compared=False)


def _played(story: Story, stage: Stage) -> Outcome:
    observed = play(stage, story)
    wrong = differences(story.expect, observed) if story.expect is not None else []
    return Outcome(story.file, story.title, tuple(wrong), observed, is_compared=story.expect is not None)


def run(path: Path, *, data_dir: Path, database_url: str | None = None, out: TextIO = sys.stdout) -> int:
    """Print JSON per file and the count; 1 where anything differs, or where there is no file."""
    with set_stage(data_dir=data_dir, database_url=database_url) as stage:
        return report(outcomes_of(path, stage), out)
