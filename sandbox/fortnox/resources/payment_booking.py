"""Booking a payment: money in, claim out, write-offs and currency differences in their place (fortnox-api.md 3.5)."""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.books.ledger import Posting
from sandbox.fortnox.books.postings import invoice_postings, payment_postings, share_of
from sandbox.fortnox.company import Company, Record
from sandbox.fortnox.config import Switches
from sandbox.fortnox.money import ZERO, half_up, to_ore
from sandbox.fortnox.resources.currency_units import kronor_for_one
from sandbox.fortnox.resources.guards import check_accounts, open_year
from sandbox.fortnox.wire import Document


def reduction(payment: Document, switches: Switches) -> Decimal:
    """Tell by how much a payment lowers the balance, in the invoice's currency.

    Assumed: write-offs come on top of the amount. With ``writeoff_included_in_amount`` they are within it.
    """
    amount = Decimal(payment["AmountCurrency"])
    return amount if switches.writeoff_included_in_amount else amount + _write_off_sum(payment)


def book_payment(call: ApiCall, record: Record) -> None:
    """Book a payment and lower its invoice's balance; at 0 the invoice is finally paid."""
    company, payment = call.company, record.fields
    year = open_year(company, payment["PaymentDate"])
    invoice = company.kind("invoices")[str(payment["InvoiceNumber"])]
    postings = _postings(call, payment, invoice)
    check_accounts(company, year, {posting.account for posting in postings})
    entry = company.ledger.post(
        company.voucher_series_for("INVOICEPAYMENT"),
        year.id,
        payment["PaymentDate"],
        f"Inbetalning {record.key} faktura {invoice.key}",
        postings,
        reference=("INVOICEPAYMENT", record.key),
    )
    payment.update(Booked=True, VoucherSeries=entry.series, VoucherNumber=entry.number, VoucherYear=year.id)
    _settle(call, payment, invoice)
    company.touch(record)
    company.touch(invoice)


def _settle(call: ApiCall, payment: Document, invoice: Record) -> None:
    settles = reduction(payment, call.switches)
    invoice.hidden["open_ore"] = _open_ore(invoice, call.switches) - _claim_part(invoice, settles, call.switches)
    invoice.hidden["paid"] = invoice.hidden.get("paid", ZERO) + settles
    invoice.fields["Balance"] = Decimal(invoice.fields["Balance"]) - settles
    paid_up = not invoice.fields["Balance"]
    invoice.fields["FinalPayDate"] = payment["PaymentDate"] if paid_up else None


def _postings(call: ApiCall, payment: Document, invoice: Record) -> list[Posting]:
    company, switches = call.company, call.switches
    factor = kronor_for_one(payment, switches)
    write_offs = [
        Posting(
            item["AccountNumber"],
            to_ore(Decimal(item["Amount"]) * factor),
            item["Description"] or "",
            item["CostCenter"],
            item["Project"],
        )
        for item in payment["WriteOffs"]
    ]
    money = to_ore(Decimal(payment["Amount"]))
    if switches.writeoff_included_in_amount:
        money -= sum(posting.ore for posting in write_offs)
    settles = reduction(payment, switches)
    claim = _claim_part(invoice, settles, switches)
    if company.config.cash_method:
        settled = _cash_sale(company, invoice, settles, switches)
    else:
        settled = [Posting(company.predefined_account("CUSTCLAIM"), -claim)]
    return payment_postings(
        money=(payment["ModeOfPaymentAccount"], money),
        write_offs=write_offs,
        settled=settled,
        gain=company.predefined_account("CURRENCYWIN"),
        loss=company.predefined_account("CURRENCYLOSS"),
    )


def _claim_part(invoice: Record, settles: Decimal, switches: Switches) -> int:
    """Give the öre of the claim that a payment settles: the last one takes all that is left, at the sale's rate."""
    if settles == Decimal(invoice.fields["Balance"]):
        return _open_ore(invoice, switches)
    rate = kronor_for_one(invoice.fields, switches)
    return to_ore(half_up(settles * rate))


def _open_ore(invoice: Record, switches: Switches) -> int:
    """Give the öre of the claim that are still open; a cash-method company has never booked the claim."""
    if "open_ore" not in invoice.hidden:
        factor = kronor_for_one(invoice.fields, switches)
        invoice.hidden["open_ore"] = to_ore(Decimal(invoice.fields["Total"]) * factor)
    return int(invoice.hidden["open_ore"])


def _cash_sale(company: Company, invoice: Record, settles: Decimal, switches: Switches) -> list[Posting]:
    """Credit the sale itself in proportion to what is paid (cash method, fortnox-api.md 4 #6)."""
    measured = invoice.hidden["measured"]
    fields = invoice.fields
    postings: Sequence[Posting] = invoice_postings(
        measured.lines,
        measured.totals,
        factor=kronor_for_one(fields, switches),
        receivable=company.predefined_account("CUSTCLAIM"),
        round_off=company.predefined_account("ROUNDOFF"),
    )
    total, paid = Decimal(fields["Total"]), invoice.hidden.get("paid", ZERO)
    before, after = share_of(postings, paid, total), share_of(postings, paid + settles, total)
    return [
        Posting(posting.account, now - earlier, cost_center=posting.cost_center, project=posting.project)
        for posting, now, earlier in zip(postings[1:], after, before, strict=True)
    ]


def _write_off_sum(payment: Document) -> Decimal:
    return sum((Decimal(item["Amount"]) for item in payment["WriteOffs"]), ZERO)
