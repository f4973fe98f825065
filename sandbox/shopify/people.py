"""Buyers and addresses as REST writes them; every part may be missing."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.model import Json, Shop, gid
from sandbox.shopify.spec import AddressSpec, BuyerSpec

COUNTRIES = {
    "DE": "Germany",
    "DK": "Denmark",
    "FI": "Finland",
    "NO": "Norway",
    "SE": "Sweden",
    "US": "United States",
}


HIDDEN_FIELDS = frozenset({"contact_email", "email", "first_name", "last_name", "phone"})
HIDDEN_ADDRESSES = frozenset({"billing_address", "default_address", "destination", "shipping_address"})
KEPT_OF_ADDRESS = ("country", "country_code")


def without_personal_data(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """A body as an app gets it that may not see names, addresses, e-mail and phone: of an address the country is left.

    As reports have it (tests/contract/test_shopify_refusals_from_sources.py); the keys outside addresses stay, as null.
    """
    if isinstance(value, list):
        return [without_personal_data(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _without(key, item) for key, item in value.items()}


def _without(key: str, value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if key in HIDDEN_FIELDS:
        return None
    if key in HIDDEN_ADDRESSES and isinstance(value, dict):
        return {kept: value.get(kept) for kept in KEPT_OF_ADDRESS}
    return without_personal_data(value)


def full_name(first: str | None, last: str | None) -> str | None:
    """First and last name, or nothing when both are missing."""
    return " ".join(part for part in (first, last) if part) or None


def address_body(address: AddressSpec | None) -> Json | None:
    """A mailing address, or null."""
    if address is None:
        return None
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "name": full_name(address.first_name, address.last_name) or "",
        "company": address.company,
        "address1": address.address1,
        "address2": None,
        "zip": address.zip,
        "city": address.city,
        "province": None,
        "province_code": None,
        "country": COUNTRIES.get(address.country_code, address.country_code),
        "country_code": address.country_code,
        "phone": address.phone,
        "latitude": None,
        "longitude": None,
    }


def customer_body(shop: Shop, buyer: BuyerSpec) -> Json | None:
    """The customer on an order, or null for a guest."""
    if buyer.id is None:
        return None
    address = buyer.billing or AddressSpec()
    return {
        "id": buyer.id,
        "admin_graphql_api_id": gid("Customer", buyer.id),
        "first_name": address.first_name,
        "last_name": address.last_name,
        "email": buyer.email,
        "phone": address.phone,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "tax_exempt": False,
        "tax_exemptions": [],
        "currency": shop.currency,
        "default_address": address_body(buyer.billing),
    }
