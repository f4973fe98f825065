"""A settlement file recognised by its header, and read row by row: all of it or nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from app.domain.settlements import Settlement
from app.sources.settlements.cells import day_order, decimal_sign
from app.sources.settlements.description import Entry, Format, Sheet, StatedSum
from app.sources.settlements.faults import CellError, Fault, FileNotUnderstoodError
from app.sources.settlements.formats import KNOWN
from app.sources.settlements.formats.generic import ColumnMap, format_of
from app.sources.settlements.json_files import is_json, rows_of
from app.sources.settlements.records import (
    Conventions,
    Record,
    column_key,
    places_of,
)
from app.sources.settlements.table import Row, head_of, readings

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file whose format is known, not yet read."""

    format: Format
    header: Row
    head: Sequence[Row]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """A file of no format we know, with what a person needs to map its columns."""

    header: tuple[str, ...]
    """The likeliest header found; empty for an empty file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be read."""

    line: int
    """0 where it is about the file."""
    column: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says. With any problem there are no settlements."""

    format: str
    provider: str
    settlements: tuple[Settlement, ...]
    problems: tuple[Problem, ...]
    pending: int
    """Rows that belong to no payout yet, or have not moved the balance: left out."""
    sums: tuple[StatedSum, ...] = ()
    """Of payouts that the file names without their lines."""


def recognise(content: bytes, maps: Sequence[ColumnMap] = ()) -> Recognised | NotRecognised:
    """The format of a file by its header, which need not be its first line.

    Where several fit, the one that names most columns wins, and of equals a person's own map. Raises
    FileNotUnderstoodError for what is no readable table at all.
    """
    formats = sorted((*map(format_of, maps), *KNOWN), key=lambda one: -len(one.columns))
    likeliest: Row | None = None
    for rows in [rows_of(content)] if is_json(content) else readings(content):
        head = head_of(rows)
        named = [frozenset(map(column_key, row.cells)) for row in head]
        for one in formats:
            place = next((place for place, columns in enumerate(named) if one.columns <= columns), None)
            if place is not None:
                return Recognised(one, rows[place], rows[:place], rows[place + 1 :])
        fullest = max(head, key=lambda row: sum(map(bool, row.cells)), default=None)
        if fullest and (likeliest is None or len(fullest.cells) > len(likeliest.cells)):
            likeliest = fullest
    return NotRecognised(likeliest.cells if likeliest else ())


EQUAL = "equal"
"""Value of a fault about rows that are equal in every column: what they are is for a person to say."""


class RowsTwice(StrEnum):
    """What a person says of rows that are equal in every column of a file."""

    NOT_SAID = ""
    ONE = "one"
    """They are one row that was pasted or exported twice."""
    EACH = "each"
    """They are different movements that look alike."""


def read_file(file: Recognised, twice: RowsTwice = RowsTwice.NOT_SAID) -> ReadFile:
    """Everything a recognised file says. Never raises for what stands in it: that becomes problems.

    Rows that are equal in every column are asked about, once for the file.
    """
    parts = [_read_part(one, twice) for one in _parts(file)]
    problems = [problem for one in parts for problem in one.problems]
    settlements = tuple(payout for one in parts for payout in one.settlements)
    problems += _payouts_twice(settlements)
    pending = sum(one.pending for one in parts)
    sums = tuple(row for one in parts for row in one.sums)
    found = ReadFile(file.format.name, file.format.provider, settlements, (), pending, sums=sums)
    return replace(found, settlements=(), problems=tuple(problems), pending=0, sums=()) if problems else found


def _parts(file: Recognised) -> list[Recognised]:
    if file.format.sections is None:
        return [file]
    cut = file.format.sections(file.head, file.header, file.rows)
    return [Recognised(file.format, header, head, rows) for head, header, rows in cut]


def _read_part(file: Recognised, twice: RowsTwice) -> ReadFile:
    problems: list[Problem] = []
    try:
        sheet = Sheet(file.head, _records(file, problems))
        entries = _entries(file.format, sheet, problems) if sheet.records and not problems else []
        problems += _repeated(entries)
        entries = _without_equals(sheet, entries, twice, problems)
        if not problems:
            grouped = file.format.group(sheet, entries)
            return ReadFile(
                file.format.name, file.format.provider, grouped.settlements, (), grouped.pending, sums=grouped.sums
            )
    except FileNotUnderstoodError as error:
        problems.append(_problem(error))
    return ReadFile(file.format.name, file.format.provider, (), tuple(problems), 0)


def _payouts_twice(settlements: Iterable[Settlement]) -> Iterator[Problem]:
    """A payout that two parts of a file tell: neither is the whole of it for certain."""
    counted = Counter((one.account, one.id) for one in settlements)
    for (_account, payout), times in counted.items():
        if times > 1:
            yield Problem(0, "", Fault("FILE_PAYOUT_TWICE", {"payout": payout}))


def _entries(file_format: Format, sheet: Sheet, problems: list[Problem]) -> list[Entry]:
    read = file_format.reader(sheet)
    entries: list[Entry] = []
    for record in sheet.records:
        try:
            entry = read(record)
        except FileNotUnderstoodError as error:
            problems.append(_problem(error))
            continue
        if entry is not None:
            entries.append(entry)
    return entries


def _records(file: Recognised, problems: list[Problem]) -> list[Record]:
    """The rows by name; a row that is shorter or longer than its header is a problem."""
    header = file.header
    places, width = places_of(header.cells), len(header.cells)
    problems += [
        Problem(header.line, column, Fault("FILE_COLUMN_TWICE"))
        for column in sorted(file.format.columns)
        if sum(column_key(cell) == column for cell in header.cells) > 1
    ]
    for row in file.rows:
        if len(row.cells) < width:
            values = {"found": str(len(row.cells)), "count": str(width)}
            problems.append(Problem(row.line, header.cells[len(row.cells)], Fault("FILE_ROW_CUT_OFF", values)))
        elif any(row.cells[width:]):
            problems.append(Problem(row.line, "", Fault("FILE_ROW_TOO_LONG", {"count": str(width)})))
    conventions = Conventions(
        decimals=_proven(file, decimal_sign, file.format.amounts, problems) or file.format.decimals,
        days=_proven(file, day_order, file.format.days, problems),
    )
    return [] if problems else [Record(row.line, row.cells, places, conventions) for row in file.rows]


def _proven(
    file: Recognised,
    proof: Callable[[Iterable[str]], _T | None],
    columns: tuple[str, ...],
    problems: list[Problem],
) -> _T | None:
    """A convention that the cells of these columns prove; cells that contradict each other are a problem."""
    places = places_of(file.header.cells)
    present = {places[column_key(column)]: column for column in columns if column_key(column) in places}
    cells = [row.cells[place] for row in file.rows for place in present if place < len(row.cells)]
    try:
        return proof(cells)
    except CellError as error:
        problems.append(Problem(file.header.line, ", ".join(present.values()), error.fault))
        return None


def _repeated(entries: Iterable[Entry]) -> Iterator[Problem]:
    """A provider's own id that stands twice: the same movement would count twice."""
    lines: dict[str, int] = {}
    for entry in entries:
        if entry.is_hashed:
            continue
        first = lines.setdefault(entry.line.id, entry.file_line)
        if first != entry.file_line:
            values = {"reference": entry.line.id, "line": str(first)}
            yield Problem(entry.file_line, "", Fault("FILE_ROW_TWICE", values))


def _without_equals(sheet: Sheet, entries: list[Entry], twice: RowsTwice, problems: list[Problem]) -> list[Entry]:
    """The entries as a person says that equal rows are meant; a problem for each second row where nobody has said.

    Rows with ids of their own are told apart by them.
    """
    if twice is RowsTwice.EACH:
        return entries
    cells = {record.line: tuple(record.cells) for record in sheet.records}
    first: dict[tuple[str, ...], Entry] = {}
    kept: list[Entry] = []
    for entry in entries:
        before = first.setdefault(cells[entry.file_line], entry) if entry.is_hashed else entry
        if before is entry:
            kept.append(entry)
        elif twice is RowsTwice.NOT_SAID:
            reference = next(iter(entry.line.keys.values()), entry.line.raw_kind)
            values = {"reference": reference, "line": str(before.file_line), "equal": "yes"}
            problems.append(Problem(entry.file_line, "", Fault("FILE_ROW_TWICE", values)))
    return kept


def _problem(error: FileNotUnderstoodError) -> Problem:
    return Problem(error.line, error.column, error.fault)
