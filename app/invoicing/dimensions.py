"""Cost centre and project by rule: of a row by its product number, of a document by channel, country or shop."""

from __future__ import annotations

from collections.abc import Mapping

from app.model.order import Order
from app.vat import destination

SKU, CHANNEL, COUNTRY, SHOP = "sku", "channel", "country", "shop"
"""What the name of a rule may begin with; `:` and a value follow. The first that fits in this order wins."""


def of_document(order: Order, table: Mapping[str, str], default: str | None) -> str | None:
    """The code of a whole document."""
    asked = (
        f"{CHANNEL}:{order.source_name.casefold()}",
        f"{COUNTRY}:{destination(order).casefold()}",
        f"{SHOP}:{order.shop.casefold()}",
    )
    return next((table[name] for name in asked if name in table), default)


def of_product(sku: str | None, table: Mapping[str, str]) -> str:
    """The code of a row: of the longest beginning of its product number that has one; empty, as the document's."""
    if not table or not sku:
        return ""
    key = f"{SKU}:{sku.casefold()}"
    names = [name for name in table if name.startswith(f"{SKU}:") and key.startswith(name)]
    return table[max(names, key=len)] if names else ""
