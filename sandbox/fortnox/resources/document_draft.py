"""The head of an invoice or order: what it takes from the customer, its dates, its sums (fortnox-api.md 3.4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.books.arithmetic import Line, Totals, total_up
from sandbox.fortnox.books.chart import DEFAULT_VAT_ACCOUNTS, RATE_OF_CODE, oss_vat_account
from sandbox.fortnox.company import Company
from sandbox.fortnox.errors import FortnoxError, no_financial_year, unknown_field, wrong_data
from sandbox.fortnox.money import HUNDRED, ZERO, half_up, ocr_number, plain
from sandbox.fortnox.resources.document_rows import RowContext, complete_row
from sandbox.fortnox.resources.references import check_references
from sandbox.fortnox.schemas.document import INVOICE_SHAPE, DocumentShape
from sandbox.fortnox.schemas.invoice import EDI_INFORMATION
from sandbox.fortnox.wire import Document

_FROM_CUSTOMER = [
    "Address1",
    "Address2",
    "City",
    "ZipCode",
    "Country",
    "Phone1",
    "Phone2",
    "DeliveryAddress1",
    "DeliveryAddress2",
    "DeliveryCity",
    "DeliveryCountry",
    "DeliveryName",
    "DeliveryZipCode",
    "CostCenter",
    "Project",
    "TermsOfDelivery",
    "WayOfDelivery",
    "OurReference",
    "YourReference",
    "OrganisationNumber",
    "PriceList",
    "Currency",
]
# VAT where no account of the company says otherwise: the OSS account of BAS 2026 (accounting.md 1.2).
_OTHER_VAT_ACCOUNT = 2670


@dataclass(frozen=True)
class Measured:
    """An invoice added up, kept beside it until it is booked."""

    lines: tuple[Line, ...]
    totals: Totals


def find_customer(company: Company, number: str) -> Document:
    """Give the customer of a document."""
    record = company.kind("customers").get(number)
    if record is None:
        raise FortnoxError(2000204, "Kunde inte hämta/hitta kund (kundnummer)")
    return record.fields


def defaults_from(company: Company, customer: Document, shape: DocumentShape) -> Document:
    """Give what a document takes from the customer's card when it is not sent."""
    taken: Document = {name: customer[name] or "" for name in _FROM_CUSTOMER}
    mail = "EmailInvoice" if shape is INVOICE_SHAPE else "EmailOrder"
    email = dict(shape.email) | {"EmailAddressTo": customer[mail] or customer["Email"] or ""}
    return taken | {
        "CustomerName": customer["Name"],
        "TermsOfPayment": customer["TermsOfPayment"] or company.config.default_terms_of_payment,
        "VATIncluded": customer["ShowPriceVATIncluded"],
        "AdministrationFee": customer["InvoiceAdministrationFee"] or 0,
        "Freight": customer["InvoiceFreight"] or 0,
        "EmailInformation": email,
    }


def complete_head(call: ApiCall, document: Document, sent: Document, shape: DocumentShape) -> None:
    """Set dates and rate, and refuse codes that the company does not have. ``sent`` says what was given just now."""
    company = call.company
    check_references(company, document)
    document[shape.date] = document[shape.date] or company.clock.today().isoformat()
    if company.year_of(date.fromisoformat(document[shape.date])) is None:
        raise no_financial_year(document[shape.date])
    document["OutboundDate"] = document["OutboundDate"] or document[shape.date]
    if "CurrencyRate" not in sent and ("Currency" in sent or "CustomerNumber" in sent):
        document["CurrencyRate"], document["CurrencyUnit"] = company.currency_rate(document["Currency"])
    document["EmailInformation"] = _merge_information(shape.email, document["EmailInformation"])
    if shape is INVOICE_SHAPE:
        _complete_invoice_head(company, document, sent)


def _complete_invoice_head(company: Company, invoice: Document, sent: Document) -> None:
    dates_moved = not invoice["DueDate"] or "InvoiceDate" in sent or "TermsOfPayment" in sent
    if dates_moved and not sent.get("DueDate"):
        day = date.fromisoformat(invoice["InvoiceDate"])
        invoice["DueDate"] = (day + _terms(company, invoice["TermsOfPayment"])).isoformat()
    invoice["EDIInformation"] = _merge_information(EDI_INFORMATION, invoice["EDIInformation"])
    invoice["OCR"] = invoice["OCR"] or ocr_number(invoice["DocumentNumber"])


def complete_sums(
    call: ApiCall, document: Document, customer: Document, rows: list[Document], held: Mapping[str, Decimal]
) -> Measured:
    """Complete an invoice's rows and add it up; gives what its booking needs. `held`: what it took out of stock."""
    measured = add_up(call, document, customer, rows, INVOICE_SHAPE, held)
    total = measured.totals.total
    document.update(
        Balance=total,
        Credit="true" if total < 0 else "false",
        AccountingMethod="CASH" if call.company.config.cash_method else "ACCRUAL",
    )
    return measured


def add_up(
    call: ApiCall,
    document: Document,
    customer: Document,
    rows: list[Document],
    shape: DocumentShape,
    held: Mapping[str, Decimal],
) -> Measured:
    """Complete the rows of a document and add it up."""
    company = call.company
    year = company.year_of(date.fromisoformat(document[shape.date])) or company.preselected_year()
    context = RowContext(call, shape, document, customer, year, held)
    document[shape.rows] = [complete_row(context, row) for row in rows]
    fees = _fee_lines(call, document, customer)
    lines = (*_row_lines(company, document, shape), *fees)
    totals = total_up(
        lines,
        vat_included=document["VATIncluded"],
        whole=_is_whole(call, document["Currency"]),
        per_row=call.switches.vat_rounding == "row",
    )
    fee_vats = _fee_vats(fees, vat_included=document["VATIncluded"])
    document.update(
        Net=totals.net,
        Gross=totals.net,
        TotalVAT=totals.vat,
        RoundOff=totals.round_off,
        Total=totals.total,
        TotalToPay=totals.total,
        HouseWork=any(row["HouseWork"] and row["Total"] for row in document[shape.rows]),
        FreightVAT=fee_vats.get(company.predefined_account("FREIGHT"), ZERO) if document["Freight"] else 0,
        AdministrationFeeVAT=fee_vats.get(company.predefined_account("ADMFEE"), ZERO)
        if document["AdministrationFee"]
        else 0,
    )
    return Measured(lines, totals)


def vat_account_for(company: Company, account: int, rate: Decimal) -> int:
    """Find the account of a row's VAT: the sales account's own under OSS, else by rate; 0 when there is no VAT."""
    if not rate:
        return 0
    text = plain(rate)
    own = oss_vat_account(account) or company.config.vat_accounts.get(text)
    return own or DEFAULT_VAT_ACCOUNTS.get(text) or _OTHER_VAT_ACCOUNT


def _row_lines(company: Company, document: Document, shape: DocumentShape) -> list[Line]:
    lines = []
    for row in document[shape.rows]:
        rate = Decimal(row["VAT"])
        lines.append(
            Line(
                rate,
                row["Total"],
                row["AccountNumber"],
                vat_account_for(company, row["AccountNumber"], rate),
                row["CostCenter"] or document["CostCenter"] or "",
                row["Project"] or document["Project"] or "",
            )
        )
    return lines


def _is_whole(call: ApiCall, currency: str) -> bool:
    """Tell whether a total is rounded to whole units: in kronor it is, of other currencies nobody knows."""
    return call.company.config.whole_krona_rounding and (currency == "SEK" or call.switches.foreign_totals == "whole")


def _fee_lines(call: ApiCall, invoice: Document, customer: Document) -> list[Line]:
    """Make lines of freight and invoice fee; they follow VATIncluded (inferred, fortnox-api.md 4 #12)."""
    company, lines = call.company, []
    are_net = invoice["VATIncluded"] and not call.switches.fees_follow_vat_included
    taxed = customer["VATType"] in {"SEVAT", "EUVAT"} and company.config.tax_enabled
    for field, name in (("Freight", "FREIGHT"), ("AdministrationFee", "ADMFEE")):
        amount = Decimal(invoice[field])
        if amount:
            account = company.predefined_account(name)
            record = company.accounts[company.preselected_year().id].get(account)
            code = record.fields["VATCode"] if record else ""
            rate = Decimal(RATE_OF_CODE.get(code, 0)) if taxed else ZERO
            amount = half_up(amount * (HUNDRED + rate) / HUNDRED) if are_net else amount
            lines.append(Line(rate, amount, account, vat_account_for(company, account, rate)))
    return lines


def _fee_vats(lines: list[Line], *, vat_included: bool) -> dict[int, Decimal]:
    return {line.account: total_up([line], vat_included=vat_included, whole=False, per_row=False).vat for line in lines}


def _terms(company: Company, code: str) -> timedelta:
    """Read the days of terms of payment off their code or their text; cash terms have none."""
    record = company.kind("termsofpayments").get(code)
    found = re.match(r"\d+", code) or re.match(r"\d+", str(record.fields["Description"]) if record else "")
    return timedelta(days=int(found.group()) if found else 0)


def _merge_information(defaults: Mapping[str, Any], sent: object) -> Document:
    if not isinstance(sent, dict):
        if sent is None:
            return dict(defaults)
        raise wrong_data()
    for name in sent:
        if name not in defaults:
            raise unknown_field(name)
    return dict(defaults) | sent
