"""What a person writes to describe an order: short, in Shopify's words, refused when misspelt.

The same shapes are used by scenario files and by the control interface. All amounts are decimal strings in
the shop's currency; rates are percent as text ("25", "25.5").
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt


def _decimal_text(value: str) -> str:
    Decimal(value)
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs an offset, such as +01:00")
    return value


Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d{1,2})?$")]
Percent = Annotated[str, AfterValidator(_decimal_text), Field(pattern=r"^\d+(\.\d+)?$")]
Moment = Annotated[datetime, AfterValidator(_aware)]


class Spec(BaseModel):
    """Base of all specs: an unknown key is an error, because a typing slip must not pass as a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LineSpec(Spec):
    """One line item. `tax` None means Shopify computed no tax line at all (gift cards, tips)."""

    title: str
    price: Amount
    sku: str | None = None
    quantity: PositiveInt = 1
    tax: Percent | None = "25"
    discount: Amount | None = Field(default=None, description="off this whole line, a line-level discount")
    discount_title: str = "Radrabatt"
    gift_card: bool = False
    custom: bool = Field(default=False, description="typed in by staff: neither product nor variant")
    sent: bool = Field(default=True, description="goods that are sent: false for a seat, a course, a file")
    properties: dict[str, str] = Field(default_factory=dict)


class GeneratedLines(Spec):
    """A block of distinct lines, numbered from 1: `{n}` in title and SKU becomes the number."""

    count: PositiveInt
    title: str
    sku: str
    price: Amount
    tax: Percent | None = "25"


class ShippingSpec(Spec):
    """One shipping line. `tax: follows` spreads it over the goods' rates by their value, as Shopify does."""

    title: str
    price: Amount
    tax: Percent | Literal["follows"] | None = "follows"
    discount: Amount | None = None
    code: str | None = None


class DiscountSpec(Spec):
    """An order-level discount, spread over all lines by value."""

    amount: Amount | None = None
    percent: Percent | None = None
    type: Literal["discount_code", "automatic", "manual"] = "discount_code"
    title: str = "RABATT"


class AddressSpec(Spec):
    """A mailing address; every part may be missing, as in life."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = "Storgatan 1"
    zip: str | None = "111 22"
    city: str | None = "Stockholm"
    country_code: str = "SE"
    phone: str | None = None


class BusinessSpec(Spec):
    """A B2B company with its location; the VAT number hangs on the location (shopify-api.md 3.6)."""

    id: int
    name: str
    location_id: int
    vat_number: str | None = None


class BuyerSpec(Spec):
    """Who buys. Without `id` it is a guest: the order carries no customer."""

    id: int | None = None
    email: str | None = None
    billing: AddressSpec | None = None
    shipping: AddressSpec | None = Field(default=None, description="the billing address when absent")
    business: BusinessSpec | None = None


class PaymentSpec(Spec):
    """One order transaction. Without `amount` it is all that is still outstanding."""

    gateway: str
    kind: Literal["sale", "authorization", "capture", "void"] = "sale"
    status: Literal["success", "pending", "failure", "error"] = "success"
    amount: Amount | None = None
    rounding: Amount | None = Field(default=None, description="cash rounding; not part of `amount` (3.5)")
    payment_id: str | None = None
    card: int | None = Field(default=None, description="id of the gift card; one of the transaction's own when absent")
    at: Moment | None = None


class PresentmentSpec(Spec):
    """The buyer's currency and how many of it one unit of shop currency buys."""

    currency: str
    rate: Percent


class OrderSpec(Spec):
    """A whole order as placed."""

    name: str | None = None
    processed_at: Moment | None = None
    created_at: Moment | None = Field(default=None, description="processed_at plus 2 s when absent, as live (3.1)")
    taxes_included: bool | None = Field(default=None, description="the shop's setting when absent")
    tax_exempt: bool = False
    lines: tuple[LineSpec, ...] = ()
    generated_lines: GeneratedLines | None = None
    shipping: tuple[ShippingSpec, ...] = ()
    discount: DiscountSpec | None = None
    tip: Amount | None = Field(default=None, description='a line titled "Tip" without product (3.3)')
    buyer: BuyerSpec = BuyerSpec()
    presentment: PresentmentSpec | None = None
    payments: tuple[PaymentSpec, ...] = ()
    source_name: str = "web"
    test: bool = False
    note: str | None = None
    tags: str = ""
    payment_terms_days: int | None = None
    breach: dict[str, Amount] = Field(
        default_factory=dict, description="amount added to a total after the sums: a deliberate inconsistency"
    )


class LineChoice(Spec):
    """Some of one line: by its place in the order (from 0) and how many; all that is left when no number."""

    line: int
    quantity: PositiveInt | None = None


class RefundSpec(Spec):
    """A refund. With no lines and no shipping, `amount` alone is goodwill: money without goods."""

    lines: tuple[LineChoice, ...] = ()
    shipping: Amount | Literal["all"] | None = None
    amount: Amount | None = Field(default=None, description="money paid back; the value of the goods when absent")
    restock_type: Literal["no_restock", "cancel", "return"] = "return"
    status: Literal["success", "pending", "failure"] = "success"
    money: bool = Field(default=True, description="false: goods come back from an unpaid order, no transaction")
    note: str | None = None
    at: Moment | None = None

    @classmethod
    def everything(cls, lines: int, at: datetime | None) -> RefundSpec:
        """All goods and the shipping of an order with so many lines, as a cancellation takes them back."""
        chosen = tuple(LineChoice(line=index) for index in range(lines))
        return cls(lines=chosen, shipping="all", restock_type="cancel", at=at)


class CancelSpec(Spec):
    """A cancellation. Cancelling does not by itself refund (3.1); `refund` asks for both."""

    reason: Literal["customer", "declined", "fraud", "inventory", "staff", "other"] = "customer"
    refund: bool = False
    at: Moment | None = None


class EditSpec(Spec):
    """An order edit: lines added, lines (partly) removed."""

    add: tuple[LineSpec, ...] = ()
    remove: tuple[LineChoice, ...] = ()
    at: Moment | None = None


class FulfilSpec(Spec):
    """A fulfilment of everything open, or of some lines."""

    lines: tuple[LineChoice, ...] = ()
    at: Moment | None = None


class UpdateSpec(Spec):
    """A change without money: note or tags. Fires orders/updated like any other."""

    note: str | None = None
    tags: str | None = None
    at: Moment | None = None
