"""Fortnox's refusals as findings: the catalogue's code, and every value that its text needs, from the step itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from app.catalogue import Entry, lookup, match_refusal
from app.kit.http.outcome import Refused
from app.ledgers.areas import PERMISSIONS
from app.ledgers.base import Remote, Results
from app.ledgers.fortnox.platform import FORTNOX
from app.model.finding import UNSTATED, Finding
from app.posting.documents import CreateInvoice
from app.posting.steps import (
    BookPayment,
    ClearWayOfDelivery,
    ConnectReport,
    CreateOrder,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    InvoiceOrder,
    MailInvoice,
    MoveArticle,
    PayInvoice,
    Step,
    UploadReport,
    content_of,
    document_of,
)
from app.posting.vouchers import CreateVoucher
from app.vat import rate_text

_SCOPES: Mapping[type, str] = {
    EnsureCustomer: "customer",
    EnsureArticle: "article",
    EnsureCurrency: "currency",
    EnsureWayOfDelivery: "settings",
    ClearWayOfDelivery: "customer",
    MoveArticle: "article",
    CreateOrder: "order",
    InvoiceOrder: "order",
    PayInvoice: "payment",
    BookPayment: "payment",
    CreateVoucher: "bookkeeping",
    UploadReport: "inbox",
    ConnectReport: "connectfile",
}
_Card = EnsureCustomer | EnsureArticle | EnsureCurrency | EnsureWayOfDelivery
_CARDS = (EnsureCustomer, EnsureArticle, EnsureCurrency, EnsureWayOfDelivery)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ACCOUNT = re.compile(r"\b[1-9]\d{3}\b")


def refusal(
    outcome: Refused, step: Step | None = None, results: Results | None = None, scope: str = UNSTATED
) -> Finding:
    """The catalogue's code of a refusal, Fortnox's own words, and what the step says of the thing refused.

    `results`: the ledger's answers to earlier steps. `scope`: of a reading that belongs to no step.
    """
    entry = match_refusal(FORTNOX.name, outcome.number, outcome.message, outcome.status)
    number = str(outcome.number or outcome.status)
    own_words = {"number": number, "message": outcome.message or UNSTATED, "status": str(outcome.status)}
    code = _code(entry, step)
    of_step = _of_step(step, results or {}) if step else {}
    values = {"scope": scope, **of_step, **_of_message(outcome.message), **own_words}
    placeholders = lookup(code).placeholders
    data = {name: values.get(name, UNSTATED) for name in (*own_words, *placeholders)}
    return Finding(code, str(outcome.number or ""), data)


def _code(entry: Entry | None, step: Step | None) -> str:
    code = entry.code if entry else "FORTNOX_REFUSED_UNKNOWN"
    if isinstance(step, ClearWayOfDelivery) and code not in PERMISSIONS:
        return "KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT"
    # An agency's own licence lets it make and book invoices of its clients, but not send them (fortnox.se/developer,
    # "Important change in the Fortnox API"): with which number that is refused is not documented.
    return "FORTNOX_MAY_NOT_SEND" if isinstance(step, MailInvoice) and code in PERMISSIONS else code


def _of_message(message: str) -> dict[str, str]:
    """What Fortnox's own words name."""
    days, accounts = _DAY.findall(message), _ACCOUNT.findall(_DAY.sub("", message))
    return ({"locked_until": days[-1]} if days else {}) | ({"account": accounts[0]} if accounts else {})


def _of_step(step: Step, results: Results) -> dict[str, str]:
    values = {"scope": _SCOPES.get(type(step), "invoice"), "document": _document(step, results)}
    return values | (_of_card(step) if isinstance(step, _CARDS) else _of_booking(step, results))


def _of_card(step: _Card) -> dict[str, str]:
    match step:
        case EnsureCustomer():
            return {"customer": step.number, "currency": step.currency}
        case EnsureArticle():
            return {"article": step.number, "account": str(step.account)}
        case EnsureCurrency():
            return {"currency": step.code}
        case EnsureWayOfDelivery():
            return {"way_of_delivery": step.code}


def _of_booking(step: Step, results: Results) -> dict[str, str]:
    match step:
        case CreateInvoice():
            return _of_document(step)
        case CreateOrder():
            return _of_document(step.invoice)
        case PayInvoice():
            return _of_payment(step, results)
        case CreateVoucher():
            accounts = _list(str(row.account) for row in step.rows)
            return {"date": step.day.isoformat(), "account": accounts, "document": step.reference}
        case MoveArticle():
            return {"article": step.number, "account": str(step.account)}
        case ClearWayOfDelivery():
            return {"customer": step.customer, "way_of_delivery": step.way_of_delivery}
        case _:
            return _of_made(step, results)


def _document(step: Step, results: Results) -> str:
    """Number of the document that a step is about; of one that is to be made, the order's name."""
    made = _made(step, results).get("number")
    if made:
        return str(made)
    content = content_of(step)
    return content.reference1 if content else UNSTATED


def _of_document(document: CreateInvoice) -> dict[str, str]:
    centers = (document.cost_center, *(row.cost_center for row in document.rows))
    return {
        "date": document.day.isoformat(),
        "currency": document.currency,
        "customer": document.customer_number,
        "rate": _list(rate_text(group.vat_percent) for group in document.vat),
        "account": _list(str(row.account) for row in document.rows),
        "article": _list(row.article_number or "" for row in document.rows),
        "way_of_delivery": document.way_of_delivery or UNSTATED,
        "shipping_method": document.way_of_delivery or UNSTATED,
        "terms": document.terms_of_payment or UNSTATED,
        "cost_center": _list(center or "" for center in centers),
        "document": document.reference1,
    }


def _of_payment(step: PayInvoice, results: Results) -> dict[str, str]:
    invoice = results.get(step.document, {})
    return {
        "date": step.day.isoformat(),
        "invoice_date": str(invoice.get("day") or UNSTATED),
        "payment_currency": step.amount.currency,
        "currency": str(invoice.get("currency") or step.amount.currency),
        "account": str(step.account),
        "mode_of_payment": step.mode or UNSTATED,
    }


def _of_made(step: Step, results: Results) -> dict[str, str]:
    """Of a step that goes on with a document: what Fortnox answered when that was made."""
    made = _made(step, results)
    day, currency = made.get("day"), made.get("currency")
    return ({"date": str(day)} if day else {}) | ({"currency": str(currency)} if currency else {})


def _made(step: Step, results: Results) -> Remote:
    """The answer to the step that made the document which this one is about; empty where it is about none."""
    document = document_of(step)
    return results.get(document, {}) if document else {}


def _list(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value)) or UNSTATED
