"""What an order is sold as, before it becomes invoice rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.domain.commerce import LineKind, Order
from app.domain.money import Money
from app.domain.rules import TenantRules
from app.domain.vat import Scheme, Treatment

VAT_FREE = "vat_free_goods"
"""Why a row in Sweden carries no VAT: shop and tenant agree that such goods are exempt (box 42)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A gross amount at one rate, before it is spread over whole units."""

    role: str
    text: str
    quantity: int
    gross: Money
    rate: Decimal
    charged_tax: Money
    why: str
    source: str
    article_number: str | None = None
    cost_center: str = ""
    project: str = ""


def is_vat_free(kind: LineKind, treatment: Treatment, rules: TenantRules) -> bool:
    """Whether a line is an exempt supply in Sweden, and no sale that the shop forgot to charge VAT on."""
    return kind is LineKind.EXEMPT and rules.vat_free_goods and treatment.rule == Scheme.DOMESTIC


def is_sold(part: Part) -> bool:
    """Whether a part is a supply with VAT of its own: no gift card, tip, duty or debt."""
    return part.role.startswith(("sales.", "shipping.", "invoice_fee.", "oss_sales."))


def extras(order: Order, treatment: Treatment) -> list[tuple[Money | None, str]]:
    """Amounts that no rule books; duties paid with the order belong to an export (acc-22)."""
    duties = None if treatment.rule == Scheme.EXPORT else order.duties
    return [(duties, "duties"), (order.additional_fees, "additional fees")]
