"""Recognises a payout file by its header and reads it row by row: all of it or nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from app.model.payout import Payout
from app.payouts.files.cells import DayOrder, day_order, decimal_sign
from app.payouts.files.column_map import ColumnMap
from app.payouts.files.description import Entry, Format, Sheet, StatedSum
from app.payouts.files.faults import CellError, Fault, FileNotUnderstoodError
from app.payouts.files.formats import KNOWN
from app.payouts.files.formats.generic import format_of
from app.payouts.files.json_files import is_json, rows_of
from app.payouts.files.left_out import LeftOut, Reason, Sorted, Totals, first_text, sort_rows
from app.payouts.files.records import Conventions, Record, column_key, places_of
from app.payouts.files.table import Row, head_of, is_workbook, readings, within_limits
from app.payouts.files.vipps_report import is_xml, rows_of_xml
from app.payouts.files.wrappings import unwrapped

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file whose format is known, not yet read."""

    format: Format
    header: Row
    head: Sequence[Row]
    rows: Sequence[Row]
    further: tuple[Recognised, ...] = ()
    """The other sheets of a workbook that are of the same format."""


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """A file of no format we know, with what a person needs to map its columns."""

    header: Row | None = None
    """The likeliest header found; None for an empty file."""
    rows: Sequence[Row] = ()
    """The rows below it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be read."""

    line: int
    """0 where it is about the file."""
    column: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says. With any problem there are no payouts."""

    format: str
    provider: str
    payouts: tuple[Payout, ...]
    problems: tuple[Problem, ...]
    pending: int
    """Rows that belong to no payout yet, or have not moved the balance: left out."""
    left_out: tuple[LeftOut, ...] = ()
    sums: tuple[StatedSum, ...] = ()


def recognise(content: bytes, maps: Sequence[ColumnMap] = ()) -> Recognised | NotRecognised:
    """The format of a file by its header, which need not be its first line.

    Where several fit, the one that names most columns wins, and of equals a person's own map. Raises
    FileNotUnderstoodError for what is no readable table at all.
    """
    formats = sorted((*map(format_of, maps), *KNOWN), key=lambda file_format: -len(file_format.columns))
    content = unwrapped(content)
    likeliest: tuple[int, NotRecognised] = (-1, NotRecognised())
    recognised: Recognised | None = None
    for rows in _readings(content):
        part = _recognised(rows, formats if recognised is None else (recognised.format,))
        if part is not None and not is_workbook(content):
            return part
        if part is not None:
            recognised = part if recognised is None else replace(recognised, further=(*recognised.further, part))
        head = head_of(rows)
        names = [sum(map(_is_name, row.cells)) for row in head]
        most = max(names, default=-1)
        if most > likeliest[0]:
            place = names.index(most)
            likeliest = most, NotRecognised(rows[place], rows[place + 1 :])
    return recognised or likeliest[1]


def _readings(content: bytes) -> Iterable[list[Row]]:
    if is_json(content):
        return [within_limits(rows_of(content))]
    return [within_limits(rows_of_xml(content))] if is_xml(content) else readings(content)


def _recognised(rows: Sequence[Row], formats: Sequence[Format]) -> Recognised | None:
    """By the columns' names, else by what stands where."""
    head = head_of(rows)
    named = [frozenset(map(column_key, row.cells)) for row in head]
    for candidate in formats:
        place = next(
            (place for place, columns in enumerate(named) if candidate.columns and candidate.columns <= columns), None
        )
        if place is not None and (candidate.fits is None or candidate.fits(rows)):
            return Recognised(candidate, rows[place], rows[:place], rows[place + 1 :])
    for candidate in formats:
        for place, row in enumerate(head if candidate.header_of else ()):
            header = candidate.header_of(row, rows[place + 1 :]) if candidate.header_of else None
            if header is not None:
                return Recognised(candidate, header, rows[:place], rows[place + 1 :])
    return None


def _is_name(cell: str) -> bool:
    """Whether a cell may be a column's name: it says something that is no number and no day."""
    return any(map(str.isalpha, cell)) and not cell[:4].isdigit()


EQUAL = "equal"
"""Value of a fault about rows that are equal in every column: what they are is for a person to say."""


class RowsTwice(StrEnum):
    """What a person says of rows that are equal in every column of a file."""

    NOT_SAID = ""
    ONE = "one"
    """They are one row that was pasted or exported twice."""
    EACH = "each"
    """They are different movements that look alike."""


def read_file(file: Recognised, twice: RowsTwice = RowsTwice.NOT_SAID, days: DayOrder | None = None) -> ReadFile:
    """Everything a recognised file says. Never raises for its content: that becomes problems.

    Rows that are equal in every column are asked about, once for the file. `days` is what a person says of days that
    may be read in two ways; it counts where nothing in the file proves it.
    """
    if days is not None:
        file = replace(file, format=replace(file.format, day_order=days))
    parts = [_read_part(part, twice) for part in _parts(file)]
    problems = [problem for part in parts for problem in part.problems]
    payouts = tuple(payout for part in parts for payout in part.payouts)
    problems += _payouts_twice(payouts)
    pending = sum(part.pending for part in parts)
    left_out = tuple(row for part in parts for row in part.left_out)
    sums = tuple(stated for part in parts for stated in part.sums)
    read = ReadFile(file.format.name, file.format.provider, payouts, (), pending, left_out, sums)
    return replace(read, payouts=(), problems=tuple(problems), pending=0) if problems else read


def _parts(file: Recognised) -> list[Recognised]:
    sheets = (file, *file.further)
    if file.format.sections is None:
        return list(sheets)
    cut = [part for sheet in sheets for part in file.format.sections(sheet.head, sheet.header, sheet.rows)]
    return [Recognised(file.format, header, head, rows) for head, header, rows in cut]


def _read_part(file: Recognised, twice: RowsTwice) -> ReadFile:
    problems: list[Problem] = []
    try:
        parted = _sorted(file)
        file = replace(file, rows=parted.rows)
        sheet = Sheet(file.head, _records(file, problems), file.header.cells)
        unmoved: list[LeftOut] = []
        entries = _entries(file.format, sheet, problems, unmoved) if sheet.records and not problems else []
        problems += _repeated(entries)
        entries = _without_equals(sheet, entries, twice, problems)
        if not problems:
            footers = _footers(file, parted, sheet, {entry.file_line for entry in entries})
            left_out = sorted((*parted.left_out, *unmoved, *footers), key=lambda row: row.line)
            grouped = file.format.group(sheet, entries)
            return ReadFile(
                file.format.name, file.format.provider, grouped.payouts, (), grouped.pending,
                tuple(left_out), grouped.sums,
            )  # fmt: skip
    except FileNotUnderstoodError as error:
        problems.append(_problem(error))
    return ReadFile(file.format.name, file.format.provider, (), tuple(problems), 0)


def _sorted(file: Recognised) -> Sorted:
    kind = file.format
    amounts, days = _places(file, kind.amounts).values(), _places(file, kind.days).values()
    section = kind.section(file.header) if kind.section else None
    return sort_rows(
        file.rows, file.header, days=tuple(days), amounts=tuple(amounts), footer_words=kind.footer_words,
        section=section,
    )  # fmt: skip


def _footers(file: Recognised, parted: Sorted, sheet: Sheet, taken: set[int]) -> list[LeftOut]:
    if not parted.footers:
        return []
    sign = sheet.records[0].conventions.decimals if sheet.records else file.format.decimals
    amounts, width = _places(file, file.format.amounts), len(file.header.cells)
    fees = {place: file.format.fees[column] for column, place in _places(file, file.format.fees).items()}
    footers = Totals(file.rows, taken, amounts, width, sign, fees).left_out(parted.footers)
    return [_in_major(row) for row in footers] if file.format.is_minor else footers


def _in_major(row: LeftOut) -> LeftOut:
    amount, fee = (None if hundredths is None else hundredths / 100 for hundredths in (row.amount, row.fee))
    return replace(row, amount=amount, fee=fee)


def _places(file: Recognised, columns: Iterable[str]) -> dict[str, int]:
    """Where these columns stand, as the header writes them; those that the file does not have are left out."""
    places = places_of(file.header.cells)
    found_columns = {column: places[column] for column in columns}
    return {column: place for column, place in found_columns.items() if place is not None}


def _payouts_twice(payouts: Iterable[Payout]) -> Iterator[Problem]:
    """A payout that two parts or accounts of a file tell: neither is whole for certain, and one would replace it."""
    for key, times in Counter(payout.key for payout in payouts).items():
        if times > 1:
            yield Problem(0, "", Fault("FILE_PAYOUT_TWICE", {"payout": key}))


def _entries(file_format: Format, sheet: Sheet, problems: list[Problem], unmoved: list[LeftOut]) -> list[Entry]:
    read = file_format.reader(sheet)
    entries: list[Entry] = []
    for record in sheet.records:
        try:
            entry = read(record)
        except FileNotUnderstoodError as error:
            problems.append(_problem(error))
            continue
        if isinstance(entry, Entry):
            entries.append(entry)
        elif entry is None or isinstance(entry, LeftOut):
            unmoved.append(entry or _unmoved(file_format, record))
        else:
            entries += entry
    return entries


def _unmoved(file_format: Format, record: Record) -> LeftOut:
    """A row that its format says nothing about, with the first of its amounts."""
    column = next((name for name in file_format.amounts if record.text(name).strip()), "")
    try:
        amount = record.number(column) if column else None
    except FileNotUnderstoodError:
        amount = None
    return LeftOut(record.line, Reason.UNMOVED, first_text(Row(record.line, tuple(record.cells))), amount=amount)


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
    amounts, days = _places(file, file.format.amounts), _places(file, file.format.days)
    conventions = Conventions(
        decimals=_proven(file, amounts, problems, lambda: decimal_sign(_cells(file.rows, amounts.values())))
        or file.format.decimals,
        days=_proven(file, days, problems, lambda: day_order(_rows_of(file.rows, days.values())))
        or file.format.day_order,
    )
    return [] if problems else [Record(row.line, row.cells, places, conventions) for row in file.rows]


def _cells(rows: Iterable[Row], places: Iterable[int]) -> Iterator[str]:
    for place in places:
        yield from (row.cells[place] for row in rows if place < len(row.cells))


def _rows_of(rows: Iterable[Row], places: Iterable[int]) -> Iterator[list[str]]:
    places = list(places)
    for row in rows:
        yield [row.cells[place] for place in places if place < len(row.cells)]


def _proven(
    file: Recognised, columns: Iterable[str], problems: list[Problem], check: Callable[[], _T | None]
) -> _T | None:
    """A convention that the cells of these columns prove; cells that contradict each other are a problem."""
    try:
        return check()
    except CellError as error:
        problems.append(Problem(file.header.line, ", ".join(columns), error.fault))
        return None


def _repeated(entries: Iterable[Entry]) -> Iterator[Problem]:
    """A provider's own id that occurs twice: the same movement would count twice."""
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

    Rows with ids of their own are distinguished by them.
    """
    if twice is RowsTwice.EACH:
        return entries
    cells = {record.line: tuple(record.cells) for record in sheet.records}
    first: dict[tuple[str, ...], Entry] = {}
    kept: list[Entry] = []
    for entry in entries:
        before = first.setdefault(cells[entry.file_line], entry) if entry.is_hashed else entry
        if before is entry or before.file_line == entry.file_line:
            kept.append(entry)
        elif twice is RowsTwice.NOT_SAID:
            reference = next(iter(entry.line.keys.values()), entry.line.raw_kind)
            values = {"reference": reference, "line": str(before.file_line), "equal": "yes"}
            problems.append(Problem(entry.file_line, "", Fault("FILE_ROW_TWICE", values)))
    return kept


def _problem(error: FileNotUnderstoodError) -> Problem:
    return Problem(error.line, error.column, error.fault)
