"""The customer of an invoice: the fallbacks for the name, and the customer number that Bokbro chooses."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum.se import orgnr

from app.model.order import NO_ADDRESS, Address, Order
from app.posting.steps import EnsureCustomer
from app.tenants.rules import CustomerPolicy, TenantRules
from app.vat import Treatment, destination
from app.vat.place_of_supply import is_over_the_counter


class NameRule(StrEnum):
    """Where a name was found: kept with the document, and said on the order's page."""

    PURCHASING_COMPANY = "purchasing_company"
    BILLING_COMPANY = "billing_company"
    BILLING_NAME = "billing_name"
    SHIPPING_COMPANY = "shipping_company"
    SHIPPING_NAME = "shipping_name"
    CUSTOMER_RECORD = "customer_record"
    EMAIL = "email"
    UNKNOWN_CUSTOMER = "unknown_customer"
    """The tenant's name for customers of whom nothing is known."""
    COUNTER_CUSTOMER = "counter_customer"
    """What the tenant calls those who buy over the counter: a simplified invoice names no buyer (ML 17 kap. 26 §)."""


@dataclass(frozen=True, slots=True)
class BuyerName:
    """A name and the rule that found it."""

    text: str
    rule: NameRule
    is_company: bool


_NO_COMPANY = frozenset(
    """privat privatperson privatkund private person consumer none null n/a na ingen inget saknas test""".split()  # noqa: SIM905
) | {"private person"}
"""What private buyers type into a field for a company that they are made to fill in (case-folded)."""


def buyer_name(order: Order, rules: TenantRules) -> BuyerName | None:
    """The first name of the chain that says anything (docs/guides/accountant.md), or None.

    None is FORTNOX_CUSTOMER_NAME_EMPTY. A name says something when letters or digits are left of it: Fortnox takes
    no emoji, and a dash names nobody.
    """
    chain = (
        (order.company, NameRule.PURCHASING_COMPANY),
        (order.bill_to.company, NameRule.BILLING_COMPANY),
        (order.bill_to.name, NameRule.BILLING_NAME),
        (order.ship_to.company, NameRule.SHIPPING_COMPANY),
        (order.ship_to.name, NameRule.SHIPPING_NAME),
        (order.buyer.name, NameRule.CUSTOMER_RECORD),
        (order.buyer.email, NameRule.EMAIL),
        (rules.unknown_customer_name, NameRule.UNKNOWN_CUSTOMER),
        (rules.counter_customer_name if is_over_the_counter(order) else "", NameRule.COUNTER_CUSTOMER),
    )
    for text, rule in chain:
        if says_something(text, is_company=rule.endswith("_company")):
            return BuyerName(" ".join(text.split()), rule, rule.endswith("_company"))
    return None


def says_something(text: str, *, is_company: bool) -> bool:
    """Whether a name is one, after what Fortnox takes none of is left out."""
    kept = unicodedata.normalize("NFKC", text)
    is_name = any(char.isalpha() or (char.isascii() and char.isdigit()) for char in kept)
    return is_name and not (is_company and " ".join(kept.casefold().strip(" .-–*").split()) in _NO_COMPANY)


_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&*+/=?^_`-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
"""One address of the characters that Fortnox takes in text (fortnox-api.md 2.3) and RFC 5321 in a mailbox."""


def usable_email(text: str) -> str:
    """The address as it is, if Fortnox surely takes it; else nothing: a changed sign mails somebody else (GDPR 5.1 d).

    Which signs Fortnox refuses in an address is not documented (docs/fortnox-unknowns.md): those it refuses in text
    (apostrophe, bar, tilde, braces) are not tried.
    """
    address = text.strip()
    return address if _EMAIL.fullmatch(address) else ""


_LEGAL_PERSON = "23456789"
"""Third digit of a legal person's number; a person's identity number has the month there (0 or 1)."""


def organisation_number(text: str) -> str:
    """`NNNNNN-NNNN` of a Swedish legal person, or nothing: a person's identity number is never sent."""
    digits = "".join(char for char in text if char.isdigit())
    digits = digits.removeprefix("16") if len(digits) == len("16NNNNNNNNNN") else digits
    is_number = orgnr.is_valid(digits) and digits[2] in _LEGAL_PERSON
    return f"{digits[:6]}-{digits[6:]}" if is_number else ""


def organisation_of(order: Order) -> str:
    """The organisation number of the company that bought; nothing for a person, or where the shop does not tell it.

    Shopify has one field for both (`taxRegistrationId`): a Swedish VAT number is SE, the organisation number and 01.
    """
    if not order.company:
        return ""
    registration = order.vat_number.replace(" ", "").upper().removeprefix("SE")
    digits = registration.removesuffix("01") if len(registration) == len("NNNNNNNNNN01") else registration
    return organisation_number(order.organisation_number) or organisation_number(digits)


def email_mark(email: str) -> str:
    """What stands for an e-mail address where it would be seen or kept: the same for every way to write it."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:12].upper() if email.strip() else ""


def customer_marks(organisation: str, email: str) -> dict[str, str]:
    """What identifies a customer record, the surest first. `organisation`: a legal person's number, or nothing."""
    return {"organisation_number": organisation, "email": email_mark(email)}


_SUFFIX = {"EUVAT": "E", "EUREVERSEDVAT": "R", "EXPORT": "X"}
"""VAT type → suffix of the number: a customer record has one type, and a buyer may have orders of several."""


def customer_number(order: Order, rules: TenantRules, treatment: Treatment | None = None) -> str:
    """The Fortnox customer number of the buyer: chosen by us, so that creating it twice is impossible.

    `O…` is a company by its organisation number, whoever there bought; `S…` the shop's customer id, `G…` a guest known
    by e-mail (hashed: the number is visible on paper), and `SHOP<country>` the collective customer. Letters and digits
    only: what Fortnox surely takes (fortnox-api.md 2.3). A business that buys without VAT has a record of its own,
    `V<VAT number>`: the EC sales list is made from it. An existing record is used where no other VAT type is needed.
    """
    if treatment and treatment.vat_number:
        return f"V{treatment.vat_number}"
    suffix = _SUFFIX.get(treatment.vat_type, "") if treatment else ""
    if order.buyer.card and not suffix:
        return order.buyer.card
    if rules.customer_policy is not CustomerPolicy.COLLECTIVE:
        if organisation := organisation_of(order):
            return f"O{organisation.replace('-', '')}{suffix}"
        if order.buyer.id:
            return f"S{order.buyer.id}{suffix}"
        if mark := email_mark(order.buyer.email):
            return f"G{mark}{suffix}"
    return f"SHOP{destination(order)}{suffix}"


def customer_record(order: Order, name: BuyerName, treatment: Treatment, rules: TenantRules) -> EnsureCustomer:
    """The customer record that must exist. A collective customer carries no personal data (accounting.md 5.5)."""
    number = customer_number(order, rules, treatment)
    if number.startswith("SHOP"):
        return EnsureCustomer(
            number=number,
            name=f"Webbkund {destination(order)}",
            name_rule="collective",
            is_company=False,
            vat_type=treatment.vat_type,
            currency=order.currency,
            address=Address(country_code=destination(order)),
        )
    return EnsureCustomer(
        number=number,
        name=name.text,
        name_rule=name.rule,
        is_company=name.is_company or bool(treatment.vat_number),
        vat_type=treatment.vat_type,
        vat_number=treatment.vat_number,
        organisation_number=organisation_of(order),
        currency=order.currency,
        email=usable_email(order.buyer.email),
        address=order.bill_to if order.bill_to != NO_ADDRESS else order.ship_to,
    )
