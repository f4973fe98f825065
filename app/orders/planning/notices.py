"""Notices about an order that block nothing."""

from __future__ import annotations

from collections.abc import Iterable

from app.invoicing.captured import is_captured
from app.invoicing.customers import usable_email
from app.invoicing.return_fees import fees_of
from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.order import Order
from app.posting.documents import CreateInvoice
from app.tenants.rules import CustomerPolicy, EmailInvoice, TenantRules
from app.vat.treatment import Scheme, not_registered

_EXPLAINS_NET = frozenset(
    {
        "PAYMENT_EXCEEDS_TOTAL", "REFUND_BEYOND_CREDIT", "REFUND_BEYOND_CREDIT_FOREIGN", "REFUND_BOOKED_AS_VOUCHER",
        "REFUND_EXCEEDS_INVOICE", "REFUND_MONEY_MISSING", "REFUND_MONEY_PENDING",
    }
)  # fmt: skip
"""Findings that say why the booked net is not the shop's."""


def notices_with(reported: Iterable[Finding], own: Iterable[Finding], *, is_part_open: bool) -> tuple[Finding, ...]:
    """Own notices before those that are reported already. That the net differs is no news where these say why.

    `is_part_open`: an addition is invoiced once it is paid, and is no difference until then.
    """
    reported = tuple(reported)
    is_explained = is_part_open or any(finding.code in _EXPLAINS_NET for finding in reported)
    return (*(notice for notice in own if notice.code != "BOOKED_NET_DIFFERS" or not is_explained), *reported)


def notices_of(order: Order, rules: TenantRules, documents: Iterable[CreateInvoice]) -> list[Finding]:
    """Notices about money, VAT number, net and address, and about a cancelled order whose sale is still booked."""
    made = list(documents)
    findings = [*_unproven(order, rules), *_unregistered(order, made), *_net_differs(order, rules, made)]
    findings += _cancelled_yet_sold(order, made)
    return [*findings, *_unusable_email(order, rules)]


def _unusable_email(order: Order, rules: TenantRules) -> list[Finding]:
    """An e-mail address that would have to be changed to fit Fortnox is left out of customer and invoice."""
    address = order.buyer.email.strip()
    is_wanted = rules.customer_policy is not CustomerPolicy.COLLECTIVE or rules.email_invoice is not EmailInvoice.NEVER
    if not address or not is_wanted or usable_email(address):
        return []
    return [Finding("EMAIL_NOT_USABLE", address, {"order": order.name, "email": address})]


def _net_differs(order: Order, rules: TenantRules, documents: list[CreateInvoice]) -> list[Finding]:
    """Compare the books with the shop's own figures: its current total, or the money that it moved.

    A discrepancy may be in the shop's current total or not (shopify-api.md 3.4): what it gave
    beyond the goods, and what it kept or has not paid.
    """
    if order.current is None or order.awaiting or not documents:
        return []
    none = Money.zero(order.currency)
    booked = total((document.total for document in documents), order.currency)
    gaps = [refund.discrepancy for refund in order.refunds if refund.discrepancy]
    given = total((gap for gap in gaps if gap > none), order.currency)
    kept = total((discrepancy for discrepancy in gaps if discrepancy < none), order.currency)
    noted = (none, given, kept, given + kept)
    slack = max(order.conversions, rules.rounding_row_max, rules.payment_tolerance, _vat_slack(order))
    stated = (*(order.current - amount for amount in noted), *(order.current + amount for amount in noted), order.kept)
    if any(abs(booked - amount).minor <= slack for amount in stated):
        return []
    data = {"books_amount": str(booked), "shop_amount": str(order.current), "received_amount": str(order.kept)}
    return [Finding("BOOKED_NET_DIFFERS", "", data)]


def _cancelled_yet_sold(order: Order, documents: list[CreateInvoice]) -> list[Finding]:
    """A cancelled order whose goods nobody sent, while the shop counts it as sold and keeps the buyer's money.

    Cancelling returns neither goods nor money by itself (shopify-api.md 3.1). Fees of a return may be kept.
    """
    is_called_off = order.cancelled_at is not None and order.delivered_at is None
    if not is_called_off or order.current is None or order.awaiting or not documents:
        return []
    booked = total((document.total for document in documents), order.currency)
    left = min(booked, order.current, order.kept) - fees_of(order)
    if left <= Money.zero(order.currency):
        return []
    return [Finding("CANCELLED_NOT_REFUNDED", "", {"order": order.name, "amount": str(left)})]


def _vat_slack(order: Order) -> int:
    """Öre by which VAT on top of prices may differ once lines are divided: half an öre for each unit."""
    is_divided = bool(order.edited_at or order.refunds) and not order.taxes_included
    return (sum(line.quantity for line in order.lines) + 1) // 2 if is_divided else 0


def _unproven(order: Order, rules: TenantRules) -> list[Finding]:
    unproven = [payment for payment in order.money_in if not is_captured(payment, rules)]
    if not unproven:
        return []
    amount = total((payment.amount for payment in unproven), order.currency)
    return [Finding("SHOPIFY_MANUAL_ORDER_MARKED_PAID", "", {"gateway": unproven[0].gateway, "amount": str(amount)})]


def _unregistered(order: Order, documents: Iterable[CreateInvoice]) -> list[Finding]:
    """VIES answers after the booking: what it says then is reported, and changes no document by itself."""
    check = order.vat_check
    is_without_vat = any(row.why.startswith(Scheme.EU_BUSINESS) for document in documents for row in document.rows)
    return [not_registered(check)] if check and not check.valid and is_without_vat else []
