"""What a person says that the columns of a file are: enough for any report that is one table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files.cells import DayOrder, DecimalSign
from app.payouts.files.records import column_key


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountColumn:
    """One of several columns of amounts; a row may have more than one, and each is a movement."""

    column: str
    kind: PayoutLineKind | None = None
    """What an amount in this column is; None: as the row's kind, or its sign, tells."""
    is_turned: bool = False
    """Written without a minus, and lowers the balance: a column of withdrawals or debits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeColumn:
    """One of several columns of fees; a row's fee is their sum."""

    column: str
    is_negative: bool = False
    """A cost has a minus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Which header of a file is what. A header left empty is one the file does not have."""

    provider: str
    """Role stem without `psp.`, as in `Payout.provider`."""
    name: str
    """The person's own name for this kind of file."""
    day: str
    amount: str = ""
    """Before fees; a refund is negative. With several columns of amounts: one of them, or none."""
    more_amounts: tuple[AmountColumn, ...] = ()
    kind: str = ""
    """Without it a positive amount is a charge and a negative one a refund."""
    kinds: Mapping[str, PayoutLineKind] = field(default_factory=dict)
    """The provider's words, in any capitals; a word that is not here becomes OTHER."""
    payout_words: frozenset[str] = frozenset()
    """Words in `kind` of the row that is the payout itself."""
    currency: str = ""
    default_currency: str = ""
    fee: str = ""
    """Without VAT, where `fee_vat` is mapped; positive is kept by the provider, unless `fee_is_negative`."""
    fee_vat: str = ""
    fee_is_negative: bool = False
    fee_includes_vat: bool = False
    """The fee column contains the VAT of `fee_vat`."""
    more_fees: tuple[FeeColumn, ...] = ()
    net: str = ""
    """Only checked: amount less fee and VAT."""
    line_id: str = ""
    """The provider's own id of a row; without it rows are distinguished by what they say."""
    payout_id: str = ""
    payout_day: str = ""
    is_one_payout: bool = False
    """All rows of a file are one payout."""
    keys: Mapping[MatchKey, str] = field(default_factory=dict)
    text: str = ""
    account: str = ""
    """Whose balance it is, the same for all files of this map."""
    account_column: str = ""
    """Where one file has several accounts: which a row is of."""
    status: str = ""
    left_out_words: frozenset[str] = frozenset()
    """Words in `status` of rows that move no money."""
    taken_words: frozenset[str] = frozenset()
    """Words in `status` of rows that do; with any of them said, a word that is in neither set stops the file."""
    footer_words: frozenset[str] = frozenset()
    """Beginnings of rows that are no movements, beside the usual words for totals."""
    section: str = ""
    """The column that says which section of the file a row belongs to."""
    section_words: frozenset[str] = frozenset()
    """Its value in the rows to read; rows of other sections are left out."""
    ignored: frozenset[str] = frozenset()
    """Columns with amounts that are no part of the payout: VAT of the sale, balances."""
    clock: str = ""
    """The time of day, where it has a column of its own."""
    zone: str = ""
    """Of times without one: UTC, CET, Europe/Stockholm. Empty: the books' own."""
    date_form: str = ""
    """How days and times are written (`date_forms`); empty: any of the forms that files prove themselves."""
    day_order: DayOrder | None = None
    """Counts where nothing in a file proves it."""
    decimals: DecimalSign | None = None
    """Counts where nothing in a file proves it."""
    is_minor: bool = False
    """Amounts are in öre or cents."""

    def __post_init__(self) -> None:
        """Raises ValueError where rows could not be grouped, or would have no amount or no currency."""
        if not (self.amount or self.more_amounts):
            raise ValueError("no column of amounts is mapped")
        if not (self.payout_id or self.payout_day or self.is_one_payout or (self.kind and self.payout_words)):
            raise ValueError("rows are grouped by a payout's id, by its day or up to its own row: none is mapped")
        if not (self.currency or self.default_currency):
            raise ValueError("neither a column of currencies nor one currency for all rows is given")

    @property
    def amounts(self) -> tuple[AmountColumn, ...]:
        """All columns of amounts."""
        return (*((AmountColumn(column=self.amount),) if self.amount else ()), *self.more_amounts)

    @property
    def fees(self) -> tuple[FeeColumn, ...]:
        """All columns of fees."""
        own = FeeColumn(column=self.fee, is_negative=self.fee_is_negative)
        return (*((own,) if self.fee else ()), *self.more_fees)

    @property
    def figures(self) -> tuple[str, ...]:
        """Every column whose numbers count, those of amounts first."""
        named = (
            *(amount.column for amount in self.amounts),
            *(fee.column for fee in self.fees),
            self.fee_vat,
            self.net,
        )
        return tuple(name for name in named if name)

    @property
    def headers(self) -> frozenset[str]:
        """All columns the map reads, as they are compared; `ignored` ones may be absent."""
        return frozenset(map(column_key, self._read()))

    def _read(self) -> Iterator[str]:
        named = (self.day, self.kind, self.currency, self.line_id, self.payout_id, self.payout_day, self.text)
        more = (self.account_column, self.status, self.section, self.clock)
        yield from (name for name in (*named, *more, *self.figures, *self.keys.values()) if name)
