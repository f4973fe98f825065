"""Steps → the exact requests Fortnox gets. Pure: the same step and answers always render the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.invoicing.texts import say
from app.kit.money import round_half_up
from app.ledgers.base import Results, invoice_day, kronor_for_one
from app.ledgers.fortnox.answers import payments_on
from app.ledgers.fortnox.records import (
    Record,
    RecordChange,
    address_fields,
    card_body,
    change_body,
    country_name,
    filled,
)
from app.ledgers.fortnox.text import clean, described
from app.ledgers.fortnox.voucher import voucher_fields
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.references import DocumentRef, Form, ReportRef
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    CancelInvoice,
    ClearWayOfDelivery,
    ConfirmSettled,
    ConnectReport,
    CreateOrder,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    InvoiceOrder,
    MailInvoice,
    MakeCredit,
    MarkReady,
    MoveArticle,
    PayInvoice,
    Step,
    UploadReport,
)
from app.posting.vouchers import CreateVoucher


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Fortnox, below its base address."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    file: Upload | None = None
    """Sent instead of a body."""


@dataclass(frozen=True, slots=True)
class Context:
    """What rendering may look at besides the step: answers to earlier steps, and articles that exist."""

    results: Results
    known_articles: frozenset[str] | None = None
    """None: every article number is sent. Otherwise only these."""
    file: bytes = b""
    late_payments: frozenset[str] = frozenset()
    stock_point: str = ""
    """Mandatory on rows of articles where a company has stock points (fortnox.se/developer, Warehouse fields)."""


def number_in_path(number: str) -> str:
    """A document, customer or article number as a path segment ("/" becomes %2F)."""
    return quote(number, safe="")


def render(step: Step, context: Context) -> Call:
    """The request that carries out a step."""
    match step:
        case (
            EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery()
            | ClearWayOfDelivery() | MoveArticle()
        ):  # fmt: skip
            return _card_call(step)
        case CreateInvoice() | CreateOrder():
            return _content_call(step, context)
        case PayInvoice():
            return Call("POST", "/3/invoicepayments", {"InvoicePayment": _payment(step, context)})
        case BookPayment():
            return Call("PUT", f"/3/invoicepayments/{number_in_path(context.results[step.payment]['number'])}/bookkeep")
        case CreateVoucher():
            return Call("POST", "/3/vouchers", {"Voucher": voucher_fields(step)})
        case UploadReport() | ConnectReport():
            return _report_call(step, context)
        case ConfirmSettled() | MailInvoice():
            path = invoice_path(step.document, context.results)
            return Call("GET", f"{path}/email" if isinstance(step, MailInvoice) else path)
        case InvoiceOrder() | MakeCredit() | CancelInvoice() | MarkReady() | BookInvoice():
            return _action_call(step, context)


_Action = InvoiceOrder | MakeCredit | CancelInvoice | MarkReady | BookInvoice
_ACTIONS: Mapping[type, str] = {
    InvoiceOrder: "createinvoice", MakeCredit: "credit", CancelInvoice: "cancel", MarkReady: "warehouseready",
    BookInvoice: "bookkeep",
}  # fmt: skip


def _action_call(step: _Action, context: Context) -> Call:
    """What Fortnox itself does with an order or an invoice."""
    document = step.original if isinstance(step, MakeCredit) else step.document
    document = document.order if isinstance(step, InvoiceOrder) else document
    return Call("PUT", f"{document_path(document, context.results)}/{_ACTIONS[type(step)]}")


def _content_call(step: CreateInvoice | CreateOrder, context: Context) -> Call:
    """Make an order or a document, or replace the content of one that Fortnox made."""
    if isinstance(step, CreateOrder):
        return Call("POST", "/3/orders", {"Order": _order(step, context)})
    if step.from_draft:
        content = _credit_content(step, context) if step.credits else _head(step, context)
        return Call("PUT", invoice_path(step.ref.draft, context.results), {"Invoice": content})
    fields = _invoice(step, context)
    return Call("POST", "/3/invoices", {"Invoice": fields | _rate_of_sale(step, context)})


def _card_call(step: Record | RecordChange) -> Call:
    if isinstance(step, ClearWayOfDelivery | MoveArticle):
        return Call("PUT", *change_body(step))
    return Call("POST", *card_body(step))


def invoice_path(document: DocumentRef, results: Results) -> str:
    """The path of an invoice or credit note that an earlier step made."""
    return f"/3/invoices/{number_in_path(str(results[document]['number']))}"


def document_path(document: DocumentRef, results: Results) -> str:
    """The path of a document that an earlier step made: an invoice, or an order."""
    if document.form is Form.ORDER:
        return f"/3/orders/{number_in_path(str(results[document]['number']))}"
    return invoice_path(document, results)


def _invoice(step: CreateInvoice, context: Context) -> dict[str, Any]:
    return {**_head(step, context), "InvoiceRows": [_row(row, context) for row in step.rows]}


def _order(step: CreateOrder, context: Context) -> dict[str, Any]:
    """An order with everything its invoice shall have: rows that came of an order cannot be changed any more."""
    head = _head(step.invoice, context)
    day = head.pop("InvoiceDate")
    rows = [_row(row, context) for row in step.invoice.rows]
    ordered = [row | {"OrderedQuantity": row["DeliveredQuantity"]} for row in rows]
    # Only in this state does an order deliver, in a company with the warehouse module; elsewhere all are in it.
    return {**head, "OrderDate": day, "DeliveryState": "delivery", "OrderRows": ordered}


def _head(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """Everything but the rows."""
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
        "Project": step.project,
        "Language": "EN" if step.language else "",
        "EmailInformation": {"EmailAddressTo": step.email} if step.email else None,
        "Remarks": clean(_remarks(step, context), 1024),
        **address_fields(step.bill_to),
        "DeliveryName": clean(step.ship_to.company or step.ship_to.name, 1024),
        **address_fields(step.ship_to, "Delivery"),
        "DeliveryCountry": country_name(step.ship_to.country_code),
    }
    return filled(fields)


def _remarks(step: CreateInvoice, context: Context) -> str:
    """A credit note names the invoice unmistakably (ML 17 kap. 22-23 §§, accounting.md 2.6)."""
    if step.credits is None:
        return step.text
    return f"{step.text} {say('credits_invoice', step.language, number=context.results[step.credits]['number'])}"


def _credit_content(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """The content of the credit note that Fortnox made: buyer, currency and rate it took from the invoice itself.

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
    if step.currency == "SEK" or step.credits is None:
        return {}
    sale = context.results[step.credits]
    return {"CurrencyRate": _exact(kronor_for_one(sale)), "CurrencyUnit": 1}


def _row(row: InvoiceRow, context: Context) -> dict[str, Any]:
    known_articles = context.known_articles
    article = row.article_number if known_articles is None or row.article_number in known_articles else None
    return filled(
        {
            "AccountNumber": row.account,
            "ArticleNumber": article,
            "Description": described(row.description, 255, "Vara"),
            "DeliveredQuantity": row.quantity,
            "Price": row.unit_price.decimal,
            "VAT": _exact(row.vat_percent),
            "CostCenter": row.cost_center,
            "Project": row.project,
            "StockPointCode": context.stock_point if article else None,
        }
    )


def _payment(step: PayInvoice, context: Context) -> dict[str, Any]:
    invoice = context.results[step.document]
    paid = step.amount.decimal
    fields: dict[str, Any] = {
        "InvoiceNumber": int(invoice["number"]),
        "PaymentDate": payment_day(step, context).isoformat(),
        "ModeOfPaymentAccount": step.account,
        "ExternalInvoiceReference1": clean(step.reference, 80),
    }
    if step.mode:
        fields["ModeOfPayment"] = step.mode
    if step.amount.currency == "SEK":
        fields["Amount"] = step.money.decimal
    else:
        rate = kronor_for_one(invoice)
        # What the provider holds in a third currency says nothing of kronor.
        in_kronor = step.settled is not None and step.settled.currency == "SEK"
        fields |= {
            "Amount": step.settled.decimal if step.settled and in_kronor else round_half_up(paid * rate),
            "AmountCurrency": paid,
            "Currency": step.amount.currency,
            "CurrencyRate": _exact(rate),
            "CurrencyUnit": 1,
        }
    write_off = open_after(step, context) if step.settles else Decimal(str(invoice.get("round_off") or 0))
    write_offs = [
        {"Amount": write_off.amount.decimal, "AccountNumber": write_off.account} for write_off in step.all_write_offs
    ]
    if step.takes_rounding and write_off:
        write_offs.append({"Amount": write_off, "AccountNumber": step.rounding_account})
    return fields | ({"WriteOffs": write_offs} if write_offs else {})


def _report_call(step: UploadReport | ConnectReport, context: Context) -> Call:
    if isinstance(step, UploadReport):
        return Call("POST", "/3/inbox?path=inbox_v", file=Upload(step.name, context.file))
    connection = {
        "FileId": str(context.results[ReportRef()]["number"]),
        "VoucherNumber": step.number,
        "VoucherSeries": step.series,
        "VoucherYear": step.year,
    }
    return Call("POST", "/3/voucherfileconnections", {"VoucherFileConnection": connection})


def payment_day(step: PayInvoice, context: Context) -> date:
    """The day that a payment gets: its own, or its invoice's where a person said so (fortnox-api.md 4, #7)."""
    if step.transaction_id not in context.late_payments:
        return step.day
    return max(step.day, invoice_day(step.document, context.results) or step.day)


def open_after(step: PayInvoice, context: Context) -> Decimal:
    """What all payments of a document leave open of Fortnox's total: its whole-krona rounding, with its sign."""
    paid = (Decimal(remote["paid"]) for _payment, remote in payments_on(step.document, context.results))
    earlier = sum(paid, Decimal(0))
    return Decimal(context.results[step.document]["total"]) - earlier - step.amount.decimal


def _exact(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value
