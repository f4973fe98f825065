"""Steps on customer records."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.order import NO_ADDRESS, Address
from app.posting.references import RecordRef, Referenced, Register


@dataclass(frozen=True, slots=True)
class EnsureCustomer(Referenced):
    """The customer record must exist under a number that we choose: "already there" means done."""

    number: str
    name: str
    name_rule: str
    """Which fallback gave the name (`NameRule`)."""
    is_company: bool
    vat_type: str
    currency: str
    email: str = ""
    address: Address = NO_ADDRESS
    vat_number: str = ""
    """Of a business that buys without VAT: Fortnox makes the EC sales list from the customer record."""
    organisation_number: str = ""
    """Of a Swedish company, ten digits with a hyphen; empty when it is not known to be one."""

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.CUSTOMER, self.number)


@dataclass(frozen=True, slots=True)
class ClearWayOfDelivery(Referenced):
    """A customer record names a way of delivery that was deleted: Fortnox would refuse every document for it.

    No plan has it: it is sent before the document, where the record says so (fortnox-api.md 4, #19).
    """

    customer: str
    """The customer number."""
    way_of_delivery: str
    """The code that the record names and Fortnox does not have."""

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.CUSTOMER, self.customer, "way", self.way_of_delivery)
