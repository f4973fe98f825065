"""Swish, as Handelsbanken reports it: records without a header, 01 to begin, 02 for a payment, 03 to end.

Handelsbanken, "CSV Swish report", implementation guidelines 3.1 (handelsbanken.com, Global Gateway, local formats) and
docs.findock.com, Processing Swish reports: the fields of record 02, of which the BIC is always HANDSESS; with commas
the decimal sign is a point, with semicolons a comma.

Older reports have fifteen fields and no booking day; the handed case
has no name. So the fields after the payer's number are counted from the time stamp, which none but one can be.
Types: SWH a payment, SWR a refund, SWT a refund that came back, SWU money paid out, SWZ that come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.kit.money import Money, total
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, Sheet
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.formats.swish import PROVIDER
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, places_of
from app.payouts.files.table import Row

_START, _PAYMENT, _END = "01", "02", "03"
_BIC, _BIC_PLACE = "HANDSESS", 3
_BEFORE = ("record", "organisation", "account", "bic", "receiver", "day", "type", "amount", "currency", "payer")
_COUNTED_FROM_STAMP = {-3: "reference", -2: "message", -1: "order", 0: "stamp", 1: "booked"}
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?.*")
_TYPES = {
    "SWH": (PayoutLineKind.CHARGE, 1),
    "PAYMENT": (PayoutLineKind.CHARGE, 1),
    "SWR": (PayoutLineKind.REFUND, -1),
    "REFUND": (PayoutLineKind.REFUND, -1),
    "SWT": (PayoutLineKind.REFUND_FAILED, 1),
    "SWU": (PayoutLineKind.OTHER, -1),
    "SWZ": (PayoutLineKind.OTHER, 1),
}
_KEYS = {MatchKey.ORDER_NAME: ("order", "message"), MatchKey.PAYMENT_ID: ("order",)}


def _header_of(row: Row, rows: Sequence[Row]) -> Row | None:
    payment = next((row for row in rows if row.cells[0].strip() == _PAYMENT), None)
    if row.cells[0].strip() != _START or payment is None or len(payment.cells) <= len(_BEFORE):
        return None
    stamp = next(
        (place for place in range(len(_BEFORE), len(payment.cells)) if _STAMP.fullmatch(payment.cells[place].strip())),
        0,
    )
    if payment.cells[_BIC_PLACE].strip().upper() != _BIC or stamp < len(_BEFORE) + 3:
        return None
    names = [f"field {place}" for place in range(len(payment.cells))]
    names[: len(_BEFORE)] = _BEFORE
    for distance, name in _COUNTED_FROM_STAMP.items():
        if stamp + distance < len(names):
            names[stamp + distance] = name
    return Row(row.line, tuple(names))


def _parts(_head: Sequence[Row], header: Row, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row, list[Row]]]:
    payments = [row for row in rows if row.cells[0].strip() == _PAYMENT]
    yield [row for row in rows if row.cells[0].strip() != _PAYMENT], header, payments


def _entry(record: Record) -> Entry:
    currency = record.currency("currency")
    written, word = record.money("amount", currency), record.needed("type")
    if word.upper() not in _TYPES:
        raise record.fault("type", Fault("FILE_WORD_NOT_KNOWN", {"word": word}))
    kind, sign = _TYPES[word.upper()]
    amount = abs(written) if sign > 0 else -abs(written)
    at = record.moment("stamp")
    day = "booked" if record.word("booked") else "day"
    booked = record.moment(day).date()
    receiver = record.needed("receiver")
    return Entry(
        PayoutLine(
            id=record.needed("reference"),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=Money.zero(currency),
            keys=record.keys(_KEYS),
            text=record.word("message"),
            raw_kind=word,
        ),
        at=at,
        file_line=record.line,
        payout_id=f"{receiver} {booked}",
        paid_on=booked,
        account=receiver,
    )


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """Payments by receiver and booking day, if the last record is there and right. Raises FileNotUnderstoodError."""
    end = next((row for row in sheet.head if row.cells[0].strip() == _END), None)
    if end is None:
        raise FileNotUnderstoodError(Fault("FILE_END_MISSING", {"row": _END}))
    currency = entries[0].currency
    amounts = [entry.line.amount for entry in entries if entry.currency == currency]
    sums = (total(amounts, currency), total(map(abs, amounts), currency))
    record = Record(
        end.line, (*end.cells, "", "", ""), places_of(("record", "count", "sum")), sheet.records[0].conventions
    )
    count = record.word("count")
    if count.lstrip("0") != str(len(entries)):
        raise _differs(end.line, count, str(len(entries)))
    if record.word("sum") and record.money("sum", currency) not in sums:
        raise _differs(end.line, record.word("sum"), str(sums[0]))
    return by_payout_id(PROVIDER, is_captured=True)(sheet, entries)


def _differs(line: int, written: str, computed: str) -> FileNotUnderstoodError:
    return FileNotUnderstoodError(
        Fault("FILE_CONTROL_DIFFERS", {"what": _END, "written": written, "computed": computed}), line
    )


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Swish, Handelsbanken",
        columns=frozenset(),
        amounts=("amount",),
        days=("day", "booked"),
        reader=lambda _: _entry,
        group=_group,
        sections=_parts,
        decimals=None,
        header_of=_header_of,
    ),
)
