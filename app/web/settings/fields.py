"""Every rule as a field of the form, in groups. A test keeps it complete."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.model.answers import LockedPeriod
from app.tenants.rules import (
    Advances,
    ArticleNumbers,
    ArticlePolicy,
    CustomerPolicy,
    DocumentCurrency,
    DocumentFlow,
    EmailInvoice,
    EuBusinesses,
    EuConsumers,
    Exports,
    InvoiceDay,
    ReferenceField,
    TextLanguage,
    Trigger,
    UnknownLines,
    WarehouseStock,
)


class Kind(StrEnum):
    """The form of a field's value."""

    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    AMOUNT = "amount"
    """Written in kronor, stored in öre."""
    LIST = "list"
    """Values separated by commas."""
    PAIRS = "pairs"
    """`name = value`, one per line."""
    CHANGES = "changes"
    """`provider day way`, one per line."""
    ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class Field:
    """One rule on the form. Its words are `settings.<name>` and `settings_help.<name>`."""

    name: str
    kind: Kind
    options: tuple[str, ...] = ()
    """Of a choice; an empty one where the rule may be left open."""


def _choice(name: str, values: type[StrEnum], *, optional: bool = False) -> Field:
    return Field(name, Kind.CHOICE, (*([""] if optional else []), *(value.value for value in values)))


GROUPS: dict[str, tuple[Field, ...]] = {
    "booking": (
        _choice("trigger", Trigger),
        _choice("terms_trigger", Trigger, optional=True),
        _choice("document_flow", DocumentFlow),
        _choice("invoice_day", InvoiceDay),
        Field("cut_off", Kind.FLAG),
        Field("cut_over", Kind.DAY),
        _choice("advances", Advances),
        _choice("document_currency", DocumentCurrency),
        _choice("locked_period", LockedPeriod),
    ),
    "vat": (
        Field("vat_rates", Kind.LIST),
        Field("vat_free_goods", Kind.FLAG),
        _choice("eu_consumers", EuConsumers),
        Field("oss_from", Kind.DAY),
        _choice("eu_businesses", EuBusinesses),
        _choice("exports", Exports),
        Field("collects_vat_for", Kind.LIST),
        Field("collects_above_limits", Kind.LIST),
        Field("vat_number_attributes", Kind.LIST),
        Field("untransported_sales", Kind.PAIRS),
        Field("special_supplies", Kind.PAIRS),
        Field("gift_card_rate", Kind.NUMBER),
        Field("campaign_cards", Kind.LIST),
    ),
    "money": (
        Field("gateways", Kind.PAIRS),
        Field("modes_of_payment", Kind.PAIRS),
        Field("manual_gateways_settled", Kind.LIST),
        Field("payment_reference_prefix", Kind.TEXT),
        _choice("payout_reference_field", ReferenceField),
        Field("use_merchant_reference", Kind.FLAG),
    ),
    "invoice": (
        Field("terms_of_payment", Kind.TEXT),
        Field("prepaid_terms_of_payment", Kind.TEXT),
        Field("terms", Kind.PAIRS),
        Field("ways_of_delivery", Kind.PAIRS),
        Field("require_way_of_delivery", Kind.FLAG),
        _choice("warehouse_stock", WarehouseStock),
        Field("stock_point", Kind.TEXT),
        Field("create_ways_of_delivery", Kind.FLAG),
        Field("create_currencies", Kind.FLAG),
        Field("cost_center", Kind.TEXT),
        Field("cost_centers", Kind.PAIRS),
        Field("project", Kind.TEXT),
        Field("projects", Kind.PAIRS),
        _choice("text_language", TextLanguage),
        _choice("email_invoice", EmailInvoice),
        Field("reference_prefix", Kind.TEXT),
        Field("reference_prefixes", Kind.PAIRS),
        Field("max_rows", Kind.NUMBER),
        Field("rounding_row_max", Kind.AMOUNT),
        Field("payment_tolerance", Kind.AMOUNT),
    ),
    "cards": (
        _choice("customer_policy", CustomerPolicy),
        Field("unknown_customer_name", Kind.TEXT),
        Field("counter_customer_name", Kind.TEXT),
        _choice("article_policy", ArticlePolicy),
        _choice("provider_article_policy", ArticlePolicy),
        Field("numbered_references", Kind.LIST),
        Field("provider_discounts", Kind.PAIRS),
        _choice("article_numbers", ArticleNumbers),
        Field("article_table", Kind.PAIRS),
    ),
    "payouts": (
        Field("clear_at_payout", Kind.LIST),
        Field("fee_write_off", Kind.LIST),
        Field("payout_series", Kind.TEXT),
        Field("bank_accounts", Kind.PAIRS),
        Field("clearing_accounts", Kind.PAIRS),
        Field("remainder_accounts", Kind.PAIRS),
        Field("fee_vat", Kind.PAIRS),
        Field("fee_vat_changes", Kind.CHANGES),
        Field("fees_by_month", Kind.FLAG),
        _choice("unknown_lines", UnknownLines),
        _choice("provider_not_matching", UnknownLines),
        _choice("beyond_order", UnknownLines),
        Field("attach_report", Kind.FLAG),
        Field("exchange_rates", Kind.PAIRS),
    ),
    "accounts": (Field("accounts", Kind.ACCOUNTS),),
}
