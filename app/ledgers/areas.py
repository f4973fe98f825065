"""The areas of Fortnox that Bokbro works in, and which of them a plan or a rule needs.

An area is open when the consent has its scope, the company its licence and the user the right (fortnox-api.md 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    ConnectReport,
    CreateOrder,
    EnsureArticle,
    EnsureCustomer,
    InvoiceOrder,
    MakeCredit,
    MoveArticle,
    PayInvoice,
    Step,
    UploadReport,
)
from app.posting.vouchers import CreateVoucher
from app.tenants.rules import DocumentFlow, TenantRules, WarehouseStock

ORDERS, FILES, WAREHOUSE = "orders", "files", "warehouse"
SCOPES: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer",),
    "articles": ("article",),
    "invoices": ("invoice",),
    "invoicepayments": ("payment",),
    "vouchers": ("bookkeeping",),
    ORDERS: ("order",),
    FILES: ("inbox", "connectfile"),
    WAREHOUSE: ("warehouse",),
}
"""Area → the scopes of its consent."""
OPTIONAL = (ORDERS, FILES, WAREHOUSE)
"""Areas that only some companies use. Each is asked for as a group of its own: a licence that the company lacks makes
Fortnox refuse a whole consent (fortnox-api.md 1.1)."""
BASE = tuple(area for area in SCOPES if area not in OPTIONAL)


PERMISSIONS = frozenset({"FORTNOX_SCOPE_MISSING", "FORTNOX_LICENCE_MISSING", "FORTNOX_RIGHT_MISSING"})
"""Codes of refusals for lack of a scope, a licence or a right."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Why an area is closed: the catalogue's code, Fortnox's own words, and the scope."""

    code: str
    message: str
    scope: str


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area of Fortnox and whether the connection may work in it."""

    name: str
    is_open: bool
    code: str = ""
    """Of the catalogue, where it is closed."""
    values: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False
    """Whether it is asked for only by companies that use it."""


def reported_together(closed: Mapping[str, Closed]) -> list[Finding]:
    """One finding for all areas that are closed for the same reason: one licence opens several."""
    by_code: dict[str, dict[str, Closed]] = {}
    for area, why in closed.items():
        by_code.setdefault(why.code, {})[area] = why
    return [
        Finding(
            code,
            ", ".join(areas),
            {
                "message": " ".join(dict.fromkeys(area.message for area in areas.values())),
                "scope": ", ".join(dict.fromkeys(area.scope for area in areas.values())),
            },
        )
        for code, areas in by_code.items()
    ]


def areas_of(steps: Iterable[Step]) -> tuple[str, ...]:
    """The areas that steps write in, in the order they are needed."""
    areas = [_AREA_OF[type(step)] for step in steps if type(step) in _AREA_OF]
    return tuple(dict.fromkeys(areas))


_AREA_OF: Mapping[type, str] = {
    EnsureCustomer: "customers",
    EnsureArticle: "articles",
    MoveArticle: "articles",
    CreateInvoice: "invoices",
    MakeCredit: "invoices",
    BookInvoice: "invoices",
    CreateOrder: ORDERS,
    InvoiceOrder: ORDERS,
    PayInvoice: "invoicepayments",
    BookPayment: "invoicepayments",
    CreateVoucher: "vouchers",
    UploadReport: FILES,
    ConnectReport: FILES,
}


def optional_areas_of(rules: TenantRules) -> dict[str, str]:
    """Optional area → the rule that needs it, as a tenant's rules are."""
    needed = {
        ORDERS: ("document_flow", rules.document_flow is DocumentFlow.ORDER_FIRST),
        FILES: ("attach_report", rules.attach_report),
        WAREHOUSE: ("warehouse_stock", rules.warehouse_stock is WarehouseStock.CHECK),
    }
    return {area: rule for area, (rule, is_needed) in needed.items() if is_needed}
