"""Register records that a document needs: customers, articles, currencies, ways of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

from babel import Locale

from app.kit.http.outcome import Done
from app.ledgers.base import Sent
from app.ledgers.fortnox.text import clean, described
from app.model.finding import Finding
from app.model.order import Address
from app.posting.steps import (
    ClearWayOfDelivery,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    MoveArticle,
)

Record = EnsureCustomer | EnsureArticle | EnsureCurrency | EnsureWayOfDelivery
RecordChange = ClearWayOfDelivery | MoveArticle
"""What is changed on a record that is there."""

_WITHOUT_VAT = frozenset({"EXPORT", "EUREVERSEDVAT"})
"""VAT types of records whose prices are net."""


def card_body(step: Record) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that makes a record."""
    match step:
        case EnsureCustomer():
            return "/3/customers", {"Customer": _customer(step)}
        case EnsureArticle():
            return "/3/articles", {"Article": _article(step)}
        case EnsureCurrency():
            # The daily rate is Fortnox's own: one of ours would be a guess.
            return "/3/currencies", {"Currency": {"Code": step.code, "Description": step.code, "IsAutomatic": True}}
        case EnsureWayOfDelivery():
            way = {"Code": step.code, "Description": described(step.description, 100, step.code)}
            return "/3/wayofdeliveries", {"WayOfDelivery": way}


def change_body(step: RecordChange) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that changes a record. null clears; "" is ignored (fortnox-api.md 2.3)."""
    if isinstance(step, ClearWayOfDelivery):
        return f"/3/customers/{quote(step.customer, safe='')}", {"Customer": {"WayOfDelivery": None}}
    return f"/3/articles/{quote(step.number, safe='')}", {"Article": {"SalesAccount": step.account}}


def card_made(step: Record | RecordChange, done: Done) -> Sent:
    """What the posting log keeps of an answer."""
    if isinstance(step, ClearWayOfDelivery):
        still = way_on_card(done.data)
        return Sent(done, None, (dead_way(step),)) if still else Sent(done, {"number": step.customer, "way": ""})
    if isinstance(step, EnsureCurrency):
        lacking = rate_lacking(step, done.data)
        return Sent(done, None, (lacking,)) if lacking else Sent(done, {"number": step.code})
    return Sent(done, {"number": step.code if isinstance(step, EnsureWayOfDelivery) else step.number})


def way_on_card(data: Any) -> str:  # noqa: ANN401 - whatever Fortnox sent
    """The way of delivery on a customer record; empty text for none."""
    return str((data.get("Customer") or {}).get("WayOfDelivery") or "")


def dead_way(step: ClearWayOfDelivery) -> Finding:
    """The record could not be fixed: a person has to."""
    values = {"customer": step.customer, "way_of_delivery": step.way_of_delivery}
    return Finding("KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT", step.customer, values)


def rate_lacking(step: EnsureCurrency, data: Any) -> Finding | None:  # noqa: ANN401 - whatever Fortnox sent
    """A currency without a rate would be booked one to one."""
    rate = Decimal(str((data.get("Currency") or {}).get("BuyRate") or 0))
    return None if rate > 0 else Finding("FORTNOX_CURRENCY_NO_RATE", step.code, {"currency": step.code})


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


def _customer(step: EnsureCustomer) -> dict[str, Any]:
    return filled(
        {
            "CustomerNumber": step.number,
            "Name": clean(step.name, 1024),
            "Type": "COMPANY" if step.is_company else "PRIVATE",
            "VATType": step.vat_type,
            "Currency": step.currency,
            "CountryCode": step.address.country_code,
            "Email": step.email,  # an address is data: it is sent as it is or not at all
            "VATNumber": step.vat_number,
            "OrganisationNumber": step.organisation_number,
            "ShowPriceVATIncluded": step.vat_type not in _WITHOUT_VAT,
            **address_fields(step.address),
        }
    )


def _article(step: EnsureArticle) -> dict[str, Any]:
    return {
        "ArticleNumber": step.number,
        "Description": described(step.description, 200, step.number),
        "SalesAccount": step.account,
        # Stock is kept by the shop; a stock article would let the warehouse module zero our rows (fortnox-api.md 3.16).
        "StockGoods": False,
    }
