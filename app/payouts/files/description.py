"""What a file format is: by which columns it is recognised, how a row is read, and how rows become payouts. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from app.kit.money import Money
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.files.cells import DayOrder, DecimalSign
from app.payouts.files.left_out import LeftOut
from app.payouts.files.records import Record
from app.payouts.files.table import Row


@dataclass(frozen=True, slots=True)
class Entry:
    """One row in our words, before it is known which payout it belongs to."""

    line: PayoutLine
    """Its id is the provider's own, or a hash of what identifies the row (`hashed`), to be numbered per payout."""
    at: datetime
    file_line: int
    """Where in the file a person finds it."""
    payout_id: str = ""
    """Empty while the row belongs to no payout, or where the format does not tell and the order of rows decides."""
    paid_on: date | None = None
    """The payout's day, where rows tell it."""
    account: str = ""
    is_payout: bool = False
    """The row is the payout itself: its money leaves the balance."""
    is_hashed: bool = False
    is_final: bool = True
    bounced: bool = False
    balance: Money | None = None
    """Balance at the provider after this row, where the file states it."""
    refers_to: str = ""
    """Another row's id, where the provider ties rows together."""
    is_conversion: bool = False
    """One side of an exchange between two currencies of the balance."""

    @property
    def currency(self) -> str:
        """The payout's currency."""
        return self.line.amount.currency


@dataclass(frozen=True, slots=True)
class StatedSum:
    """The sum of a payout that a file states without the payout's lines: evidence, never booked."""

    id: str
    """Empty where the list numbers none: then day and sum tell which payout it is."""
    paid_on: date
    paid_out: Money


@dataclass(frozen=True, slots=True)
class Sheet:
    """A recognised file: what stood before its header, and its rows by name."""

    head: Sequence[Row]
    records: Sequence[Record]
    header: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Grouped:
    """Payouts, and how many rows belong to no payout yet."""

    payouts: tuple[Payout, ...]
    pending: int
    sums: tuple[StatedSum, ...] = ()


Grouping = Callable[[Sheet, Sequence[Entry]], Grouped]
"""Raises FileNotUnderstoodError."""
RowReader = Callable[[Record], Entry | LeftOut | Sequence[Entry] | None]
"""A row may hold several movements. One that moves no money is None, or says why. Raises FileNotUnderstoodError."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file of one provider."""

    provider: str
    name: str
    """For people, and to tell two formats apart."""
    columns: frozenset[str]
    """Without these it is another file; compared without regard to capitals (`column_key`)."""
    amounts: tuple[str, ...]
    """Columns whose numbers prove the decimal sign of the file; a column that is absent is passed over."""
    days: tuple[str, ...]
    """Columns whose days prove whether the day or the month comes first."""
    reader: Callable[[Sheet], RowReader]
    """Looks at the whole file where a row alone does not tell. Raises FileNotUnderstoodError."""
    group: Grouping
    sections: (
        Callable[[Sequence[Row], Row, Sequence[Row]], Iterable[tuple[Sequence[Row], Row, Sequence[Row]]]] | None
    ) = None
    """Cuts what comes before the header, the header and the rows into parts with headers of their own."""
    decimals: DecimalSign | None = DecimalSign.POINT
    """What the provider writes; counts where nothing in the file proves it. None: then such a file is refused."""
    day_order: DayOrder | None = None
    """What a person says of the days; counts where nothing in the file proves it."""
    fits: Callable[[Sequence[Row]], bool] | None = None
    """What a file's rows must show beside its columns, where two providers' files have the same."""
    header_of: Callable[[Row, Sequence[Row]], Row | None] | None = None
    """Of a file whose columns are known by place and value: the names of a row's columns; None where it is not one."""
    is_minor: bool = False
    """Amounts are in öre or cents."""
    fees: Mapping[str, int] = field(default_factory=dict)
    """Columns of fees of which a total below the rows states the fee: 1 where what the provider keeps is positive."""
    footer_words: tuple[str, ...] = ()
    """Beginnings of rows that are no movements, beside the words that reports use."""
    section: Callable[[Row], Callable[[Row], str | None]] | None = None
    """Of a header: which other section a row belongs to; None for a row to read."""


def hashed(*parts: str) -> str:
    """An id for a row that has none of its own. The same row read again, or from another export, gets the same."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def by_sign(amount: Money, *, taken: PayoutLineKind, given: PayoutLineKind) -> PayoutLineKind:
    """The kind where one word names both directions."""
    return taken if amount.minor < 0 else given


def as_booked(kind: PayoutLineKind, amount: Money, fee: Money) -> tuple[Money, Money]:
    """Amount and fee of a line: a row that is only a fee came as an amount, and is a fee like any other."""
    if kind is PayoutLineKind.FEE:
        return Money.zero(amount.currency), fee - amount
    return amount, fee
