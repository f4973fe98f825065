"""Reads a payout file into rows of text: CSV in the usual encodings and delimiters, and XLSX. Pure.

Nothing is understood here; which row is the header is for the formats to say (qliro-api.md 7.1: by names).
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal
from typing import Any

from openpyxl import load_workbook

from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.wrappings import MAX_BYTES, ZIP, too_large

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
MAX_CELLS = 5_000_000
"""Rows times columns, over all sheets of a workbook: each is a text in memory."""
MAX_CELL = 32_767
"""Characters that Excel itself takes into a cell."""
MAX_LINE = 2**20
"""The last row that a sheet can have; openpyxl fills every gap before a number of a row with empty ones."""
MAX_SHEET_BYTES = 4 * MAX_BYTES
"""Of an XLSX, which is a zip file: a small one may hold gigabytes."""

_DELIMITERS = (",", ";", "\t", "|")
_HEAD_ROWS = 30
"""Within these lines a header must stand; providers put a handful of lines before theirs."""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_EXCEL_DIGITS = Context(prec=15)
"""Excel knows and shows fifteen digits; further digits of a float are rounding errors of binary arithmetic."""

_TOO_LONG = "field larger than field limit"
"""How the csv module tells a cell of more than 131,072 characters."""
_DAMAGED_FROM = 10**15
"""A longer number has lost its last digits in Excel: it is no id any more."""


class NumberText(str):
    """A cell that the file itself holds as a number: its point is the decimal sign for certain."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    line: int
    """Where a person finds it: the line of a CSV (its first, where a quoted cell spans several), the row of a sheet."""
    cells: tuple[str, ...]


class Extent:
    """Counts what is read of a file, and refuses what is beyond the limits before it is held."""

    def __init__(self) -> None:
        self._cells = 0

    def add(self, rows: list[Row], line: int, cells: Sequence[str]) -> None:
        """Put a row to the others. Raises FileNotUnderstoodError."""
        if len(rows) >= MAX_ROWS or line > MAX_LINE:
            raise FileNotUnderstoodError(Fault("FILE_TOO_MANY_ROWS", {"limit": str(MAX_ROWS)}))
        refuse_wide(len(cells), line)
        if len(max(cells, key=len, default="")) > MAX_CELL:
            raise cell_too_long(line)
        self.count(len(cells))
        rows.append(Row(line, tuple(cells)))

    def count(self, cells: int) -> None:
        """Count cells that a row is filled up with, too. Raises FileNotUnderstoodError."""
        self._cells += cells
        if self._cells > MAX_CELLS:
            raise FileNotUnderstoodError(Fault("FILE_TOO_MANY_CELLS", {"limit": str(MAX_CELLS)}))


def refuse_wide(columns: int, line: int) -> None:
    """Raises FileNotUnderstoodError for more columns than a file may have."""
    if columns > MAX_COLUMNS:
        raise FileNotUnderstoodError(Fault("FILE_TOO_MANY_COLUMNS", {"limit": str(MAX_COLUMNS)}), line)


def cell_too_long(line: int) -> FileNotUnderstoodError:
    """The error for a cell beyond `MAX_CELL`."""
    return FileNotUnderstoodError(Fault("FILE_CELL_TOO_LONG", {"limit": str(MAX_CELL)}), line)


def within_limits(rows: Sequence[Row]) -> list[Row]:
    """Rows that a file's other forms (JSON, XML) made, if they may be. Raises FileNotUnderstoodError."""
    extent, taken = Extent(), list[Row]()
    for row in rows:
        extent.add(taken, row.line, row.cells)
        if not _is_storable("".join(row.cells)):
            raise FileNotUnderstoodError(Fault("FILE_NO_TEXT"), row.line)
    return taken


def _is_storable(text: str) -> bool:
    """Whether a database takes it as text: no NUL, and no half of a sign (a lone surrogate)."""
    try:
        return "\0" not in text and text.encode() is not None
    except UnicodeEncodeError:
        return False


def readings(content: bytes) -> Iterator[list[Row]]:
    """The file's rows without the empty ones, once for every way to read it: the likeliest delimiter first, or sheets.

    Raises FileNotUnderstoodError for what is no text, or broken in its quotes.
    """
    if content.startswith(ZIP):
        yield from _sheets(content)
        return
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileNotUnderstoodError(Fault("FILE_OLD_EXCEL"))
    text = _decoded(content)
    for delimiter in _likeliest_first(text):
        yield _separated(text, delimiter)


def is_workbook(content: bytes) -> bool:
    """Whether several sheets may stand in an unpacked file, each a table of its own."""
    return content.startswith(ZIP)


def head_of(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows among which the header must stand."""
    return rows[:_HEAD_ROWS]


def _decoded(content: bytes) -> str:
    """By the byte order mark; else UTF-8 where it is valid, else UTF-16 by its zero bytes, else cp1252."""
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    zeros = content[:2000].count(0)
    unmarked = ("utf-16-le" if content[1:2] == b"\0" else "utf-16-be",) if zeros else ("utf-8", "cp1252")
    for encoding in (marked,) if marked else unmarked:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_storable(text):
            return text
    raise FileNotUnderstoodError(Fault("FILE_NO_TEXT"))


def _likeliest_first(text: str) -> list[str]:
    """Delimiters by the most that any of the first lines has outside quotes; those that never occur are left out."""
    head = [line.split('"')[::2] for line in io.StringIO(text[:200_000]).readlines()[:_HEAD_ROWS]]
    most = {mark: max((sum(part.count(mark) for part in parts) for parts in head), default=0) for mark in _DELIMITERS}
    marks = [mark for mark in sorted(_DELIMITERS, key=lambda mark: -most[mark]) if most[mark]]
    return marks or [","]


def _separated(text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    extent, rows = Extent(), list[Row]()
    line = 1
    try:
        for cells in reader:
            if any(cells):
                extent.add(rows, line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        if _TOO_LONG in str(error):
            raise cell_too_long(line) from error
        raise FileNotUnderstoodError(Fault("FILE_QUOTES_BROKEN"), line) from error
    return rows


def _sheets(content: bytes) -> Iterator[list[Row]]:
    """Raises FileNotUnderstoodError for every fault of a workbook: openpyxl's own errors are of any kind."""
    extent = Extent()
    with _refusing_broken():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_SHEET_BYTES:
            raise too_large()
        sheets = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets
    for sheet in sheets:
        with _refusing_broken():
            rows = _rows_of(sheet, extent)
        yield rows


@contextmanager
def _refusing_broken() -> Iterator[None]:
    try:
        yield
    except (FileNotUnderstoodError, MemoryError):
        raise
    except Exception as error:
        raise FileNotUnderstoodError(Fault("FILE_NO_XLSX")) from error


def _rows_of(sheet: Any, extent: Extent) -> list[Row]:  # noqa: ANN401 - openpyxl's types know no sheet read lazily
    rows: list[Row] = []
    # Some programs write a wrong dimension; without it openpyxl reads what is there, which is lazily.
    sheet.reset_dimensions()
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        refuse_wide(len(values), line)
        if line > MAX_LINE:
            raise FileNotUnderstoodError(Fault("FILE_TOO_MANY_ROWS", {"limit": str(MAX_ROWS)}))
        cells = tuple(_text(value) for value in values)
        if any(cells):
            extent.add(rows, line, cells)
    # Empty cells at the end of a row are not written in a sheet; in a CSV their absence means a cut.
    width = max((len(row.cells) for row in rows), default=0)
    extent.count(sum(width - len(row.cells) for row in rows))
    return [Row(row.line, row.cells + ("",) * (width - len(row.cells))) for row in rows]


def _text(value: object) -> str:
    """A cell's value as text; a day at midnight is a day."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    """The digits that Excel shows. By the float's own text: its binary value would bring digits nobody wrote."""
    if isinstance(value, float) and not abs(value) < _DAMAGED_FROM:  # nor is NaN
        return repr(value)
    exact = _EXCEL_DIGITS.create_decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return NumberText(f"{exact.to_integral_value() if exact == exact.to_integral_value() else exact.normalize():f}")
