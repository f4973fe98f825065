"""Customers (fortnox-api.md 3.1)."""

import re
from typing import Any

from babel import Locale

from sandbox.fortnox.api import ApiCall, Collection, in_use
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, not_found, refused
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.money import plain
from sandbox.fortnox.resources.references import check_references
from sandbox.fortnox.schemas.customer import CUSTOMER, CUSTOMER_ROW, CUSTOMER_SEARCH
from sandbox.fortnox.wire import Document, Reply

_COUNTRIES: dict[str, Any] = dict(Locale("en").territories)
_SWEDISH_VAT_NUMBER = re.compile(r"SE\d{10}01")
_FOREIGN_VAT_NUMBER = re.compile(r"(?!SE)[A-Z]{2}[A-Z0-9+*]{2,13}")
_DELIVERY_TYPES = {"Invoice": "PRINT", "Order": "PRINT", "Offer": "PRINT"}
_TEMPLATES = dict.fromkeys(("Order", "Offer", "Invoice", "CashInvoice"), "DEFAULTTEMPLATE")
_AMOUNTS_AS_TEXT = ("InvoiceAdministrationFee", "InvoiceFreight")
"""Text on the card and a number in the list (OpenAPI: CustomerSingleItem, CustomerListItem)."""
_COUNTRY_OF = {
    "CountryCode": "Country",
    "DeliveryCountryCode": "DeliveryCountry",
    "VisitingCountryCode": "VisitingCountry",
}


class Customers(Collection):
    """The customer register. Numbers stay reserved after a delete (fortnox-api.md 4 #18)."""

    def __init__(self) -> None:
        names = {name.lower(): name for name in CUSTOMER.fields} | {"phone": "Phone1"}
        self.listing = Listing(
            "Customers",
            _row,
            search={name: names[name] for name in CUSTOMER_SEARCH},
            filters={
                "active": lambda _call, record: bool(record.fields["Active"]),
                "inactive": lambda _call, record: not record.fields["Active"],
            },
            sorts={"customernumber": "CustomerNumber", "name": "Name"},
        )

    def list(self, call: ApiCall) -> Reply:
        """List customers in order of creation."""
        return list_records(call, call.company.kind("customers").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create a customer; the next number of the series when none is sent."""
        fields = _check(call, creating=True)
        used = call.company.used_customer_numbers
        number = str(fields.get("CustomerNumber") or max((int(n) for n in used if n.isdigit()), default=0) + 1)
        if number in call.company.kind("customers"):
            raise FortnoxError(2000637, f"Kundnummer {number} används redan.")
        if number in used:
            deleted = f"Kundnummer {number} används redan. Kundnumret har redan använts men blivit raderat."
            raise FortnoxError(2000637, deleted)
        blank = CUSTOMER.blank() | {"DefaultDeliveryTypes": dict(_DELIVERY_TYPES), "DefaultTemplates": dict(_TEMPLATES)}
        used.add(number)
        record = call.company.add("customers", number, blank | fields | {"CustomerNumber": number})
        return Reply(201, _show(call, record), location="customers")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show a customer."""
        return Reply(200, _show(call, _find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change what is sent."""
        record = _find(call, key)
        if record.fields["Type"] == "UNDEFINED":
            raise FortnoxError(2001200, "Ogiltig kundtyp")
        fields = _check(call, creating=False)
        if fields.pop("CustomerNumber", key) != key:
            raise refused("Kundnumret kan inte ändras.")
        record.fields.update(fields)
        call.company.touch(record)
        return Reply(200, _show(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete a customer that no document uses."""
        _find(call, key)
        documents = [*call.company.kind("invoices").values(), *call.company.kind("orders").values()]
        if any(record.fields["CustomerNumber"] == key for record in documents):
            raise in_use(call, "Kunden används och kan inte tas bort.")
        del call.company.kind("customers")[key]
        return Reply(204, None)


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("customers").get(key)
    if record is None:
        raise not_found(2000433, "Kan inte hitta kunden.")
    return record


def _check(call: ApiCall, *, creating: bool) -> Document:
    fields = CUSTOMER.check(
        call.sent("Customer"), creating=creating, refuse_read_only=call.switches.refuse_read_only_fields
    )
    check_references(call.company, fields)
    for code_field, name_field in _COUNTRY_OF.items():
        if code_field in fields:
            fields[name_field] = _country_name(fields[code_field])
    number = fields.get("VATNumber")
    if number and not (_SWEDISH_VAT_NUMBER.fullmatch(number) or _FOREIGN_VAT_NUMBER.fullmatch(number)):
        raise FortnoxError(2004194, "Ogiltigt VAT-nummer.")
    for name, defaults in (("DefaultDeliveryTypes", _DELIVERY_TYPES), ("DefaultTemplates", _TEMPLATES)):
        if name in fields:
            fields[name] = defaults | (fields[name] if isinstance(fields[name], dict) else {})
    return fields


def _country_name(code: str | None) -> str | None:
    """Name a country: Swedish for Sweden, English for the others (fortnox-api.md 4 #25)."""
    if code is None:
        return None
    if code == "SE":
        return "Sverige"
    if len(code) == 2 and code.isalpha() and code in _COUNTRIES:
        return str(_COUNTRIES[code])
    raise refused(f"Ogiltig landskod ({code})")


def _show(call: ApiCall, record: Record) -> Document:
    texts = {name: plain(value) for name in _AMOUNTS_AS_TEXT if (value := record.fields[name]) is not None}
    return {"Customer": {"@url": call.url("customers", record.key), **record.fields, **texts}}


def _row(call: ApiCall, record: Record) -> Document:
    fields = record.fields | {"Phone": record.fields["Phone1"]}
    return {"@url": call.url("customers", record.key), **{name: fields[name] or "" for name in CUSTOMER_ROW}}
