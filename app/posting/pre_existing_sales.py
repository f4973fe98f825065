"""Pre-existing sales: somebody else booked the order, it was refunded since. The sale is adopted, never booked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.kit.money import Money, total
from app.model.finding import UNSTATED, Finding
from app.model.order import Order, Refund, books_day, refunds_to_book
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.plan import Plan
from app.posting.references import MAIN
from app.posting.steps import BookInvoice, BookPayment, PayInvoice, Step
from app.tenants.rules import TenantRules


def refunded_since(order: Order, rules: TenantRules) -> Finding | None:
    """What to ask about an order from before the start of which something came back after it."""
    if rules.cut_over is None and order.shop_since is None:
        return None
    refunds, _waiting = refunds_to_book(order)
    since = [refund for refund in refunds if not _is_before(refund, order, rules) and (refund.goods or refund.amount)]
    if not since:
        return None
    amount = total((max(refund.goods, refund.amount) for refund in since), order.currency)
    return Finding(
        "REFUND_OF_EARLIER_ORDER", order.name, {"order": order.name, "amount": str(amount), "documents": UNSTATED}
    )


def _is_before(refund: Refund, order: Order, rules: TenantRules) -> bool:
    """Whether a refund was made before we were to book."""
    return is_before_start(order, rules, booked_at=refund.created_at, created_at=refund.created_at)


def sale_of(order: Order, plan: Plan, rules: TenantRules) -> CreateInvoice | None:
    """The one invoice that others should have made of an order, as we would; None where it is no simple case.

    Where something came back before the cut-over too, others have made documents of that which we do not know.
    """
    sales = [document for document in plan.documents if not document.credits]
    before = [refund for refund in order.refunds if _is_before(refund, order, rules)]
    if before or plan.manual_entries or [sale.ref for sale in sales] != [MAIN] or sales[0].part:
        return None
    paid = total((payment.closes for payment in plan.payments_of(MAIN) if payment.role != "netting"), order.currency)
    return sales[0] if paid == sales[0].total else None


def adopted_steps(plan: Plan, sale: CreateInvoice) -> tuple[Step, ...]:
    """The steps of the sale that others have done: the invoice, its booking, and the money that paid it."""
    payments: list[PayInvoice] = [payment for payment in plan.payments_of(MAIN) if payment.role != "netting"]
    booked = [step for invoice in payments for step in (invoice, BookPayment(invoice.ref))]
    return (sale, BookInvoice(MAIN), *booked)


@dataclass(frozen=True, slots=True)
class BookedRows:
    """The rows of one account and VAT rate of an invoice as it is booked."""

    account: int
    vat_percent: Decimal
    gross: Decimal
    rows: int


def with_booked_accounts(sale: CreateInvoice, booked: list[BookedRows]) -> CreateInvoice | None:
    """The sale with the accounts of the pre-existing invoice; None where they cannot be distinguished by amount.

    Every account and rate of ours must be exactly one of theirs, to an öre per row.
    """
    own: dict[tuple[int, Decimal], list[InvoiceRow]] = {}
    for row in sale.rows:
        own.setdefault((row.account, row.vat_percent), []).append(row)
    accounts: dict[tuple[int, Decimal], int] = {}
    for (account, rate), rows in own.items():
        gross = total((row.amount for row in rows), sale.currency)
        fitting = [row for row in booked if row.vat_percent == rate and _is_near(row, gross, len(rows))]
        same = [row for row in fitting if row.account == account] or fitting
        if len(same) != 1:
            return None
        accounts[account, rate] = same[0].account
    if len({(account, rate) for (_account, rate), account in accounts.items()}) != len(booked):
        return None
    # Our article numbers are not known to be theirs: a row needs none.
    moved = [replace(row, account=accounts[row.account, row.vat_percent], article_number=None) for row in sale.rows]
    return replace(sale, rows=tuple(moved))


def _is_near(booked: BookedRows, gross: Money, rows: int) -> bool:
    return abs(booked.gross - gross.decimal) * 100 <= max(rows, booked.rows)


def is_before_start(order: Order, rules: TenantRules, *, booked_at: datetime, created_at: datetime) -> bool:
    """Whether something of an order is of the time before we were to book.

    That is the start date, by the day that it belongs to in the books, else the connection of the order's shop.
    """
    if rules.cut_over:
        return books_day(booked_at) < rules.cut_over
    return order.shop_since is not None and created_at < order.shop_since
