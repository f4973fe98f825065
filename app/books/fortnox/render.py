"""Steps → the exact requests Fortnox gets. Pure: the same step and answers always render the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.books.fortnox.text import clean
from app.domain.commerce import Address
from app.domain.money import round_half_up
from app.domain.own_vouchers import CreateVoucher
from app.domain.steps import (
    BookInvoice,
    BookPayment,
    CancelInvoice,
    ConfirmSettled,
    CreateInvoice,
    EnsureArticle,
    EnsureCustomer,
    InvoiceRow,
    MakeCredit,
    PayInvoice,
    Step,
)

_WITHOUT_VAT = frozenset({"EXPORT", "EUREVERSEDVAT"})
"""VAT types of cards whose prices are net."""

Remote = Mapping[str, Any]
"""What Fortnox answered to an earlier step, as the journal keeps it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Fortnox, below its base address."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What rendering may look at besides the step: answers to earlier steps, and articles that exist."""

    results: Mapping[str, Remote]
    """Step key → answer kept in the journal."""
    known_articles: frozenset[str] | None = None
    """None: every article number is sent. Otherwise only these."""


def number_in_path(number: str) -> str:
    """A document, customer or article number as a path segment ("/" becomes %2F)."""
    return quote(number, safe="")


def render(step: Step, context: Context) -> Call:
    """The request that carries out a step."""
    match step:
        case EnsureCustomer():
            return Call("POST", "/3/customers", {"Customer": _customer(step)})
        case EnsureArticle():
            return Call("POST", "/3/articles", {"Article": _article(step)})
        case CreateInvoice():
            return _content_call(step, context)
        case PayInvoice():
            return Call("POST", "/3/invoicepayments", {"InvoicePayment": _payment(step, context)})
        case BookPayment():
            return Call("PUT", f"/3/invoicepayments/{number_in_path(context.results[step.payment]['number'])}/bookkeep")
        case ConfirmSettled():
            return Call("GET", invoice_path(step.document, context.results))
        case CreateVoucher():
            return Call("POST", "/3/vouchers", {"Voucher": _voucher(step)})
        case MakeCredit() | CancelInvoice() | BookInvoice():
            key = step.original if isinstance(step, MakeCredit) else step.document
            return Call("PUT", f"{invoice_path(key, context.results)}/{_ACTIONS[type(step)]}")


_ACTIONS = {MakeCredit: "credit", CancelInvoice: "cancel", BookInvoice: "bookkeep"}


def _content_call(step: CreateInvoice, context: Context) -> Call:
    """Make a document, or lay a credit note's content onto the one that Fortnox made."""
    if step.onto:
        return Call("PUT", invoice_path(step.onto, context.results), {"Invoice": _credit_content(step, context)})
    fields = _invoice(step, context)
    return Call("POST", "/3/invoices", {"Invoice": fields | _rate_of_sale(step, context) if step.credits else fields})


def invoice_path(key: str, results: Mapping[str, Remote]) -> str:
    """The path of a document that an earlier step made."""
    return f"/3/invoices/{number_in_path(str(results[key]['number']))}"


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the empty ones: Fortnox ignores "" and would keep an old value (fortnox-api.md 2.3)."""
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _address(address: Address, prefix: str = "") -> dict[str, Any]:
    return {
        f"{prefix}Address1": clean(address.address1, 1024),
        f"{prefix}Address2": clean(address.address2, 1024),
        f"{prefix}ZipCode": clean(address.zip_code, 10),
        f"{prefix}City": clean(address.city, 1024),
    }


def _customer(step: EnsureCustomer) -> dict[str, Any]:
    return _filled(
        {
            "CustomerNumber": step.number,
            "Name": clean(step.name, 1024),
            "Type": "COMPANY" if step.is_company else "PRIVATE",
            "VATType": step.vat_type,
            "Currency": step.currency,
            "CountryCode": step.address.country_code,
            "Email": clean(step.email, 1024),
            "VATNumber": step.vat_number,
            "ShowPriceVATIncluded": step.vat_type not in _WITHOUT_VAT,
            **_address(step.address),
        }
    )


def _article(step: EnsureArticle) -> dict[str, Any]:
    return {
        "ArticleNumber": step.number,
        "Description": clean(step.description, 200) or step.number,
        "SalesAccount": step.account,
        # Stock is kept by the shop; a stock article would let the warehouse module zero our rows (fortnox-api.md 3.16).
        "StockGoods": False,
    }


def _invoice(step: CreateInvoice, context: Context) -> dict[str, Any]:
    fields = {
        "CustomerNumber": step.customer_number,
        "CustomerName": clean(step.customer_name, 1024),
        "InvoiceDate": step.day.isoformat(),
        "Currency": step.currency,
        "VATIncluded": step.vat_included,
        "ExternalInvoiceReference1": clean(step.reference1, 80),
        "ExternalInvoiceReference2": clean(step.reference2, 80),
        "YourOrderNumber": clean(step.your_order_number, 75),
        "WayOfDelivery": step.way_of_delivery,
        "TermsOfPayment": step.terms_of_payment,
        "CostCenter": step.cost_center,
        "Remarks": clean(_remarks(step, context), 1024),
        **_address(step.bill_to),
        "DeliveryName": clean(step.ship_to.company or step.ship_to.name, 1024),
        **_address(step.ship_to, "Delivery"),
        "InvoiceRows": [_row(row, context) for row in step.rows],
    }
    return _filled(fields)


def _remarks(step: CreateInvoice, context: Context) -> str:
    """A credit note names the invoice unmistakably (ML 17 kap. 22-23 §§, accounting.md 2.6)."""
    if not step.credits:
        return step.text
    return f"{step.text} Krediterar faktura {context.results[step.credits]['number']}."


def _credit_content(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """What is laid onto the credit note that Fortnox made: buyer, currency and rate it took from the invoice itself.

    Rows match by position and what is left out stays (fortnox-api.md 3.4): every row says everything.
    """
    return {
        "InvoiceDate": step.day.isoformat(),
        "DueDate": step.day.isoformat(),
        "ExternalInvoiceReference1": clean(step.reference1, 80),
        "ExternalInvoiceReference2": clean(step.reference2, 80),
        "Remarks": clean(_remarks(step, context), 1024),
        "InvoiceRows": [{"Discount": 0, "ArticleNumber": None, **_row(row, context)} for row in step.rows],
    }


def _rate_of_sale(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """A credit note takes the exchange rate of the sale (accounting.md 2.6)."""
    if step.currency == "SEK":
        return {}
    sale = context.results[step.credits]
    rate, unit = Decimal(str(sale["currency_rate"])), Decimal(str(sale["currency_unit"]))
    return {"CurrencyRate": _exact(rate), "CurrencyUnit": _exact(unit)}


def _row(row: InvoiceRow, context: Context) -> dict[str, Any]:
    known = context.known_articles
    article = row.article_number if known is None or row.article_number in known else None
    return _filled(
        {
            "AccountNumber": row.account,
            "ArticleNumber": article,
            "Description": clean(row.description, 255) or "Vara",
            "DeliveredQuantity": row.quantity,
            "Price": row.unit_price.decimal,
            "VAT": _exact(row.vat_percent),
        }
    )


def _payment(step: PayInvoice, context: Context) -> dict[str, Any]:
    invoice = context.results[step.document]
    paid = step.amount.decimal
    fields: dict[str, Any] = {
        "InvoiceNumber": int(invoice["number"]),
        "PaymentDate": step.day.isoformat(),
        "ModeOfPaymentAccount": step.account,
        "ExternalInvoiceReference1": clean(step.reference, 80),
    }
    if step.amount.currency == "SEK":
        fields["Amount"] = paid
    else:
        rate, unit = Decimal(invoice["currency_rate"]), Decimal(invoice["currency_unit"])
        fields |= {
            "Amount": step.settled.decimal if step.settled else round_half_up(paid * rate * unit),
            "AmountCurrency": paid,
            "Currency": step.amount.currency,
            "CurrencyRate": _exact(rate),
            "CurrencyUnit": _exact(unit),
        }
    write_off = open_after(step, context)
    if step.settles and write_off:
        fields["WriteOffs"] = [{"Amount": write_off, "AccountNumber": step.rounding_account}]
    return fields


def voucher_text(step: CreateVoucher) -> str:
    """The text of a voucher; it ends in the reference, whole, for vouchers are found by nothing else."""
    reference = f" ({clean(step.reference, 80)})"
    return clean(step.text, 200 - len(reference)) + reference


def _voucher(step: CreateVoucher) -> dict[str, Any]:
    return {
        "Description": voucher_text(step),
        "TransactionDate": step.day.isoformat(),
        "VoucherSeries": step.series,
        "VoucherRows": [
            _filled(
                {
                    "Account": row.account,
                    "Debit": row.debit.decimal,
                    "Credit": row.credit.decimal,
                    "CostCenter": row.cost_center,
                    "TransactionInformation": clean(row.text, 100),
                }
            )
            for row in step.rows
        ],
    }


def open_after(step: PayInvoice, context: Context) -> Decimal:
    """What this and the earlier payments leave open of Fortnox's total: its whole-krona rounding, with its sign."""
    earlier = sum((Decimal(one["paid"]) for one in payments_on(step.document, context.results)), Decimal(0))
    return Decimal(context.results[step.document]["total"]) - earlier - step.amount.decimal


def payments_on(document: str, results: Mapping[str, Remote]) -> list[Remote]:
    """The answers to the payments of one document."""
    paid = (one for key, one in results.items() if key.startswith("payment:") and "paid" in one)
    return [one for one in paid if one["document"] == document]


def _exact(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value
