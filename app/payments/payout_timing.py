"""When a payment is booked: as the money moves, or at the provider's payout (accounting.md 1.3, models A, B).

The entry is the same, on the same clearing account; only its day differs. Money that waits counts as if it
had paid, so that nothing else takes its place, and then left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType

from app.adjustments.creditable_lines import PostedDocuments
from app.model.answers import NO_ANSWERS, Answers
from app.model.order import BOOKS_ZONE, Order, Transaction, TransactionKind, WriteOff
from app.model.payout import MatchKey, PayoutLine
from app.payments.allocation import Allocation, allocate
from app.posting.documents import CreateInvoice
from app.tenants.rules import TenantRules

_SOME_DAY = datetime(9999, 1, 1, tzinfo=UTC)
"""A time after all other payments: money that waits must not settle a document before money that is there."""


def clear(
    order: Order,
    rules: TenantRules,
    documents: Sequence[CreateInvoice],
    posted: PostedDocuments,
    answers: Answers = NO_ANSWERS,
) -> Allocation:
    """As `allocate`, without money that waits for its payout; what was paid out has the payout's day.

    A charge waits only as long as nothing is credited: Fortnox would set an open invoice off against its credit note,
    and the payout would bring both once more (accounting.md 2.6). It is then paid first, on the day it was taken.
    """
    has_credits = any(document.credits for document in documents)
    waiting: set[str] = set()
    moments: dict[str, datetime] = {}
    for transaction in (*order.money_in, *order.money_out):
        if provider_of(transaction, rules) not in rules.clear_at_payout:
            continue
        if transaction.paid_out_on is not None:
            moments[transaction.id] = datetime.combine(transaction.paid_out_on, time(12), BOOKS_ZONE)
        elif transaction.kind is TransactionKind.REFUND or not has_credits:
            waiting.add(transaction.id)
            moments[transaction.id] = _SOME_DAY
    if not moments:
        return allocate(order, rules, documents, posted, answers)
    timed = tuple(
        replace(transaction, processed_at=moments.get(transaction.id, transaction.processed_at))
        for transaction in order.transactions
    )
    settled = allocate(replace(order, transactions=timed), rules, documents, posted, answers)
    return replace(
        settled,
        payments=tuple(payment for payment in settled.payments if payment.transaction_id not in waiting),
        vouchers=tuple(voucher for voucher in settled.vouchers if voucher.day < _SOME_DAY.date()),
    )


def provider_of(transaction: Transaction, rules: TenantRules) -> str:
    """The provider that holds a transaction's money, as payouts name it; empty where it is none (cash, a gift card)."""
    stem = rules.gateways.get(transaction.gateway.lower(), "")
    return stem.removeprefix("psp.") if stem.startswith("psp.") else ""


def with_payout_days(
    order: Order, days: Mapping[str, date], fees: Mapping[str, tuple[WriteOff, ...]] = MappingProxyType({})
) -> Order:
    """The order whose transactions say when they were paid out. `days`: transaction → day.

    `fees`: transaction → what its payment is to write off of it.
    """
    reported = tuple(
        replace(
            transaction,
            paid_out_on=days.get(transaction.id, transaction.paid_out_on),
            write_offs=fees.get(transaction.id, ()),
        )
        for transaction in order.transactions
    )
    return replace(order, transactions=reported)


def transaction_of(line: PayoutLine, transactions: Iterable[Transaction], used: Collection[str], *, by_id: bool) -> str:
    """Which transaction of its order a line settles, whole; empty where none surely is. `used`: those of other lines.

    `by_id`: the line names the shop's own transaction. Else the payment's id tells, or the amount among this one
    order's transactions: an amount alone never decides which order it is.
    """
    kinds = (TransactionKind.REFUND,) if line.amount.minor < 0 else (TransactionKind.SALE, TransactionKind.CAPTURE)
    able = [
        transaction
        for transaction in transactions
        if transaction.succeeded and transaction.kind in kinds and transaction.id not in used
    ]
    if by_id:
        return next(
            (transaction.id for transaction in able if transaction.id == line.keys.get(MatchKey.TRANSACTION_ID)), ""
        )
    amounts = {
        abs(line.amount),
        *((order_amount,) if (order_amount := line.order_amount and abs(line.order_amount)) else ()),
    }
    of_amount = [transaction for transaction in able if transaction.amount in amounts or transaction.settled in amounts]
    named = [
        transaction
        for transaction in of_amount
        if transaction.payment_id and transaction.payment_id == line.keys.get(MatchKey.PAYMENT_ID)
    ]
    return next((transaction.id for transaction in named or of_amount), "")
