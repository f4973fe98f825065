"""Any other provider's table, by a map of its columns that a person has made and saved. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.money import Money, exponent
from app.domain.settlements import MatchKey, SettlementKind, SettlementLine
from app.sources.settlements.cells import DecimalSign
from app.sources.settlements.description import Entry, Format, RowReader, as_booked, hashed
from app.sources.settlements.grouping import by_payout_id, until_the_payout
from app.sources.settlements.records import Record, column_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Which header of a file is what. A header left empty is one the file does not have."""

    provider: str
    """Role stem without `psp.`, as in `Settlement.provider`."""
    name: str
    """The person's own name for this kind of file."""
    day: str
    amount: str
    """Before fees; a refund is negative."""
    kind: str = ""
    """Without it a positive amount is a charge and a negative one a refund."""
    kinds: Mapping[str, SettlementKind] = field(default_factory=dict)
    """The provider's words, in any capitals; a word that is not here becomes OTHER."""
    payout_words: frozenset[str] = frozenset()
    """Words in `kind` of the row that is the payout itself."""
    currency: str = ""
    default_currency: str = ""
    fee: str = ""
    """Without VAT, where `fee_vat` is mapped; positive is kept by the provider, unless `fee_is_negative`."""
    fee_vat: str = ""
    fee_is_negative: bool = False
    net: str = ""
    """Only checked: amount less fee and VAT."""
    line_id: str = ""
    """The provider's own id of a row; without it rows are told apart by what they say."""
    payout_id: str = ""
    payout_day: str = ""
    keys: Mapping[MatchKey, str] = field(default_factory=dict)
    text: str = ""
    account: str = ""
    """Whose balance it is, the same for all files of this map."""
    zone: str = ""
    """Of times without one: UTC, CET, Europe/Stockholm. Empty: the books' own."""
    decimals: DecimalSign | None = None
    """Counts where nothing in a file proves it."""
    is_minor: bool = False
    """Amounts are in öre or cents."""

    def __post_init__(self) -> None:
        """Raises ValueError where rows could not be grouped, or would have no currency."""
        if not (self.payout_id or self.payout_day or (self.kind and self.payout_words)):
            raise ValueError("rows are grouped by a payout's id, by its day or up to its own row: none is mapped")
        if not (self.currency or self.default_currency):
            raise ValueError("neither a column of currencies nor one currency for all rows is given")

    @property
    def headers(self) -> frozenset[str]:
        """All columns the map names, as they are compared."""
        named = (self.day, self.amount, self.kind, self.currency, self.fee, self.fee_vat, self.net, self.line_id)
        more = (self.payout_id, self.payout_day, self.text, *self.keys.values())
        return frozenset(column_key(name) for name in (*named, *more) if name)


def format_of(columns: ColumnMap) -> Format:
    """The format that a map describes."""
    is_named = columns.payout_id or columns.payout_day
    return Format(
        provider=columns.provider,
        name=columns.name,
        columns=columns.headers,
        amounts=tuple(name for name in (columns.amount, columns.fee, columns.fee_vat, columns.net) if name),
        days=tuple(name for name in (columns.day, columns.payout_day) if name),
        reader=lambda _: _reader(columns),
        group=by_payout_id(columns.provider) if is_named else until_the_payout(columns.provider),
        decimals=columns.decimals,
    )


def _reader(columns: ColumnMap) -> RowReader:
    kinds = {word.casefold(): kind for word, kind in columns.kinds.items()}
    payout_words = {word.casefold() for word in columns.payout_words}

    def entry(record: Record) -> Entry:
        currency = record.currency(columns.currency) if columns.currency else columns.default_currency
        raw_kind = record.word(columns.kind) if columns.kind else ""
        gross, written_fee, vat = _figures(record, columns, currency)
        kind = kinds.get(raw_kind.casefold(), SettlementKind.OTHER) if columns.kind else _by_sign(gross)
        amount, fee = as_booked(kind, gross, written_fee)
        at = record.moment(columns.day, columns.zone)
        payout_id, payout_day = _payout(record, columns)
        keys = record.keys({key: (name,) for key, name in columns.keys.items()})
        own_id = record.needed(columns.line_id) if columns.line_id else ""
        told = (payout_id, at.isoformat(), raw_kind, *keys.values(), f"{gross.minor} {written_fee.minor} {currency}")
        return Entry(
            SettlementLine(
                id=own_id or hashed(*told),
                kind=kind,
                occurred_on=at.date(),
                amount=amount,
                fee=fee,
                fee_vat=vat,
                keys=keys,
                text=record.word(columns.text) if columns.text else "",
                raw_kind=raw_kind,
            ),
            at=at,
            file_line=record.line,
            payout_id=payout_id,
            paid_on=payout_day,
            account=columns.account,
            is_payout=raw_kind.casefold() in payout_words,
            is_hashed=not own_id,
        )

    return entry


def _payout(record: Record, columns: ColumnMap) -> tuple[str, date | None]:
    """The payout's id, which is its day where none is mapped, and its day."""
    day = record.moment(columns.payout_day, columns.zone).date() if _has(record, columns.payout_day) else None
    if columns.payout_id:
        return record.word(columns.payout_id), day
    return day.isoformat() if day else "", day


def _figures(record: Record, columns: ColumnMap, currency: str) -> tuple[Money, Money, Money | None]:
    """Amount, fee and VAT on it. Raises FileNotUnderstoodError, also where they do not make the net."""
    gross = _money(record, columns, columns.amount, currency)
    fee = _money(record, columns, columns.fee, currency)
    vat = _money(record, columns, columns.fee_vat, currency) if columns.fee_vat else None
    if columns.fee_is_negative:
        fee, vat = -fee, -vat if vat is not None else None
    net = gross - fee - (vat or Money.zero(currency))
    if _has(record, columns.net) and (written := _money(record, columns, columns.net, currency)) != net:
        raise record.contradiction(columns.net, written, net)
    return gross, fee, vat


def _money(record: Record, columns: ColumnMap, column: str, currency: str) -> Money:
    value = record.number(column) if column else Decimal(0)
    return record.exact(column, value.scaleb(-exponent(currency)) if columns.is_minor else value, currency)


def _by_sign(gross: Money) -> SettlementKind:
    return SettlementKind.REFUND if gross.minor < 0 else SettlementKind.CHARGE


def _has(record: Record, column: str) -> bool:
    return bool(column) and bool(record.text(column).strip())
