"""Codes that point at registers: documents may only use what the company has (fortnox-api.md 4 #29)."""

from sandbox.fortnox.company import Company
from sandbox.fortnox.errors import FortnoxError, refused
from sandbox.fortnox.wire import Document

# field → (register, number, text). Where only the text is known the number is None.
_REFERENCES: dict[str, tuple[str, int | None, str]] = {
    "Currency": ("currencies", None, "Kunde inte hitta/hämta valuta"),
    "WayOfDelivery": ("wayofdeliveries", 2001412, "Kunde inte hämta/hitta leveranssätt"),
    "TermsOfDelivery": ("termsofdeliveries", 2001411, "Kunde inte hämta/hitta leveransvillkor"),
    "TermsOfPayment": ("termsofpayments", 2001700, "Kunde inte hämta/hitta betalningsvillkor"),
    "CostCenter": ("costcenters", None, "Kunde inte hämta/hitta kostnadsställe"),
    "Project": ("projects", None, "Kunde inte hämta/hitta projekt"),
    "PriceList": ("pricelists", 2000431, "Kan inte hitta prislistan."),
}


def check_references(company: Company, fields: Document) -> None:
    """Refuse codes that are in no register; empty ones are left alone."""
    for name, (register, code, message) in _REFERENCES.items():
        value = fields.get(name)
        if value and str(value) not in company.kind(register):
            raise FortnoxError(code, message) if code else refused(message)


def check_unit(company: Company, unit: str | None) -> None:
    """Refuse a unit that is not registered."""
    if unit and unit not in company.kind("units"):
        raise refused(f'Enheten "{unit}" finns inte.')
