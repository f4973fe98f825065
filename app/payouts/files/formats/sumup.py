"""SumUp, report of transactions: the rows of a payout have its id; no row and no line states what was paid out.

Columns: as a public converter of the report names them (SumUp to Online Scout Manager, K. Bailey) and as the handed
case has them; kinds of movements: developer.sumup.com/api/schemas/TransactionEventType. No column tells the currency in
any source: without one it is kronor (docs/settlement-unknowns.md). A row's sign is that of its `Payout`, which its
total less its fee must make.
"""

from __future__ import annotations

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format
from app.payouts.files.faults import Fault
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.left_out import LeftOut, Reason
from app.payouts.files.records import Record, column_key

PROVIDER = "sumup"
_KRONOR = "SEK"
_ENDED = frozenset(("failed", "cancelled", "canceled", "expired", "declined"))
_MOVED = frozenset(("paid out", "successful", "refunded", "partially refunded", "charged back", "chargeback"))
_WAITING = frozenset(("pending", "in progress"))
_CASH = "cash"
_KINDS = {
    "sale": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "charge back": PayoutLineKind.CHARGEBACK,
    "chargeback": PayoutLineKind.CHARGEBACK,
}
_KEYS = {MatchKey.TRANSACTION_ID: ("Transaction ID",), MatchKey.ORDER_NAME: ("Reference",)}


def _entry(record: Record) -> Entry | LeftOut | None:
    currency = record.currency("Currency") if record.word("Currency") else _KRONOR
    status, payout_id = record.needed("Status"), record.word("Payout ID")
    word = status.casefold()
    if word not in _ENDED | _MOVED | _WAITING:
        raise record.fault("Status", Fault("FILE_WORD_NOT_KNOWN", {"word": status}))
    total, fee = record.money("Total", currency), record.money("Fee", currency)
    method = record.word("Payment Method")
    if word in _ENDED or (method.casefold() == _CASH and not payout_id):
        status_text = status if word in _ENDED else method
        text = record.word("Description")
        return LeftOut(record.line, Reason.STATUS, text, status_text, total.decimal, fee.decimal)
    if word in _WAITING:
        return None
    amount, kept = _signed(record, total, fee, currency) if payout_id else (total, fee)
    raw_kind = record.needed("Transaction Type")
    at = record.moment("Date")
    return Entry(
        PayoutLine(
            id=record.needed("Transaction ID"),
            kind=_KINDS.get(raw_kind.casefold(), PayoutLineKind.OTHER),
            occurred_on=at.date(),
            amount=amount,
            fee=kept,
            keys=record.keys(_KEYS),
            text=record.word("Description"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        payout_id=payout_id,
        paid_on=record.moment("Payout date").date() if payout_id else None,
    )


def _signed(record: Record, total: Money, fee: Money, currency: str) -> tuple[Money, Money]:
    """Amount and fee as they change the payout. Raises FileNotUnderstoodError where none makes what is paid out."""
    out = record.money("Payout", currency)
    size, cost = abs(total), abs(fee)
    for amount, kept in ((size, cost), (-size, cost), (-size, -cost), (size, -cost)):
        if amount - kept == out:
            return amount, kept
    raise record.contradiction("Payout", out, total - fee)


FORMATS = (
    Format(
        provider=PROVIDER,
        name="SumUp, transactions",
        columns=frozenset(
            map(
                column_key,
                (
                    "Date", "Transaction ID", "Transaction Type", "Status", "Payment Method", "Total", "Fee", "Payout",
                    "Payout date", "Payout ID",
                ),
            )
        ),
        amounts=("Total", "Net Amount", "Tax amount", "Tip Amount", "Fee", "Payout"),
        days=("Date", "Payout date"),
        reader=lambda _: _entry,
        group=by_payout_id(PROVIDER),
    ),
)  # fmt: skip
