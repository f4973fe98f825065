"""Reading an SIE 4 file: the whole ledger of a year in one call (fortnox-api.md 3.15).

SIE is the Swedish exchange format of bookkeeping: one label per line, code page 437, a debit is positive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from app.kit.money import Money
from app.ledgers.booked_year import BookedVoucher, BookedYear
from app.posting.vouchers import BOOKS_CURRENCY

_CODE_PAGE = "cp437"
_FIELD = re.compile(r'\{[^}]*\}|"(?:\\.|[^"\\])*"|[^\s"{}]+')
"""An object list, a quoted text (a quote inside it is escaped), or a bare word."""


class SieUnreadableError(ValueError):
    """What should be an SIE 4 file is not: `line` says where."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"SIE, line {line}: {why}")
        self.line = line


def read_sie(content: bytes) -> BookedYear:
    """The vouchers and closing balances of a file. Raises SieUnreadableError."""
    reader = _Reader()
    for number, line in enumerate(content.decode(_CODE_PAGE).splitlines(), 1):
        try:
            reader.take(line.strip())
        except (ValueError, IndexError, InvalidOperation) as error:
            raise SieUnreadableError(number, str(error)) from error
    return reader.year()


class _Reader:
    """Takes a file line by line."""

    def __init__(self) -> None:
        self.days: tuple[date, date] | None = None
        self.opening: dict[int, Money] = {}
        self.closing: dict[int, Money] = {}
        self.vouchers: dict[str, BookedVoucher] = {}
        self.head: list[str] = []
        self.amounts: dict[int, Money] = {}

    def take(self, line: str) -> None:
        """Raises ValueError, IndexError or InvalidOperation for a line that breaks the format."""
        label, *fields = list(_fields(line)) or [""]
        match label.upper():
            case "#RAR" if fields[0] == "0":
                self.days = (_day(fields[1]), _day(fields[2]))
            case "#IB" if fields[0] == "0":
                self.opening[int(fields[1])] = _money(fields[2])
            case "#UB" if fields[0] == "0":
                self.closing[int(fields[1])] = _money(fields[2])
            case "#VER":
                self.head, self.amounts = fields, {}
            case "#TRANS":
                # fields: account, objects, amount. #BTRANS and #RTRANS tell of corrected rows; these are what counts.
                account = int(fields[0])
                self.amounts[account] = self.amounts.get(account, Money.zero(BOOKS_CURRENCY)) + _money(fields[2])
            case "":
                if line == "}":
                    self._end()

    def _end(self) -> None:
        series, number, day, *text = self.head
        name = f"{series}{number}"
        amounts = {account: amount for account, amount in self.amounts.items() if amount}
        self.vouchers[name] = BookedVoucher(name, _day(day), text[0] if text else "", amounts)

    def year(self) -> BookedYear:
        """Raises SieUnreadableError for a file that names no year."""
        if self.days is None:
            raise SieUnreadableError(0, "no financial year (#RAR 0)")
        return BookedYear(*self.days, self.vouchers, self.opening, self.closing)


def _fields(line: str) -> Iterator[str]:
    for field in _FIELD.findall(line):
        if field.startswith('"'):
            yield re.sub(r"\\(.)", r"\1", field[1:-1])
        else:
            yield field


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day of the books has no time


def _money(text: str) -> Money:
    return Money.of(Decimal(text), BOOKS_CURRENCY)
