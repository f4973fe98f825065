"""Whether an order is to be booked now, later or never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.invoice import trigger_of
from app.invoicing.return_fees import fees_of
from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.order import Order, books_day, refunds_to_book
from app.payments.advances import has_advances
from app.posting.plan import Skipped, Stopped, stopped
from app.posting.pre_existing_sales import is_before_start, refunded_since
from app.tenants.rules import TenantRules, Trigger

LONG_WAIT = timedelta(hours=24)
NOT_PAID = "not_paid"
"""The buyer has not paid all of it."""
NEVER_SOLD = "never_sold"
"""Cancelled before it was paid in full."""
BEFORE_CUT_OVER = "before_cut_over"
"""Sold before the cut-over."""


def never_booked(order: Order, rules: TenantRules, posted: PostedDocuments) -> Skipped | Stopped | None:
    """Why nothing of the order is ever booked; None where something stands in the books, or is to.

    What was refunded since the cut-over of an order sold before it is a question.
    """
    if posted.is_started or has_advances(posted):
        return None
    reason = skip_reason(order, rules)
    asked = refunded_since(order, rules) if reason == BEFORE_CUT_OVER else None
    if asked:
        return stopped([asked])
    return Skipped(reason) if reason else None


def awaited_for_first_invoice(order: Order, rules: TenantRules, posted: PostedDocuments) -> str:
    """Key of what an order waits for that has no invoice yet; empty: it waits no longer."""
    if posted.is_started:
        return ""
    return never_sold(order, has_advances=has_advances(posted)) or wait_reason(order, rules)


def skip_reason(order: Order, rules: TenantRules) -> str:
    """Key of why an order is never booked, or nothing."""
    if order.test:
        return "test_order"
    if is_from_before(order, rules):
        return BEFORE_CUT_OVER
    if order.cancelled_at and not order.money_in:
        return "cancelled_before_capture"
    # Money in another currency is a finding of its own, also where nothing is owed.
    if not order.total and not any(currency_findings(order)) and not order.kept:
        return "zero_total"
    return ""


def is_from_before(order: Order, rules: TenantRules) -> bool:
    """Whether an order was sold before the cut-over."""
    return is_before_start(order, rules, booked_at=order.processed_at, created_at=order.created_at)


def wait_reason(order: Order, rules: TenantRules) -> str:
    """Key of what the tenant's trigger waits for, or nothing."""
    trigger = trigger_of(order, rules)
    if trigger is Trigger.FULFILLED:
        return "" if order.delivered_at else "not_delivered"
    if trigger is Trigger.CREATED or not order.transactions_known:
        return ""
    return "" if is_covered(order, rules.payment_tolerance) else NOT_PAID


_SHORT_PERCENT = 5
"""A payment that lacks at most this much of the total is a short payment, which a person settles, and no deposit."""


def is_short_payment(order: Order) -> bool:
    """Whether nearly all of an order is paid: nobody agreed on an advance (öre rounded off, a bank's charge)."""
    missing = order.total - order.received
    return 0 < missing.minor * 100 <= order.total.minor * _SHORT_PERCENT


def never_sold(order: Order, *, has_advances: bool) -> str:
    """`NEVER_SOLD` for an order that was cancelled before it was paid in full: what came of money was an advance.

    Goods that were cancelled before delivery and payment were never sold (acc-19): no invoice is made of them.
    """
    is_void = bool(order.cancelled_at) and not order.delivered_at and (has_advances or order.received < order.total)
    return NEVER_SOLD if is_void else ""


def is_covered(order: Order, tolerance: int = 0) -> bool:
    """Whether the buyer has paid what the order comes to now, money and goods that went back taken off both sides.

    `tolerance`: minor units that may be missing.
    """
    refunds, _waiting = refunds_to_book(order)
    expected = order.total + fees_of(order) - Money(tolerance, order.currency)
    returned = total(
        (refund.goods + (refund.discrepancy or Money.zero(order.currency)) for refund in refunds), order.currency
    )
    return order.received >= expected or order.kept >= expected - returned


def currency_findings(order: Order) -> Iterator[Finding]:
    """Money in another currency than the order's: nobody knows what it pays."""
    for transaction in (*order.money_in, *order.money_out):
        if transaction.amount.currency != order.currency:
            data = {"payment_currency": transaction.amount.currency, "currency": order.currency}
            yield Finding("FORTNOX_CURRENCY_MISMATCH", transaction.id, data)


def long_wait(order: Order, now: datetime) -> tuple[Finding, ...]:
    """What is owed, received and missing of an order that has waited for its money for more than a day.

    On payment terms the day begins when they end; of what was added or exchanged later, when that was agreed.
    """
    days = (order.terms.days or 0) if order.terms else 0
    agreed = [order.processed_at, *(refund.created_at for refund in order.refunds)]
    agreed += [order.edited_at] if order.edited_at else []
    if now - max(agreed) <= LONG_WAIT + timedelta(days=days):
        return ()
    refunds, _waiting = refunds_to_book(order)
    balance = order.total + fees_of(order) - total((refund.goods for refund in refunds), order.currency)
    data = {
        "shop_amount": str(balance),
        "received_amount": str(order.kept),
        "missing_amount": str(balance - order.kept),
        "date": books_day(order.processed_at).isoformat(),
    }
    return (Finding("ORDER_WAITS_FOR_PAYMENT", "", data),)
