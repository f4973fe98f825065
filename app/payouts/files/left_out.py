"""Rows of a file that are no movement of money: totals below the rows, other sections, repeated headers. Pure.

A total is compared with the rows before it is left out: one that does not agree stops the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.payouts.files import cells
from app.payouts.files.cells import DecimalSign
from app.payouts.files.faults import CellError, Fault, FileNotUnderstoodError
from app.payouts.files.table import Row


class Reason(StrEnum):
    """Why a row is no line of a payout."""

    FOOTER = "footer"
    """A total of the rows above, or what a report says of itself; a total agrees with the rows."""
    STATUS = "status"
    """Its status says that no money has moved."""
    SECTION = "section"
    """It belongs to another section of the file."""
    HEADER = "header"
    """The header again, where two exports stand in one file."""
    UNMOVED = "unmoved"
    """The format says that such a row moves no money."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is left out, as a person recognises it."""

    line: int
    reason: Reason
    text: str
    """Its first cell that says something."""
    word: str = ""
    """The status, or the section."""
    amount: Decimal | None = None
    """As it would have changed the balance; None where it has none, or none that can be read."""
    fee: Decimal | None = None
    """Positive is what the provider would have kept."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The rows of a file: those to read, and those that are left out before they are read."""

    rows: Sequence[Row]
    left_out: Sequence[LeftOut]
    footers: Sequence[tuple[Row, int]]
    """Each with the number of rows that stand above it."""


_FOOTER = re.compile(
    r"(?:grand |sub)?total(?:s|t|sum|summa|belopp)?|summa|summe|sum|delsumma|gesamt|i alt|yhteens[aä]|totaal"
    r"|antal (?:rader|transaktioner|poster)|number of (?:rows|transactions|records)|(?:row|record) count"
    r"|genererad|generated|exporterad|exported|skapad|created|end of (?:file|report)|slut på (?:fil|rapport)\w*",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")
_WITH_DECIMALS = re.compile(r"(?:(?:kr|[A-Z]{3})\s*)?[-+(]?\d[\d .,'\u00a0\u202f]*[.,]\d\d\)?-?(?:\s*(?:kr|[A-Z]{3}))?")
_BALANCE = re.compile(r"balance|saldo|guthaben", re.IGNORECASE)
_COUNTS = re.compile(r"(?:antal|number|row|record)\b", re.IGNORECASE)


def sort_rows(
    rows: Sequence[Row],
    header: Row,
    *,
    days: Sequence[int],
    amounts: Sequence[int],
    footer_words: Iterable[str] = (),
    section: Callable[[Row], str | None] | None = None,
) -> Sorted:
    """Part rows to read from footers, repeated headers and other sections.

    `days`, `amounts`: places of their cells. `footer_words`: a person's own, beside those that reports use.
    `section`: the name of the other section that a row belongs to, None for one to read.
    """
    words = tuple(word.casefold() for word in footer_words)
    read: list[Row] = []
    left_out: list[LeftOut] = []
    footers: list[tuple[Row, int]] = []
    for row in rows:
        text = first_text(row)
        if row.cells == header.cells:
            left_out.append(LeftOut(row.line, Reason.HEADER, text))
        elif section is not None and (word := section(row)) is not None:
            left_out.append(LeftOut(row.line, Reason.SECTION, text, word))
        elif _is_footer(row, text, days, words):
            footers.append((row, len(read)))
        else:
            read.append(row)
    if read and not footers and _is_total_without_word(read, days, amounts):
        footers.append((read.pop(), len(read)))
    return Sorted(read, left_out, footers)


def first_text(row: Row) -> str:
    """The first cell of a row that says something."""
    return next((cell.strip() for cell in row.cells if cell.strip()), "")


def begins_with(text: str, word: str) -> bool:
    """Whether a text begins with a word, or with several, as whole words; `word` in small letters."""
    text = text.casefold()
    return text.startswith(word) and not text[len(word) : len(word) + 1].isalnum()


@dataclass(frozen=True, slots=True)
class Totals:
    """The rows of a file, to hold its totals against."""

    rows: Sequence[Row]
    taken: set[int]
    """Lines that are read; others have a status that says that no money moved."""
    amounts: Mapping[str, int]
    """Column → place."""
    width: int
    """Cells of the header: a row that is shorter says its total in any cell."""
    sign: DecimalSign | None
    fees: Mapping[int, int] = field(default_factory=dict)
    """Place of a column of fees → 1 where what the provider keeps is positive, -1 where it is negative."""

    def left_out(self, footers: Sequence[tuple[Row, int]]) -> list[LeftOut]:
        """The footers as left out, in their order.

        Raises FileNotUnderstoodError where a total is neither that of all rows above, nor of those since the last
        total, nor of those in its currency; with or without the rows that are left out by their status.
        """
        before = 0
        for footer, above in footers:
            self._check(footer, self.rows[:above], self.rows[before:above])
            before = above
        main = next(iter(self.amounts.values()), -1)
        return [
            LeftOut(row.line, Reason.FOOTER, first_text(row), amount=_number(row, main, self.sign), fee=self._fee(row))
            for row, _ in footers
        ]

    def _fee(self, footer: Row) -> Decimal | None:
        """What a total says of the fees; None where it says nothing, or stands in other columns than the rows."""
        if len(footer.cells) < self.width:
            return None
        amounts = ((sign, _number(footer, place, self.sign)) for place, sign in self.fees.items())
        fees = [sign * number for sign, number in amounts if number is not None]
        return sum(fees, Decimal(0)) if fees else None

    def _check(self, footer: Row, above: Sequence[Row], since: Sequence[Row]) -> None:
        if len(footer.cells) < self.width:
            self._check_short(footer, above, since)
            return
        for column, place in self.amounts.items():
            written = footer.cells[place].strip()
            if not any(map(str.isdigit, written)) and written in ("", first_text(footer)):
                continue
            number = _number(footer, place, self.sign)
            others = [_number(row, place, self.sign) for row in (*above[:1], *above[-1:]) if _BALANCE.search(column)]
            if _COUNTS.match(first_text(footer)):
                others.append(Decimal(len(above)))
            if number not in others and not _is_any(number, self._sums(footer, place, above, since)):
                raise _differs(footer, column, written, self._sum(place, above))

    def _check_short(self, footer: Row, above: Sequence[Row], since: Sequence[Row]) -> None:
        """A footer whose cells do not stand below those of the rows: what it says must be the total of some column."""
        for place, cell in enumerate(footer.cells):
            if not _WITH_DECIMALS.fullmatch(cell.strip()):
                continue
            number = _number(footer, place, self.sign)
            if not any(_is_any(number, self._sums(footer, amount, above, since)) for amount in self.amounts.values()):
                main = next(iter(self.amounts.values()), -1)
                raise _differs(footer, "", cell.strip(), self._sum(main, above))

    def _sums(self, footer: Row, place: int, above: Sequence[Row], since: Sequence[Row]) -> Iterator[Decimal]:
        """What a total of this column may say, the likeliest first: each is computed only where those before differ."""
        for is_read in (True, False):
            for rows in (since, above):
                if rows or not above:
                    yield self._sum(place, rows, is_read=is_read)
                    yield self._sum(place, _of_currency(footer, rows), is_read=is_read)

    def _sum(self, place: int, rows: Sequence[Row], *, is_read: bool = True) -> Decimal:
        numbers = (_number(row, place, self.sign) for row in rows if not is_read or row.line in self.taken)
        return sum((number for number in numbers if number is not None), Decimal(0))


def _is_any(number: Decimal | None, sums: Iterator[Decimal]) -> bool:
    return any(number == stated_sum for stated_sum in sums)


def _differs(footer: Row, column: str, written: str, computed: Decimal) -> FileNotUnderstoodError:
    values = {"written_amount": written, "computed_amount": f"{computed:f}"}
    return FileNotUnderstoodError(Fault("FILE_TOTAL_DIFFERS", values), footer.line, column)


def _of_currency(footer: Row, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows in the currency that a total names: below the rows' own, or in its words."""
    below = [place for place, cell in enumerate(footer.cells) if _CURRENCY.fullmatch(cell.strip())]
    if below:
        return [row for row in rows if all(row.cells[place : place + 1] == (footer.cells[place],) for place in below)]
    named = _CURRENCY.findall(first_text(footer))
    return [row for row in rows if any(cell.strip() in named for cell in row.cells)] if named else rows


def _is_footer(row: Row, text: str, days: Sequence[int], words: Sequence[str]) -> bool:
    """By a person's own words, or by those that reports use where the row has no day."""
    if any(begins_with(text, word) for word in words):
        return True
    match = _FOOTER.match(text)
    if not match or text[match.end() : match.end() + 1].isalnum() or not days:
        return False
    stamped = (row.cells[place].strip() for place in days if place < len(row.cells))
    return all(cell in ("", text) or not any(map(str.isdigit, cell)) for cell in stamped)


def _is_total_without_word(rows: Sequence[Row], days: Sequence[int], amounts: Sequence[int]) -> bool:
    """Whether nothing but amounts, and their currency, stands in the last row: `check_footers` then compares them."""
    last = rows[-1]
    if len(rows) < 2 or not days or len(last.cells) != len(rows[0].cells):
        return False
    filled = {place: cell.strip() for place, cell in enumerate(last.cells) if cell.strip()}
    figures = {place: cell for place, cell in filled.items() if not _CURRENCY.fullmatch(cell)}
    has_digits = all(any(map(str.isdigit, cell)) for cell in figures.values())
    return bool(figures) and has_digits and set(figures) <= set(amounts)


def _number(row: Row, place: int, sign: DecimalSign | None) -> Decimal | None:
    """The number of a cell; None where it is empty or none."""
    cell = row.cells[place] if 0 <= place < len(row.cells) else ""
    number, word = cells.without_currency(cell)
    try:
        return cells.amount(number if word else cell, sign) if cell.strip() else None
    except CellError:
        return None
