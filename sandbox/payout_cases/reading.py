"""A settlement file and the right outcome beside it (`NAME.ext.expect.json`): read, and refused where it says nothing.

The form is that of the payout cases' INDEX.md, "How the files are used". A key that is not known is an error: what is
not compared must not seem right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.payouts.imports.folder import EXPECT_SUFFIX

Json = dict[str, Any]

_NO_CASES = frozenset({"INDEX.md"})
COMPARED = frozenset(
    {
        "recognised", "questions", "payouts", "sums", "booked", "left_out", "findings", "never", "says", "never_says",
        "answers", "stops_without",
    }
)  # fmt: skip
"""Keys of an outcome that are held against what came out."""
_TOLD = frozenset({"steps", "after", "map", "notes"})
PAYOUT_KEYS = frozenset(
    {
        "id", "date", "currency", "paid_out", "unexplained", "proven", "lines", "line_sums", "voucher", "left_out",
        "notes",
    }
)  # fmt: skip
LINE_KEYS = frozenset({"kind", "reference", "amount", "fee", "vat", "day", "order"})


class BrokenCaseError(Exception):
    """A case that cannot be compared; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file to import."""

    path: Path
    expect: Json | None

    @property
    def outcomes(self) -> list[Json]:
        """What is allowed to come out; without an expectation nothing is compared."""
        return [] if self.expect is None else [self.expect, *self.expect.get("alternatives", ())]

    @property
    def steps(self) -> str:
        """What a person does before, in words."""
        return str((self.expect or {}).get("steps", ""))

    @property
    def columns(self) -> Mapping[str, Any]:
        """What a person says of the columns where a map is needed."""
        found = (self.expect or {}).get("map", {})
        return found if isinstance(found, dict) else {}

    @property
    def after(self) -> Path | None:
        """The file that is imported first."""
        name = (self.expect or {}).get("after")
        return self.path.with_name(str(name)) if name else None


def files_of(path: Path) -> list[Path]:
    """The files of a folder in the order of their names, or the file itself; expectations are no files to import."""
    if not path.is_dir():
        return [path]
    return sorted(
        one
        for one in path.iterdir()
        if one.is_file() and one.name not in _NO_CASES and not one.name.endswith(EXPECT_SUFFIX) and one.name[0] != "."
    )


def read_case(path: Path) -> Case:
    """Raises BrokenCaseError."""
    beside = path.with_name(path.name + EXPECT_SUFFIX)
    if not path.is_file():
        raise BrokenCaseError(f"there is no file {path.name}")
    if not beside.exists():
        return Case(path, None)
    try:
        expect = json.loads(beside.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise BrokenCaseError(f"{beside.name} cannot be read: {error}") from error
    for problem in _wrong(expect, "expect", frozenset({"alternatives"})):
        raise BrokenCaseError(problem)
    for number, other in enumerate(expect.get("alternatives", ()), 2):
        for problem in _wrong(other, f"outcome {number}", frozenset()):
            raise BrokenCaseError(problem)
    return Case(path, expect)


def _wrong(outcome: object, name: str, more: frozenset[str]) -> Iterator[str]:
    if not isinstance(outcome, dict):
        yield f"{name} is no object"
        return
    yield from _unknown(outcome, COMPARED | _TOLD | more, name)
    if not outcome.keys() & COMPARED:
        yield f"{name} says nothing that could be compared"
    for payout in outcome.get("payouts", ()):
        yield from _unknown(payout, PAYOUT_KEYS, f"{name}.payouts")
        for line in payout.get("lines", ()):
            yield from _unknown(line, LINE_KEYS, f"{name}.lines")
    for answer in outcome.get("answers", ()):
        yield from _wrong(answer, f"{name}.answers", frozenset({"answer"}))


def _unknown(part: object, known: frozenset[str], name: str) -> Iterator[str]:
    if not isinstance(part, dict):
        yield f"{name} holds something that is no object"
    elif unknown := sorted(part.keys() - known):
        yield f"{name} has unknown keys: {', '.join(unknown)}"
