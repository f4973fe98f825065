"""A credit note that takes back what its invoice gave as a discount: the buyer would get more than was ever paid."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from app.kit.money import Money
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceRow
from app.model.finding import Finding
from app.posting.documents import CreateInvoice

_ORE = Decimal("0.01")


def lacks_discount(step: CreateInvoice, credit: WireInvoice) -> list[Finding]:
    """The finding where prices of a credit note are above those of its invoice, by no more than the discounts on it.

    `step` is the credit note as we asked for it, or the invoice that somebody else credited. What is beyond for another
    reason (an invoice fee of the customer's record, more goods than were sold) is no matter of discounts.
    """
    if step.discount is None or credit.currency != step.currency:
        return []
    stands, planned = abs(credit.total - credit.round_off), abs(step.total.decimal)
    beyond = stands - planned
    is_of_prices = abs(_priced(credit.rows) - stands) <= _ORE * max(len(credit.rows), 1)
    if 0 < beyond <= step.discount.decimal and is_of_prices:
        return [_finding(credit, stands, step.total)]
    if step.credits:
        return []
    for row in credit.rows:
        most = _highest_price(step, row)
        if most is not None and 0 < row.price - most.decimal <= step.discount.decimal:
            return [_finding(credit, row.price, most)]
    return []


def _priced(rows: Iterable[WireInvoiceRow]) -> Decimal:
    return abs(sum((row.price * row.delivered_quantity for row in rows), Decimal(0)))


def _highest_price(invoice: CreateInvoice, row: WireInvoiceRow) -> Money | None:
    """The highest unit price on the invoice's rows of the same account and rate."""
    same = (
        candidate
        for candidate in invoice.rows
        if (candidate.account, candidate.vat_percent) == (row.account_number, row.vat)
    )
    return max((candidate.unit_price for candidate in same), default=None) if row.delivered_quantity else None


def _finding(credit: WireInvoice, stands: Decimal, planned: Money) -> Finding:
    number = credit.document_number
    data = {
        "document": number,
        "computed_amount": f"{stands} {credit.currency}",
        "shop_amount": f"{abs(planned.decimal)} {credit.currency}",
    }
    return Finding("CREDIT_INVOICE_MISSING_DISCOUNT_ROW", number, data)
