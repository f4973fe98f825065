"""The vouchers Fortnox will make of a plan, as a bookkeeper reads them (in the document's currency)."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.money import Money, split, total
from app.domain.plan import CreateInvoice, Entry, ExpectedVoucher, PayInvoice


def expected_vouchers(
    invoice: CreateInvoice, payments: Iterable[PayInvoice], receivable: int
) -> tuple[ExpectedVoucher, ...]:
    """Invoice voucher and payment vouchers, before Fortnox's whole-krona rounding, which its own payment takes back."""
    vouchers = [_invoice_voucher(invoice, receivable)]
    still_open = invoice.total
    for payment in payments:
        closes = still_open if payment.settles else min(payment.amount, still_open)
        still_open -= closes
        vouchers.append(_payment_voucher(invoice, payment, closes, receivable))
    return tuple(vouchers)


def _payment_voucher(invoice: CreateInvoice, payment: PayInvoice, closes: Money, receivable: int) -> ExpectedVoucher:
    """What came in, what it closes of the claim, and the cash rounding between the two (acc-23)."""
    zero = Money.zero(payment.amount.currency)
    entries = [Entry(payment.account, payment.amount, zero), Entry(receivable, zero, closes)]
    rounding = payment.amount - closes
    if rounding:
        entries.append(Entry(payment.rounding_account, max(-rounding, zero), max(rounding, zero)))
    return ExpectedVoucher(payment.day, f"Inbetalning {invoice.reference1}", tuple(entries))


def _invoice_voucher(invoice: CreateInvoice, receivable: int) -> ExpectedVoucher:
    zero = Money.zero(invoice.currency)
    credited: dict[int, Money] = {}
    for group in invoice.vat:
        rows = [row for row in invoice.rows if row.vat_percent == group.vat_percent]
        nets = split(group.net, [row.amount.minor for row in rows])
        for row, net in zip(rows, nets, strict=True):
            credited[row.account] = credited.get(row.account, zero) + net
    for group in invoice.vat:
        if group.vat and group.vat_account:
            credited[group.vat_account] = credited.get(group.vat_account, zero) + group.vat
    entries = [Entry(receivable, total(credited.values(), invoice.currency), zero)]
    entries += [Entry(account, zero, amount) for account, amount in credited.items() if amount]
    return ExpectedVoucher(invoice.day, f"Kundfaktura {invoice.reference1}", tuple(entries))
