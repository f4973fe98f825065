"""Over-refunds: money that went back beyond any credit note. A person is asked, and may have it booked as a voucher.

The last resort (accounting.md 2.6, C): no document is in the customer ledger, and no VAT changes, because more than
was sold cannot be a price reduction. Never booked unasked, and reported as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.kit.money import Money, total
from app.model.answers import Answers
from app.model.finding import Finding
from app.model.order import Order, Transaction
from app.payments.payment import settled_share
from app.posting.references import Purpose, VoucherRef
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, MoneyMoved, rows_of
from app.tenants.rules import TenantRules

ROLE = "refund_excess"
"""Role of the cost: what the shop paid and the buyer had no claim to."""


def moved_by(transaction: Transaction, payments: Iterable[PayInvoice], vouchers: Iterable[CreateVoucher]) -> Money:
    """What payments and vouchers use of a transaction; negative where money went back."""
    earlier = (payment for payment in payments if payment.transaction_id == transaction.id)
    # Rounding that the shop states comes on top of the amount; what we took for rounding is used up with it.
    used = [invoice.closes if transaction.rounding else invoice.amount for invoice in earlier]
    used += [
        voucher.money.amount for voucher in vouchers if voucher.money and voucher.money.transaction_id == transaction.id
    ]
    return total(used, transaction.amount.currency)


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A part of a transaction that no document of the order takes."""

    transaction: Transaction
    amount: Money
    """Above zero, whichever way it went."""
    payment: PayInvoice | None
    """The payment that such money would be; None where its gateway has no account."""

    @property
    def account(self) -> int | None:
        """The clearing account it moved on."""
        return self.payment.account if self.payment else None


def less_what_returned(
    too_much: Iterable[LeftOver], beyond: Iterable[LeftOver]
) -> tuple[list[LeftOver], list[LeftOver]]:
    """What is left of money in and of money out, where the one gave the other back on the same account.

    An order that was lowered before its invoice, and of which the difference was paid back: nothing was sold for that
    money and nothing is owed, and the clearing account holds the rest as it is.
    """
    back, still = list(beyond), []
    for received in too_much:
        left = received.amount
        for place, returned in enumerate(back):
            is_same_account = received.account is not None and returned.account == received.account
            given_back = min(left, returned.amount) if is_same_account else None
            if given_back:
                left -= given_back
                back[place] = replace(returned, amount=returned.amount - given_back)
        still.append(replace(received, amount=left))
    return [money for money in still if money.amount], [money for money in back if money.amount]


def beyond_credit(left: LeftOver, order: Order, rules: TenantRules, answers: Answers) -> CreateVoucher | Finding:
    """What becomes of the part of a refund's money that no credit note takes: a question, or the voucher."""
    transaction, paid_by = left.transaction, left.payment
    data = {"order": order.name, "amount": str(left.amount), "transaction": transaction.id}
    kronor = in_kronor(transaction, left.amount)
    if kronor is None:
        return Finding("REFUND_BEYOND_CREDIT_FOREIGN", transaction.id, data)
    if paid_by is None or not answers.wants_voucher(transaction.id):
        return Finding("REFUND_BEYOND_CREDIT", transaction.id, data)
    cost = rules.account(ROLE)
    if cost is None:
        return Finding("ROLE_UNMAPPED", ROLE, {"role": ROLE})
    return CreateVoucher(
        ref=VoucherRef(Purpose.OVER_REFUND, transaction.id),
        day=paid_by.day,
        text=f"Återbetalning utöver kreditfaktura {order.name}",
        series=rules.payout_series,
        rows=rows_of([(cost, kronor), (paid_by.account, -kronor)]),
        reference=f"{order.name} {transaction.id} utöver",
        document=paid_by.document,
        money=MoneyMoved(transaction.id, -left.amount, -transaction.amount, paid_by.role, -kronor),
    )


def in_kronor(transaction: Transaction, amount: Money) -> Money | None:
    """A part of a transaction in kronor; None where only Fortnox knows the rate."""
    if amount.currency == BOOKS_CURRENCY:
        return amount
    share = settled_share(transaction, amount)
    return share if share is not None and share.currency == BOOKS_CURRENCY else None


def over_refund_findings(order: Order, vouchers: Iterable[CreateVoucher]) -> Iterator[Finding]:
    """A voucher in place of a document stays visible on its order."""
    for voucher in vouchers:
        if voucher.money and voucher.ref.purpose is Purpose.OVER_REFUND:
            data = {"order": order.name, "amount": str(-voucher.money.amount), "date": voucher.day.isoformat()}
            yield Finding("REFUND_BOOKED_AS_VOUCHER", voucher.money.transaction_id, data)
