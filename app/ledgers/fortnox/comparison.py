"""A written document is compared to the öre with what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from app.ledgers.base import Disagrees, Found, Remote
from app.ledgers.fortnox.credit_discount import lacks_discount
from app.ledgers.fortnox.wire import WireInvoice, WireOrder
from app.model.finding import Finding
from app.posting.documents import CreateInvoice


def compare(step: CreateInvoice, invoice: WireInvoice | WireOrder) -> list[Finding]:
    """Differences between what we asked for and what stands there, before it is booked: öre, VAT, quantities."""
    number = invoice.document_number
    if step.credits and isinstance(invoice, WireInvoice) and (undiscounted := lacks_discount(step, invoice)):
        return undiscounted
    quantity = sum(row.quantity for row in step.rows)
    got = sum(row.delivered_quantity for row in invoice.rows)
    if got < quantity and (article := _lowered(step, invoice)):
        return [Finding("FORTNOX_WAREHOUSE_ZEROED", number, {"document": number, "article": article})]
    findings = []
    if invoice.currency_unit != 1:
        shown = {"document": number, "currency": invoice.currency, "unit": f"{invoice.currency_unit:f}"}
        findings.append(Finding("FORTNOX_CURRENCY_UNIT", invoice.currency, shown))
    stands = invoice.total - invoice.round_off
    if stands != step.total.decimal or invoice.currency != step.currency:
        shown = {"document": number, "shop_amount": str(step.total), "books_amount": f"{stands} {invoice.currency}"}
        findings.append(Finding("FORTNOX_TOTAL_DIFFERS", number, shown))
    # One öre per row is what rounding per row instead of per rate can make (accounting.md T2).
    if abs(invoice.total_vat - step.total_vat.decimal) * 100 > len(step.rows):
        amounts = {"shop_amount": str(step.total_vat), "books_amount": f"{invoice.total_vat} {invoice.currency}"}
        shown = {"document": f"{number} (moms)", **amounts}
        findings.append(Finding("FORTNOX_TOTAL_DIFFERS", f"{number} moms", shown))
    if step.credits and isinstance(invoice, WireInvoice):
        findings += oss_unlike(step, invoice)
    return findings


def _lowered(step: CreateInvoice, invoice: WireInvoice | WireOrder) -> str:
    """The article (or text) of the first row that the warehouse module lowered; empty where it is not the one."""
    pairs = zip(step.rows, invoice.rows, strict=False)
    # Without the module every document is ready from the start (R): then it was not the warehouse that took some.
    in_part = not invoice.warehouse_ready
    lowered = (
        planned
        for planned, got in pairs
        if got.delivered_quantity == 0 < planned.quantity or (in_part and 0 < got.delivered_quantity < planned.quantity)
    )
    return next((planned.article_number or planned.description for planned in lowered), "")


def of_booked(findings: Sequence[Finding], invoice: WireInvoice | WireOrder) -> tuple[Finding, ...]:
    """What differs on a document, in the words for one that is booked: it cannot be corrected or cancelled any more."""
    if not (isinstance(invoice, WireInvoice) and invoice.booked):
        return tuple(findings)
    return tuple(_as_booked(finding) if finding.code == "FORTNOX_TOTAL_DIFFERS" else finding for finding in findings)


def _as_booked(draft: Finding) -> Finding:
    values = draft.data
    shown = {"shop_amount": values["shop_amount"], "books_amount": values["books_amount"]}
    return Finding("DIFFERS_IN_BOOKS", draft.about, {"document": values["document"], **shown})


def ours_or_not(remote: Remote, differing: Sequence[Finding]) -> Found | Disagrees:
    """A document under our reference: what the warehouse module emptied is ours; what differs otherwise may not be."""
    if not differing:
        return Found(remote)
    emptied = tuple(finding for finding in differing if finding.code == "FORTNOX_WAREHOUSE_ZEROED")
    return Found(remote, emptied) if emptied else Disagrees(differing[0])


def oss_unlike(step: CreateInvoice, credit: WireInvoice) -> list[Finding]:
    """Rows of a credit note that do not have the account and the VAT rate of the OSS rows that it credits.

    `step` is the credit note as we asked for it, or the invoice that somebody else credited.
    """
    oss_pairs = {(row.account, row.vat_percent) for row in step.rows if row.role.startswith("oss_")}
    other_pairs = {(row.account, row.vat_percent) for row in step.rows} - oss_pairs
    if not oss_pairs:
        return []
    stands = ((row.account_number, row.vat) for row in credit.rows if row.delivered_quantity and row.account_number)
    unlike = [pair for pair in stands if pair not in oss_pairs and pair not in other_pairs]
    if not unlike:
        return []
    account, rate = min(oss_pairs)
    data = {"document": credit.document_number, "account": str(account), "rate": f"{rate.normalize():f}"}
    return [Finding("OSS_NOT_APPLIED_TO_CREDIT_NOTES", credit.document_number, data)]
