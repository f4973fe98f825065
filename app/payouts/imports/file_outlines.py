"""The outline of a payout file: what was read, without the lines; stored, so that a page does not read it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

import app.payouts.files as reader
from app.kit.money import Money, total
from app.model.payout import Payout
from app.payouts.files import (
    ColumnMap,
    DayOrder,
    FileNotUnderstoodError,
    LeftOut,
    Member,
    NotRecognised,
    Problem,
    RowsTwice,
    StatedSum,
    Table,
    members_of,
    read_file,
    recognise,
    table_of,
)
from app.payouts.imports.serialisation import digest_of

if TYPE_CHECKING:  # the process that reads files needs no database
    from app.schema import PayoutFile
    from app.schema.base import Json

MOST_ROWS_REPORTED = 500
"""Problems and left-out rows that are kept of a file; the others are counted."""


@dataclass(frozen=True, slots=True)
class PayoutOutline:
    """A payout of a file, without its lines."""

    provider: str
    account: str
    id: str
    key: str
    """What it is stored under."""
    paid_on: date
    currency: str
    paid_out: Money
    amount: Money
    fee: Money
    vat: Money | None
    """On the fees; None where no line states any."""
    unexplained: Money
    lines: int
    is_captured: bool
    digest: str
    is_known_by_day: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file says, or why it says nothing."""

    format: str = ""
    provider: str = ""
    payouts: tuple[PayoutOutline, ...] = ()
    pending: int = 0
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    sums: tuple[StatedSum, ...] = ()
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    table: Table | None = None
    """Of a file that is not recognised, or only by the company's own map."""
    members: tuple[Member, ...] = ()
    """Of a zip of several files: each may be opened as a file of its own."""


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file as it was read: its outline, and its payouts with their lines."""

    outline: Outline
    payouts: tuple[Payout, ...] = ()
    passes: bool = False
    """The failure was not the file's (memory, time): it is read again the next time."""


_OUTLINE: TypeAdapter[Outline] = TypeAdapter(Outline)
_MAPS: TypeAdapter[list[ColumnMap]] = TypeAdapter(list[ColumnMap])


def read_whole(content: bytes, maps: Sequence[ColumnMap], twice: RowsTwice, days: DayOrder | None) -> WholeFile:
    """Read a file with a company's own maps and what a person says of it."""
    try:
        recognised = recognise(content, maps)
    except FileNotUnderstoodError as error:
        return WholeFile(_not_read(error, content))
    if isinstance(recognised, NotRecognised):
        return WholeFile(Outline(table=table_of(recognised.header, recognised.rows) if recognised.header else None))
    read = read_file(recognised, twice, days)
    is_own = any(column_map.name == read.format for column_map in maps)
    outline = Outline(
        format=read.format,
        provider=read.provider,
        payouts=tuple(map(_outline_of, read.payouts)),
        pending=read.pending,
        left_out=read.left_out[:MOST_ROWS_REPORTED],
        left_out_count=len(read.left_out),
        sums=read.sums,
        problems=read.problems[:MOST_ROWS_REPORTED],
        problem_count=len(read.problems),
        table=table_of(recognised.header, recognised.rows) if is_own else None,
    )
    return WholeFile(outline, read.payouts)


def _not_read(error: FileNotUnderstoodError, content: bytes) -> Outline:
    """Why nothing is read of a file; of a zip of several also what is in it."""
    members: tuple[Member, ...] = ()
    if error.fault.code == "FILE_ZIP_OF_SEVERAL":
        try:
            members = members_of(content)
        except FileNotUnderstoodError as other:
            error = other
    return Outline(problems=(Problem(error.line, error.column, error.fault),), problem_count=1, members=members)


def _outline_of(payout: Payout) -> PayoutOutline:
    vats = [line.fee_vat for line in payout.lines if line.fee_vat is not None]
    return PayoutOutline(
        payout.provider,
        payout.account,
        payout.id,
        payout.key,
        payout.paid_on,
        payout.currency,
        payout.paid_out,
        amount=total((line.amount for line in payout.lines), payout.currency),
        fee=total((line.fee for line in payout.lines), payout.currency),
        vat=total(vats, payout.currency) if vats else None,
        unexplained=payout.unexplained,
        lines=len(payout.lines),
        is_captured=payout.is_captured,
        is_known_by_day=payout.is_known_by_day,
        digest=digest_of(payout),
    )


def outline_key(file: PayoutFile, maps: Sequence[ColumnMap]) -> str:
    """What an outline depends on beside the file's content: the reader, the maps, a person's answers."""
    parts = (_reader_version(), _MAPS.dump_json(list(maps)).decode(), file.rows_twice, file.day_order)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@cache
def _reader_version() -> str:
    """Hash of the reader's own source: after an upgrade every file is read again."""
    sources = sorted(Path(reader.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def outline_to_json(outline: Outline) -> Json:
    """For the database."""
    stored: Json = _OUTLINE.dump_python(outline, mode="json")
    return stored


def kept_outline(file: PayoutFile, key: str) -> Outline | None:
    """What was kept of a file; None where it was read with another reader, other maps or other answers."""
    if file.outline_key != key or file.outline is None:
        return None
    try:
        return _OUTLINE.validate_json(json.dumps(file.outline))
    except ValidationError:  # of an earlier form of outlines: read again
        return None
