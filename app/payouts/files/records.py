"""Rows of a recognised file by their columns' names: what cannot be read is named with its line and column. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from app.kit.money import Money, MoneyError
from app.model.payout import MatchKey
from app.payouts.files import cells
from app.payouts.files.cells import DayOrder, DecimalSign
from app.payouts.files.faults import CellError, Fault, FileNotUnderstoodError
from app.shops.base import traded

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a file writes what may be written in more than one way; None where the file proves nothing."""

    decimals: DecimalSign | None
    days: DayOrder | None


class Places(dict[str, int | None]):
    """Where each column is, by the name that is asked for: capitals and spaces in it do not matter."""

    def __missing__(self, column: str) -> int | None:
        """Compared once; from then on each row finds the name as it was asked for."""
        self[column] = place = self.get(column_key(column))
        return place


@dataclass(frozen=True, slots=True)
class Record:
    """One row. Columns are named as the provider writes them; capitals and spaces around do not matter."""

    line: int
    cells: Sequence[str]
    places: Places
    conventions: Conventions

    def has(self, column: str) -> bool:
        """Whether the file has such a column at all."""
        return self.places[column] is not None

    def text(self, column: str) -> str:
        """The cell as written; empty where the file has no such column."""
        place = self.places[column]
        return "" if place is None else self.cells[place]

    def word(self, *columns: str) -> str:
        """The first of these columns that says something, for ids and names. Raises FileNotUnderstoodError."""
        for column in columns:
            text = self.text(column).strip()
            if text:
                return self._read(column, cells.reference) if "+" in text else text
        return ""

    def needed(self, column: str) -> str:
        """A word that must be there. Raises FileNotUnderstoodError."""
        word = self.word(column)
        if not word:
            raise self.fault(column, Fault("FILE_CELL_EMPTY"))
        return word

    def number(self, column: str) -> Decimal:
        """An amount without its currency; zero where nothing is written. Raises FileNotUnderstoodError."""
        return self._read(column, lambda text: cells.amount(text, self.conventions.decimals))

    def figure(self, column: str, currency: str) -> Decimal:
        """An amount in the row's currency, which may stand beside it. Raises FileNotUnderstoodError for another one."""
        text, word = cells.without_currency(self.text(column))
        if not word:
            return self.number(column)
        if not cells.names_currency(word, currency):
            raise self.fault(column, Fault("FILE_CELL_NO_AMOUNT", {"value": self.text(column).strip()}))
        return self._read(column, lambda _: cells.amount(text, self.conventions.decimals))

    def money(self, column: str, currency: str) -> Money:
        """An amount in major units; zero where nothing is written. Raises FileNotUnderstoodError."""
        return self.exact(column, self.figure(column, currency), currency)

    def exact(self, column: str, value: Decimal, currency: str) -> Money:
        """A number computed from a column's as money. Raises FileNotUnderstoodError where the currency has no such."""
        try:
            return traded(value, currency)
        except MoneyError as error:
            raise self.fault(
                column, Fault("FILE_AMOUNT_NOT_EXACT", {"value": str(value), "currency": currency})
            ) from error

    def currency(self, column: str) -> str:
        """A currency in ISO's capitals. Raises FileNotUnderstoodError."""
        code = self.needed(column).upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise self.fault(column, Fault("FILE_CELL_NO_CURRENCY", {"value": code}))
        return code

    def moment(self, column: str, zone: str = "", *, clock: str = "") -> datetime:
        """A time in the books' zone; `clock` is the column of the time of day, where it has its own.

        Raises FileNotUnderstoodError.
        """
        of_day = f" {self.text(clock).strip()}" if clock else ""
        return self._read(column, lambda text: cells.moment(f"{text}{of_day}", zone, self.conventions.days))

    def keys(self, columns: Mapping[MatchKey, tuple[str, ...]]) -> dict[MatchKey, str]:
        """What these columns let the row be recognised by; empty ones are left out. Raises FileNotUnderstoodError."""
        words = {key: self.word(*names) for key, names in columns.items()}
        return {key: value for key, value in words.items() if value}

    def fault(self, column: str, fault: Fault) -> FileNotUnderstoodError:
        """The error to raise for this row's column."""
        return FileNotUnderstoodError(fault, self.line, column)

    def contradiction(self, column: str, written: Money, computed: Money) -> FileNotUnderstoodError:
        """The error to raise where a column does not say what the row's others come to."""
        values = {"written_amount": str(written), "computed_amount": str(computed)}
        return self.fault(column, Fault("FILE_ROW_DOES_NOT_ADD_UP", values))

    def _read(self, column: str, reading: Callable[[str], _T]) -> _T:
        try:
            return reading(self.text(column))
        except CellError as error:
            raise self.fault(column, error.fault) from error


@lru_cache(maxsize=1024)
def column_key(column: str) -> str:
    """A column's name as it is compared. Kept: each cell is asked for by its column's name."""
    return " ".join(column.split()).casefold()


def places_of(header: Iterable[str]) -> Places:
    """Where each column is; of two with one name the first counts."""
    places = Places()
    for place, name in enumerate(header):
        if name.strip():
            places.setdefault(column_key(name), place)
    return places
