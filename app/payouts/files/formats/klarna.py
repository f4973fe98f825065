"""Klarna, settlement CSV: blocks of totals, each with its transactions (docs.klarna.com, settlement files; 7.2, 7.3).

The file itself decides whether amounts are in minor units and whether they carry signs. What was paid out is the
block's `total_settlement_amount`. By Klarna's rule of sums the VAT of fees (`total_tax_amount`) is taken beside the
fees, so it lies on top of them; where only the other reading makes the total, it lies inside. Where neither does, the
payout stays unexplained and is not booked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from app.kit.money import Money, exponent
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.cells import DecimalSign
from app.payouts.files.description import Entry, Format, Grouped, RowReader, Sheet, StatedSum, as_booked, hashed
from app.payouts.files.faults import Fault
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Conventions, Record, column_key, places_of
from app.payouts.files.table import Row

PROVIDER = "klarna"
KUSTOM = "kustom"
"""The former Klarna Checkout: its reports are Klarna's in form (help.kustom.co, Settlement reports).

Merchant ids of merchants who were never Klarna's begin with M (help.kustom.co, Configure settlement reports). The
reports of those who moved from Klarna have nothing that tells them apart: see docs/settlement-unknowns.md.
"""

_KINDS = {
    "SALE": PayoutLineKind.CHARGE,
    "RETURN": PayoutLineKind.REFUND,
    "REVERSAL": PayoutLineKind.CHARGEBACK,
    "REVERSAL_MERCHANT_PROTECTION": PayoutLineKind.CHARGEBACK_REVERSED,
    "FEE": PayoutLineKind.FEE,
    "FEE_REFUND": PayoutLineKind.FEE,
    "HOLDBACK": PayoutLineKind.RESERVE_HELD,
    "RELEASE": PayoutLineKind.RESERVE_RELEASED,
    "CORRECTION": PayoutLineKind.ADJUSTMENT,
    "CREDIT": PayoutLineKind.ADJUSTMENT,
    "CHARGE": PayoutLineKind.ADJUSTMENT,
}
_RESERVES = frozenset((PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED))
_TAKEN = frozenset(("RETURN", "REVERSAL", "FEE", "TAX", "CHARGE", "HOLDBACK", "COMMISSION_REVERSAL"))
"""By Klarna's rule of sums these lower the payout (7.3)."""

_DEBTS_AT_KLARNA = frozenset(("TRANSFER_FROM_LEGACY_INTEGRATION",))
"""Debts at Klarna that Kustom nets (help.kustom.co, Managing Klarna negative balances during checkout migration)."""

_TOTAL, _TAX, _TYPE = "total_settlement_amount", "total_tax_amount", "merchant_settlement_type"
_OF_TOTALS = (
    ("total_repay_amount", -1, PayoutLineKind.CARRIED_FORWARD),
    ("total_deposit_amount", 1, PayoutLineKind.CARRIED_FORWARD),
    ("total_fee_correction_amount", 1, PayoutLineKind.FEE),
    ("total_holdback_amount", -1, PayoutLineKind.RESERVE_HELD),
    ("total_release_amount", 1, PayoutLineKind.RESERVE_RELEASED),
)
"""Parts of the total that no row states: debt paid back, debt left to the next settlement, fees corrected, reserves.

A reserve may have rows of its own: then they are its lines."""
_VAT, _RATE = ("vat_amount", "tax_amount"), ("vat_rate", "tax_rate")
_CURRENCY = ("currency_code", "currency", "posting_currency", "settlement_currency")


_WITHOUT_ROWS = Conventions(DecimalSign.POINT, None)


@dataclass(frozen=True, slots=True)
class _File:
    """What only the whole file states."""

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

    Raises FileNotUnderstoodError where neither decides.
    """
    numbers = [record.number(column) for record in records for column in ("amount", *_VAT)]
    texts = [record.text(column) for record in records for column in ("amount", *_VAT)]
    if any("." in text or "," in text for text in texts) or any(
        number != number.to_integral_value() for number in numbers
    ):
        return False
    rates = [rate for record in records for column in _RATE if (rate := record.number(column))]
    if rates:
        return max(rates) >= Decimal(100)
    if not any(numbers):
        return False
    raise records[0].fault("amount", Fault("FILE_CENTS_UNCLEAR"))


def _block_of_totals(sheet: Sheet) -> Record | None:
    conventions = sheet.records[0].conventions if sheet.records else _WITHOUT_ROWS
    for names, values in zip(sheet.head, sheet.head[1:], strict=False):
        places = places_of(names.cells)
        if _TOTAL in places and len(values.cells) >= len(places):
            return Record(values.line, values.cells, places, conventions)
    return None


def _reader(sheet: Sheet, provider: str) -> RowReader:
    file = _file(sheet)

    def entry(record: Record) -> Entry:
        raw_kind = record.needed("type").upper()
        currency = _first(record, file, *_CURRENCY)
        written = file.money(record, "amount", currency)
        gross = written if file.is_signed else -abs(written) if raw_kind in _TAKEN else written
        kind = _kind(raw_kind, record, provider)
        amount, fee = as_booked(kind, gross, Money.zero(currency))
        vat = _vat(record, file, fee) if kind is PayoutLineKind.FEE else None
        column = next((name for name in ("capture_date", "sale_date") if record.word(name)), "payout_date")
        at = record.moment(column, "UTC")
        payout_id = record.word("payment_reference") or (file.head.word("payment_reference") if file.head else "")
        paid_on = record if record.word("payout_date") else file.head
        keys = _keys(record, raw_kind)
        details = (record.word("detailed_type"), record.word("refund_id"), record.word("merchant_capture_reference"))
        return Entry(
            PayoutLine(
                id=hashed(payout_id, raw_kind, *details, at.isoformat(), *keys.values(), f"{gross.minor} {currency}"),
                kind=kind,
                occurred_on=at.date(),
                amount=amount,
                fee=fee,
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


def _kind(raw_kind: str, record: Record, provider: str) -> PayoutLineKind:
    """The payout line kind; the detailed type marks what Kustom takes for a debt at Klarna."""
    if provider == KUSTOM and raw_kind == "CHARGE" and record.word("detailed_type").upper() in _DEBTS_AT_KLARNA:
        return PayoutLineKind.NETTED_DEBT
    return _KINDS.get(raw_kind, PayoutLineKind.OTHER)


def _keys(record: Record, raw_kind: str) -> dict[MatchKey, str]:
    """Which reference is the order's name and which the shop's payment id differs by shop: both are tried as either.

    Shopify writes its payment id into both, once as `gid://shopify/PaymentSession/<id>`. A capture may be returned
    in parts: a return is only its refund's id.
    """
    first, second = (record.word(f"merchant_reference{number}").rpartition("/")[2] for number in (1, 2))
    is_return = raw_kind == "RETURN"
    keys = {
        MatchKey.TRANSACTION_ID: record.word("refund_id") if is_return else record.word("capture_id", "refund_id"),
        MatchKey.PAYMENT_ID: first,
        MatchKey.PROVIDER_ORDER_ID: record.word("order_id"),
        MatchKey.ORDER_NAME: second or first,
    }
    return {key: value for key, value in keys.items() if value}


def _first(record: Record, file: _File, *columns: str) -> str:
    """The currency of the row, else of the block of totals. Raises FileNotUnderstoodError."""
    for source in (record, file.head):
        column = next((name for name in columns if source and source.word(name)), None)
        if source and column:
            return source.currency(column)
    raise record.fault(columns[0], Fault("FILE_CELL_EMPTY"))


def _vat(record: Record, file: _File, fee: Money) -> Money | None:
    """VAT of the fee as the row states it, with the fee's sign; None where the file states none."""
    column = next((name for name in _VAT if record.word(name)), "")
    if not column:
        return None
    vat = abs(file.money(record, column, fee.currency))
    return -vat if fee.minor < 0 else vat


def _group(sheet: Sheet, entries: Sequence[Entry], provider: str) -> Grouped:
    """Each payout with what only its block of totals tells, and its VAT where the total proves it to lie."""
    file = _file(sheet)
    if not entries and file.head is not None:
        return Grouped((), 0, tuple(_sum_alone(file.head)))
    grouped = by_payout_id(provider)(sheet, entries)
    if file.head is None or len(grouped.payouts) != 1:
        return Grouped(tuple(map(_with_vat_inside, grouped.payouts)), grouped.pending)
    (payout,) = grouped.payouts
    return Grouped((_with_totals(payout, file, file.head),), grouped.pending)


def _sum_alone(head: Record) -> Iterator[StatedSum]:
    """What a block of totals states whose rows are not there. In which unit only decimals tell."""
    column = next((name for name in _CURRENCY if head.word(name)), "")
    reference = head.word("payment_reference")
    if reference and head.word("payout_date") and "." in head.text(_TOTAL).replace(",", "."):
        currency = head.currency(column) if column else "SEK"
        yield StatedSum(reference, head.moment("payout_date", "UTC").date(), head.money(_TOTAL, currency))


def _with_totals(payout: Payout, file: _File, head: Record) -> Payout:
    stated = file.money(head, _TOTAL, payout.currency)
    more = [line for column, sign, kind in _OF_TOTALS if (line := _of_total(payout, file, head, column, sign, kind))]
    whole = replace(payout, paid_out=stated, is_captured=True, lines=(*payout.lines, *more))
    readings = [whole, _with_vat_inside(whole), *_with_tax_of_totals(whole, file, head)]
    if head.word(_TYPE).upper() == "GROSS":
        readings.append(
            replace(whole, lines=tuple(line for line in whole.lines if line.kind is not PayoutLineKind.FEE))
        )
    return next((reading for reading in readings if not reading.unexplained), whole)


def _of_total(
    payout: Payout, file: _File, head: Record, column: str, sign: int, kind: PayoutLineKind
) -> PayoutLine | None:
    written = file.money(head, column, payout.currency)
    if not written or (kind in _RESERVES and any(line.kind is kind for line in payout.lines)):
        return None
    amount, fee = as_booked(kind, written if sign > 0 else -abs(written), Money.zero(payout.currency))
    return PayoutLine(
        id=hashed(payout.id, column), kind=kind, occurred_on=payout.paid_on, amount=amount, fee=fee, raw_kind=column
    )


def _with_vat_inside(payout: Payout) -> Payout:
    """The same with fees that hold their VAT; a row whose VAT is more than its fee cannot."""
    return replace(payout, lines=tuple(map(_inside, payout.lines)))


def _inside(line: PayoutLine) -> PayoutLine:
    if not line.fee_vat:
        return line
    if abs(line.fee_vat) > abs(line.fee):
        return replace(line, fee_vat=None)
    return replace(line, fee=line.fee - line.fee_vat)


def _with_tax_of_totals(payout: Payout, file: _File, head: Record) -> Iterator[Payout]:
    """Where rows state no VAT, the block's own, which is taken beside the fees."""
    tax = abs(file.money(head, _TAX, payout.currency))
    if tax and not any(line.fee_vat for line in payout.lines):
        zero = Money.zero(payout.currency)
        line = PayoutLine(
            id=hashed(payout.id, _TAX), kind=PayoutLineKind.FEE, occurred_on=payout.paid_on, amount=zero, fee=zero,
            fee_vat=tax, raw_kind=_TAX,
        )  # fmt: skip
        yield replace(payout, lines=(*payout.lines, line))


def _sections(head: Sequence[Row], header: Row, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row, list[Row]]]:
    """Each block of totals with the rows after it: several settlements may stand in one download."""
    own: list[Row] = []
    place = 0
    while place < len(rows):
        if _TOTAL not in map(column_key, rows[place].cells):
            own.append(rows[place])
            place += 1
            continue
        yield head, header, own
        columns = (number for number in range(place, len(rows)) if _is_header(rows[number]))
        start = next(columns, len(rows) - 1)
        head, header, own = rows[place:start], rows[start], []
        place = start + 1
    yield head, header, own


def _is_header(row: Row) -> bool:
    return frozenset(map(column_key, row.cells)) >= _COLUMNS


_COLUMNS = frozenset(map(column_key, ("type", "amount", "sale_date")))
_MERCHANT = column_key("merchant_id")
_OF_KUSTOM = re.compile(r"M\d+")


def _is_kustoms(rows: Sequence[Row]) -> bool:
    """Whether a merchant id of any block or row is one of Kustom's own."""
    place: int | None = None
    for row in rows:
        keys = [column_key(cell) for cell in row.cells]
        if _MERCHANT in keys:
            place = keys.index(_MERCHANT)
        elif _TOTAL in keys or frozenset(keys) >= _COLUMNS:
            place = None
        elif place is not None and place < len(row.cells) and _OF_KUSTOM.fullmatch(row.cells[place].strip()):
            return True
    return False


def _format(provider: str, name: str, fits: Callable[[Sequence[Row]], bool] | None = None) -> Format:
    return Format(
        provider=provider,
        name=name,
        columns=_COLUMNS,
        amounts=("amount", *_VAT, *_RATE),
        days=("sale_date", "capture_date", "payout_date"),
        reader=partial(_reader, provider=provider),
        group=partial(_group, provider=provider),
        sections=_sections,
        fits=fits,
    )


FORMATS = (
    _format(KUSTOM, "Kustom, settlement", _is_kustoms),
    _format(PROVIDER, "Klarna, settlement"),
)
