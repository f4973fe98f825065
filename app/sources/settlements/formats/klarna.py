"""Klarna (and Kustom), settlement CSV: a block of totals, then the transactions (qliro-api.md 7.2, 7.3).

No whole file is public, so three things are decided by the file itself, and refused where it does not tell: whether
amounts are in minor units, whether they carry signs, and what was paid out (the block's `total_settlement_amount`,
where there is one). VAT of a fee row is taken to be inside its amount; if it is not, the payout stays unexplained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import Money, exponent
from app.domain.settlements import MatchKey, SettlementKind, SettlementLine
from app.sources.settlements.description import Entry, Format, Grouped, RowReader, Sheet, as_booked, hashed
from app.sources.settlements.faults import Fault
from app.sources.settlements.grouping import by_payout_id
from app.sources.settlements.records import Record, column_key, places_of

PROVIDER = "klarna"

_KINDS = {
    "SALE": SettlementKind.CHARGE,
    "RETURN": SettlementKind.REFUND,
    "REVERSAL": SettlementKind.CHARGEBACK,
    "REVERSAL_MERCHANT_PROTECTION": SettlementKind.CHARGEBACK_REVERSED,
    "FEE": SettlementKind.FEE,
    "FEE_REFUND": SettlementKind.FEE,
    "HOLDBACK": SettlementKind.RESERVE_HELD,
    "RELEASE": SettlementKind.RESERVE_RELEASED,
    "CORRECTION": SettlementKind.ADJUSTMENT,
    "CREDIT": SettlementKind.ADJUSTMENT,
    "CHARGE": SettlementKind.ADJUSTMENT,
}
_TAKEN = frozenset(("RETURN", "REVERSAL", "FEE", "TAX", "CHARGE", "HOLDBACK", "COMMISSION_REVERSAL"))
"""By Klarna's rule of sums these lower the payout (7.3)."""

_KEYS = {
    MatchKey.TRANSACTION_ID: ("capture_id", "refund_id"),
    MatchKey.PAYMENT_ID: ("merchant_reference1",),
    MatchKey.PROVIDER_ORDER_ID: ("order_id",),
    MatchKey.ORDER_NAME: ("merchant_reference2",),
}
_TOTAL = "total_settlement_amount"


@dataclass(frozen=True, slots=True)
class _File:
    """What only the whole file tells."""

    head: Record | None
    """The block of totals."""
    is_minor: bool
    is_signed: bool

    def money(self, record: Record, column: str, currency: str) -> Money:
        """An amount in the file's units. Raises FileNotUnderstoodError."""
        value = record.number(column)
        return record.exact(column, value.scaleb(-exponent(currency)) if self.is_minor else value, currency)


def _file(sheet: Sheet) -> _File:
    head = _block_of_totals(sheet)
    signed = any(record.number("amount") < 0 for record in sheet.records if record.word("type").upper() in _TAKEN)
    return _File(head=head, is_minor=_is_minor(sheet.records), is_signed=signed)


def _is_minor(records: Sequence[Record]) -> bool:
    """By any decimals among the amounts; else by the rates, which come times a hundred where amounts do.

    Raises FileNotUnderstoodError where neither tells.
    """
    numbers = [record.number(column) for record in records for column in ("amount", "vat_amount")]
    texts = [record.text(column) for record in records for column in ("amount", "vat_amount")]
    if any("." in text or "," in text for text in texts) or any(one != one.to_integral_value() for one in numbers):
        return False
    rates = [rate for record in records if (rate := record.number("vat_rate"))]
    if rates:
        return max(rates) >= Decimal(100)
    if not any(numbers):
        return False
    raise records[0].fault("amount", Fault("FILE_CENTS_UNCLEAR"))


def _block_of_totals(sheet: Sheet) -> Record | None:
    for names, values in zip(sheet.head, sheet.head[1:], strict=False):
        places = places_of(names.cells)
        if _TOTAL in places and len(values.cells) >= len(places):
            return Record(values.line, values.cells, places, sheet.records[0].conventions)
    return None


def _reader(sheet: Sheet) -> RowReader:
    file = _file(sheet)

    def entry(record: Record) -> Entry:
        raw_kind = record.needed("type").upper()
        currency = _first(record, file, "currency_code", "currency")
        written = file.money(record, "amount", currency)
        gross = written if file.is_signed else -abs(written) if raw_kind in _TAKEN else written
        kind = _KINDS.get(raw_kind, SettlementKind.OTHER)
        amount, fee = as_booked(kind, gross, Money.zero(currency))
        vat = _vat(record, file, fee) if kind is SettlementKind.FEE else None
        column = next((name for name in ("capture_date", "sale_date") if record.word(name)), "payout_date")
        at = record.moment(column, "UTC")
        payout_id = record.word("payment_reference")
        paid_on = record if record.word("payout_date") else file.head
        keys = record.keys(_KEYS)
        details = (record.word("detailed_type"), record.word("refund_id"), record.word("merchant_capture_reference"))
        return Entry(
            SettlementLine(
                id=hashed(payout_id, raw_kind, *details, at.isoformat(), *keys.values(), f"{gross.minor} {currency}"),
                kind=kind,
                occurred_on=at.date(),
                amount=amount,
                fee=fee - vat if vat else fee,
                fee_vat=vat,
                keys=keys,
                text=record.word("klarna_comment", "detailed_type"),
                raw_kind=raw_kind,
            ),
            at=at,
            file_line=record.line,
            payout_id=payout_id,
            paid_on=paid_on.moment("payout_date", "UTC").date() if payout_id and paid_on else None,
            is_hashed=True,
        )

    return entry


def _first(record: Record, file: _File, *columns: str) -> str:
    """The currency of the row, else of the block of totals. Raises FileNotUnderstoodError."""
    for source in (record, file.head):
        column = next((name for name in columns if source and source.word(name)), None)
        if source and column:
            return source.currency(column)
    raise record.fault(columns[0], Fault("FILE_CELL_EMPTY"))


def _vat(record: Record, file: _File, fee: Money) -> Money | None:
    """VAT inside the fee, with its sign; None where the file has none or it cannot be a part of the fee."""
    if not record.word("vat_amount"):
        return None
    vat = abs(file.money(record, "vat_amount", fee.currency))
    if vat > abs(fee):
        return None
    return -vat if fee.minor < 0 else vat


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    return by_payout_id(PROVIDER, stated=_stated(sheet, entries))(sheet, entries)


def _stated(sheet: Sheet, entries: Sequence[Entry]) -> Mapping[str, Money]:
    """What the block of totals says of the one payout the file is about."""
    file = _file(sheet)
    payouts = {(entry.payout_id, entry.currency) for entry in entries if entry.payout_id}
    if file.head is None or len(payouts) != 1:
        return {}
    payout_id, currency = payouts.pop()
    return {payout_id: file.money(file.head, _TOTAL, currency)}


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Klarna, settlement",
        columns=frozenset(map(column_key, ("type", "amount", "payment_reference", "sale_date"))),
        amounts=("amount", "vat_amount", "vat_rate"),
        days=("sale_date", "capture_date", "payout_date"),
        reader=_reader,
        group=_group,
    ),
)
