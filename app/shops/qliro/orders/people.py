"""Buyer and addresses of a Qliro order (qliro-api.md 2.4, 4.1). Identity numbers of persons are left where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.model.order import NO_ADDRESS, Address, Buyer
from app.shops.base import BodyNotUnderstoodError

Json = Mapping[str, Any]
_ALPHA_2 = {"SWE": "SE", "NOR": "NO", "DNK": "DK", "FIN": "FI", "DEU": "DE"}


@dataclass(frozen=True, slots=True)
class Parties:
    """Who bought, and where it goes."""

    buyer: Buyer
    bill_to: Address
    ship_to: Address
    company: str
    organisation_number: str
    vat_number: str


def read_parties(body: Json, country: str) -> Parties:
    """The parties; a company only where Qliro says so."""
    customer = _object(body, "Customer")
    bill_to = _address(_object(body, "BillingAddress"), country)
    ship_to = _address(_object(body, "ShippingAddress"), country)
    if bill_to == ship_to == NO_ADDRESS:
        ship_to = Address(country_code=country)  # where it goes decides its VAT, and the order says so
    is_company = _text(customer, "JuridicalType") == "Company"
    return Parties(
        buyer=Buyer(name=_name(customer), email=_text(customer, "Email")),
        bill_to=bill_to,
        ship_to=ship_to,
        company=bill_to.company if is_company else "",
        organisation_number=_text(customer, "PersonalNumber") if is_company else "",
        vat_number=_text(customer, "VatNumber"),
    )


def _address(row: Json, country: str) -> Address:
    care_of = _text(row, "CareOf")
    lines = [f"c/o {care_of}" if care_of else "", _text(row, "Street"), _text(row, "Street2")]
    filled = [line for line in lines if line] + ["", ""]
    code = _text(row, "CountryCode").upper()
    address = Address(
        name=_name(row),
        company=_text(row, "CompanyName"),
        address1=filled[0],
        address2=", ".join(line for line in filled[1:] if line),
        zip_code=_text(row, "PostalCode"),
        city=_text(row, "City"),
    )
    if address == NO_ADDRESS:
        return NO_ADDRESS
    found = _ALPHA_2.get(code, code) or country
    return Address(
        address.name, address.company, address.address1, address.address2, address.zip_code, address.city, found
    )


def _object(body: Json, name: str) -> Json:
    found = body.get(name) or {}
    if not isinstance(found, dict):
        raise BodyNotUnderstoodError(f"{name} is no object")
    return found


def _name(row: Json) -> str:
    return f"{_text(row, 'FirstName')} {_text(row, 'LastName')}".strip()


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
