"""What tells invoices and orders apart where they are treated alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.fortnox.fields import Schema
from sandbox.fortnox.schemas.invoice import EMAIL_INFORMATION, INVOICE_ROW
from sandbox.fortnox.schemas.order import ORDER_ROW


@dataclass(frozen=True)
class DocumentShape:
    """The names and schemas of one kind of document. ``counted`` is the quantity that its sums count."""

    date: str
    rows: str
    row: Schema
    counted: str
    quantities: tuple[str, ...]
    email: Mapping[str, Any] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


INVOICE_SHAPE = DocumentShape(
    "InvoiceDate", "InvoiceRows", INVOICE_ROW, "DeliveredQuantity", ("DeliveredQuantity",), EMAIL_INFORMATION
)
# What an order's sums count is not documented: `Switches.order_totals_count`.
ORDER_SHAPE = DocumentShape(
    "OrderDate",
    "OrderRows",
    ORDER_ROW,
    "OrderedQuantity",
    ("DeliveredQuantity", "OrderedQuantity", "ReservedQuantity"),
    EMAIL_INFORMATION | {"EmailSubject": "Order {no} bifogas"},
    frozenset({"PriceExcludingVAT", "TotalExcludingVAT"}),
)
