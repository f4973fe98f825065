"""An order whose delivery address moved to where other VAT is due, after it was invoiced and before it was sent.

Since API 2026-10 Shopify recalculates the taxes of an unfulfilled order when its address is changed, without an edit
(shopify.dev release notes 2026-10). The invoice is then credited and the order invoiced again, as it is taxed now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.invoicing.invoice import Invoicing, invoice_day, prepare
from app.model.finding import Finding
from app.model.order import NO_ADDRESS, Order
from app.posting.documents import CreateInvoice
from app.tenants.rules import TenantRules
from app.vat import treat

Places = Mapping[str, frozenset[tuple[int, Decimal]]]
"""Source → accounts and rates (percent) on which it would be sold now."""


def has_moved(order: Order, rules: TenantRules, documents: Sequence[CreateInvoice]) -> bool:
    """Whether the newest invoice has an address with which the order would be taxed otherwise."""
    invoices = [document for document in documents if not document.credits]
    if not invoices or order.delivered_at:
        return False  # what was sent is taxed where it went
    newest = invoices[-1]
    if newest.ship_to == newest.bill_to == NO_ADDRESS:
        return False  # made by others: where it was sent to is not known
    before = replace(order, ship_to=newest.ship_to, bill_to=newest.bill_to)
    day = invoice_day(order, rules)
    return treat(before, rules, day) != treat(order, rules, day)


def places_now(order: Order, rules: TenantRules, totals: Mapping[str, int]) -> Places | list[Finding]:
    """Where everything would be sold now, or what forbids it. `totals`: of `Answers`."""
    invoicing = prepare(order, rules, totals)
    if not isinstance(invoicing, Invoicing):
        return invoicing
    places: dict[str, frozenset[tuple[int, Decimal]]] = {}
    for row in invoicing.rows.rows:
        for source, _units in row.by_source:
            places[source] = places.get(source, frozenset()) | {(row.account, row.vat_percent)}
    return places
