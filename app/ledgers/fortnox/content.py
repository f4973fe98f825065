"""What invoices, credit notes and orders are made of: head, texts and rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale

from app.invoicing.texts import say
from app.ledgers.fortnox.call import Context
from app.ledgers.fortnox.text import clean, described
from app.model.order import Address
from app.posting.documents import CreateInvoice, InvoiceRow


def document_head(step: CreateInvoice, context: Context) -> dict[str, Any]:
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
        "Remarks": clean(remarks(step, context), 1024),
        **address_fields(step.bill_to),
        "DeliveryName": clean(step.ship_to.company or step.ship_to.name, 1024),
        **address_fields(step.ship_to, "Delivery"),
        "DeliveryCountry": country_name(step.ship_to.country_code),
    }
    return filled(fields)


def remarks(step: CreateInvoice, context: Context) -> str:
    """A credit note names the invoice unmistakably (ML 17 kap. 22-23 §§, accounting.md 2.6)."""
    if step.credits is None:
        return step.text
    return f"{step.text} {say('credits_invoice', step.language, number=context.results[step.credits]['number'])}"


def document_row(row: InvoiceRow, context: Context) -> dict[str, Any]:
    """One row of a document."""
    known_articles = context.known_articles
    article = row.article_number if known_articles is None or row.article_number in known_articles else None
    return filled(
        {
            "AccountNumber": row.account,
            "ArticleNumber": article,
            "Description": described(row.description, 255, "Vara"),
            "DeliveredQuantity": row.quantity,
            "Price": row.unit_price.decimal,
            "VAT": exact(row.vat_percent),
            "CostCenter": row.cost_center,
            "Project": row.project,
            "StockPointCode": context.stock_point if article else None,
        }
    )


def exact(value: Decimal) -> Decimal | int:
    """A whole number without decimals."""
    return int(value) if value == value.to_integral_value() else value


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without the empty ones: Fortnox ignores "" and would keep an old value (fortnox-api.md 2.3)."""
    return {name: value for name, value in fields.items() if value not in ("", None)}


def address_fields(address: Address, prefix: str = "") -> dict[str, Any]:
    """An address as customers and documents have it."""
    return {
        f"{prefix}Address1": clean(address.address1, 1024),
        f"{prefix}Address2": clean(address.address2, 1024),
        f"{prefix}ZipCode": clean(address.zip_code, 10),
        f"{prefix}City": clean(address.city, 1024),
    }


@cache
def country_name(code: str) -> str:
    """A country as documents have it: "Sverige", and the English names of others (recorded; fortnox-api.md 4, 25)."""
    return "Sverige" if code == "SE" else clean(Locale("en").territories.get(code, ""), 1024)
