"""Vipps MobilePay, settlement report: CSV in three kinds of rows, and XML, which is read as that (`vipps_report`).

One payout per settlement of a sales unit; numbers of settlements are unique within a unit only. What is paid out is the
`Net` of the settlement's own row. A gross settlement pays the whole and its fees are charged separately: then the
lines make the stated sum without fees, and no fee is booked from them. A row's amount is the one that its `Net` proves,
for a refund stands in a column of its own that `Gross` has or has not. Without settlements' rows nothing states a sum.
Rows of FeeInfo are of another account: shown, not booked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.cells import DayOrder, DecimalSign
from app.payouts.files.description import Entry, Format, Grouped, Sheet
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.grouping import payout
from app.payouts.files.left_out import LeftOut, Reason
from app.payouts.files.records import Conventions, Record, column_key, places_of
from app.payouts.files.table import Row
from app.payouts.files.vipps_report import FEE, FEES, SETTLEMENT, SETTLEMENTS, TRANSACTION, TRANSACTIONS

PROVIDER = "vipps"
_KEYS = {
    MatchKey.TRANSACTION_ID: ("TransactionId",),
    MatchKey.PAYMENT_ID: ("OrderID",),
    MatchKey.ORDER_NAME: ("OrderID",),
}
_WITHOUT_ROWS = Conventions(DecimalSign.POINT, DayOrder.DAY_FIRST)
"""How the settlements' rows are read where no transaction proves anything."""
_Key = tuple[str, str, str]
"""Sales unit, settlement and currency."""


@dataclass(frozen=True, slots=True)
class _Stated:
    """A settlement's own row."""

    paid_on: date
    net: Money
    count: str
    line: int


def _entry(record: Record) -> Entry | LeftOut:
    currency = record.currency("Currency")
    if record.word(TRANSACTION) == FEE:
        fee = abs(record.number("Fee"))
        return LeftOut(record.line, Reason.SECTION, record.word("SaleUnitName"), FEE, fee=fee)
    net, written_fee = record.money("Net", currency), record.money("Fee", currency)
    amount = _amount(record, net, written_fee, currency)
    refund = record.money("Refund", currency)
    has_both = bool(refund) and record.money("Gross", currency) not in (refund, Money.zero(currency))
    at = record.moment("SalesDate")
    return Entry(
        PayoutLine(
            id=record.needed("TransactionId"),
            kind=PayoutLineKind.OTHER if has_both else _kind(amount),
            occurred_on=at.date(),
            amount=amount,
            fee=amount - net,
            keys=record.keys(_KEYS),
            text=record.word("SaleUnitName"),
            raw_kind=TRANSACTION,
        ),
        at=at,
        file_line=record.line,
        payout_id=record.needed("SettlementId"),
        paid_on=record.moment("SettlementDate").date(),
        account=record.word("SaleUnitNumber"),
    )


def _kind(amount: Money) -> PayoutLineKind:
    return PayoutLineKind.REFUND if amount.minor < 0 else PayoutLineKind.CHARGE


def _amount(record: Record, net: Money, fee: Money, currency: str) -> Money:
    """What the buyer paid or got back: the reading of both columns that makes the row's net with its fee."""
    gross, refund = record.money("Gross", currency), record.money("Refund", currency)
    for amount in (gross + refund, gross, gross - abs(refund)):
        if abs(amount - net) == abs(fee):
            return amount
    raise record.contradiction("Net", net, gross + refund + fee)


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    stated = dict(_stated(sheet))
    groups: dict[_Key, list[Entry]] = {key: [] for key in stated}
    for entry in entries:
        groups.setdefault((entry.account, entry.payout_id, entry.currency), []).append(entry)
    payouts = {key: _payout(key, group, stated.get(key)) for key, group in groups.items()}
    for key, own in stated.items():
        counted = str(len(groups[key]))
        # What is counted matters only where a sum is wrong.
        if payouts[key].unexplained and own.count != counted:
            values = {"what": payouts[key].id, "written": own.count, "computed": counted}
            raise FileNotUnderstoodError(Fault("FILE_CONTROL_DIFFERS", values), own.line)
    return Grouped(tuple(replace(payout, is_numbered_per_account=True) for payout in payouts.values()), 0)


def _payout(key: _Key, group: Sequence[Entry], own: _Stated | None) -> Payout:
    unit, number, currency = key
    if own is None:
        return payout(PROVIDER, number, group, [])
    lines = tuple(entry.line for entry in group)
    whole = Payout(
        provider=PROVIDER,
        account=unit,
        id=number,
        paid_on=own.paid_on,
        currency=currency,
        paid_out=own.net,
        lines=lines,
    )
    gross = total((line.amount for line in lines), currency)
    if whole.unexplained and gross == own.net:
        return replace(whole, lines=tuple(replace(line, fee=Money.zero(currency)) for line in lines))
    return whole


def _stated(sheet: Sheet) -> Iterator[tuple[_Key, _Stated]]:
    """The settlements' own rows. Raises FileNotUnderstoodError."""
    places = places_of(SETTLEMENTS)
    conventions = sheet.records[0].conventions if sheet.records else _WITHOUT_ROWS
    for row in sheet.head:
        if not row.cells or row.cells[0] != SETTLEMENT or row.cells == SETTLEMENTS[: len(row.cells)]:
            continue
        record = Record(row.line, (*row.cells, *[""] * (len(SETTLEMENTS) - len(row.cells))), places, conventions)
        currency = record.currency("Currency")
        key = record.word("SaleUnitNumber"), record.needed("SettlementID"), currency
        paid_on = record.moment("SettlementDate").date()
        net, count = record.money("Net", currency), record.word("NumberOfTransactions")
        yield key, _Stated(paid_on, net, count, row.line)


def _parts(head: Sequence[Row], header: Row, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row, list[Row]]]:
    """All rows under the transactions' columns; before them the settlements'. Each unit may repeat its sections."""
    every = [*head, header, *rows]
    payouts = [row for row in every if row.cells[:1] == (SETTLEMENT,)]
    body = [row for row in every if row.cells[:1] == (TRANSACTION,) and not _is_header(row, TRANSACTIONS)]
    fees = [_as_transaction(row) for row in every if row.cells[:1] == (FEE,) and not _is_header(row, FEES)]
    yield payouts, Row(header.line, TRANSACTIONS), [*body, *fees]


def _is_header(row: Row, columns: Sequence[str]) -> bool:
    return [column_key(cell) for cell in row.cells[:3]] == [column_key(name) for name in columns[:3]]


def _as_transaction(row: Row) -> Row:
    """A fee's row under the transactions' columns."""
    named = dict(zip(FEES, row.cells, strict=False))
    cells = {TRANSACTION: FEE, "SaleUnitName": named.get("SaleUnitName", ""), "Currency": named.get("Currency", "")}
    cells |= {"Fee": named.get("Fee", ""), "SaleUnitNumber": named.get("SaleUnitNumber", "")}
    return Row(row.line, tuple(cells.get(name, "") for name in TRANSACTIONS))


def _format(name: str, columns: Sequence[str]) -> Format:
    return Format(
        provider=PROVIDER,
        name=name,
        columns=frozenset(map(column_key, columns)),
        amounts=("Gross", "Fee", "Refund", "Net"),
        days=("SalesDate", "SettlementDate"),
        reader=lambda _: _entry,
        group=_group,
        sections=_parts,
        day_order=DayOrder.DAY_FIRST,
    )


FORMATS = (
    _format("Vipps MobilePay, settlement report", SETTLEMENTS[:-1]),
    # Of many settlements the transactions begin far down; of none they begin the file.
    _format("Vipps MobilePay, transactions of settlements", TRANSACTIONS),
)
