"""Data that a shop withholds, and the orders that depend on it.

Bookkeeping needs less than a shop knows: a consumer without a name is booked on the collective customer. Where the
outcome hangs on what is missing, the order stops and names it: unknown is no guess. `Order.refused` has the names of
the Admin API's objects (`app.shops.shopify.scopes`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from app.kit.money import Money
from app.model.finding import Finding
from app.model.order import HANDED_OVER, NO_ADDRESS, Address, LineKind, Order, TaxLine, books_day, refunds_to_book
from app.orders.planning.readiness import is_covered
from app.posting.plan import Decision, Plan, Stopped, stopped
from app.tenants.rules import EuConsumers, TenantRules
from app.vat.oss import rate_text
from app.vat.place_of_supply import ADDRESSES, is_from_till, sells_goods
from app.vat.rates import legal_rates, oss_countries

PERSONAL = frozenset({"customer", "email", "billingAddress", "shippingAddress"})
"""Protected customer data: its lack is reported once per shop, not per order."""
_NAMELESS = "Webbkund"
"""What a buyer is called whose name the shop hides, as on the collective customer."""

ScopeOf = Callable[[str], str]
"""Which scope lets an object be read."""


def with_stand_ins(order: Order, rules: TenantRules) -> Order:
    """The order with substitutes for hidden data: a name for a consumer, the country that its VAT rates indicate."""
    if not order.refused & PERSONAL:
        return order
    if _is_nameless(order):
        name = rules.unknown_customer_name or _NAMELESS
        order = replace(order, buyer=replace(order.buyer, id=None, name=name))
    country = country_by_rates(order, rules) if _hides_addresses(order) else ""
    return replace(order, ship_to=Address(country_code=country)) if country else order


def judged(decision: Decision, order: Order, scope_of: ScopeOf) -> Decision:
    """The decision, unless it depends on withheld data; with notices about what is only less exact without it."""
    if not order.refused or not isinstance(decision, Plan | Stopped):
        return decision
    missing = list(_blockers(order, scope_of))
    if missing:
        return stopped(missing)
    if isinstance(decision, Plan):
        return replace(decision, notices=(*decision.notices, *_notices(order, scope_of)))
    return decision


def country_by_rates(order: Order, rules: TenantRules) -> str:
    """The one country, of those the tenant sells to, whose law has every rate that was charged; empty: several, none.

    Goods without VAT tell no country: they may have left the EU, or been sold to a business.
    """
    rates = _charged(order)
    untaxed = [line for line in order.lines if line.is_goods and not _taxes(line.tax_lines)]
    if not rates or any(line.tax_lines or line.kind is LineKind.GOODS for line in untaxed):
        return ""
    countries = {"SE", *rules.collects_vat_for}
    countries |= set() if rules.eu_consumers is EuConsumers.STOP else set(oss_countries())
    day = books_day(order.processed_at)
    fitting = [country for country in sorted(countries) if rates <= legal_rates(country, day)]
    return fitting[0] if len(fitting) == 1 else ""


def _blockers(order: Order, scope_of: ScopeOf) -> Iterator[Finding]:
    if _hides_addresses(order) and sells_goods(order):
        charged = ", ".join(f"{rate_text(rate)} %" for rate in sorted(_charged(order))) or "0 %"
        yield Finding("SHOPIFY_ADDRESS_HIDDEN", "", {"order": order.name, "rates": charged})
    if _may_be_handed_over(order):
        scope = scope_of("fulfillmentOrders")
        yield Finding("SHOPIFY_DELIVERY_REFUSED", scope, {"order": order.name, "scope": scope})
    if "returns" in order.refused and _keeps_some(order):
        scope = scope_of("returns")
        yield Finding("SHOPIFY_RETURNS_REFUSED", scope, {"order": order.name, "scope": scope})
    if "purchasingEntity" in order.refused and _buys_as_company(order):
        scope = scope_of("purchasingEntity")
        yield Finding("SHOPIFY_COMPANY_REFUSED", scope, {"order": order.name, "scope": scope})


def _notices(order: Order, scope_of: ScopeOf) -> Iterator[Finding]:
    if "paymentTerms" in order.refused and not is_covered(order):
        scope = scope_of("paymentTerms")
        yield Finding("SHOPIFY_TERMS_REFUSED", scope, {"order": order.name, "scope": scope})


def _is_nameless(order: Order) -> bool:
    known = (order.company, order.buyer.name, order.buyer.email)
    addresses = (order.bill_to.name, order.bill_to.company, order.ship_to.name, order.ship_to.company)
    return not any(text.strip() for text in (*known, *addresses))


def _hides_addresses(order: Order) -> bool:
    """Whether the country is hidden with the addresses. What is handed over is taxed where that happens."""
    is_hidden = bool(order.refused & ADDRESSES) and order.ship_to == NO_ADDRESS and order.bill_to == NO_ADDRESS
    is_handed_over = bool(order.delivery_methods) and order.delivery_methods <= HANDED_OVER
    return is_hidden and not is_handed_over and not is_from_till(order)


def _may_be_handed_over(order: Order) -> bool:
    """Whether goods may have been picked up or sold over the counter, and it is not known where."""
    if "fulfillmentOrders" not in order.refused or order.ship_to != NO_ADDRESS or not sells_goods(order):
        return False
    if is_from_till(order):
        return not order.handover_countries
    return order.bill_to.country_code not in ("", "SE")


def _keeps_some(order: Order) -> bool:
    """Whether a refund is less than its goods without a discrepancy: a fee, or an exchange."""
    certain, _waiting = refunds_to_book(order)
    zero = Money.zero(order.currency)
    own = [refund for refund in certain if refund.amount.currency == order.currency]
    return any(refund.amount < refund.goods + (refund.discrepancy or zero) for refund in own)


def _buys_as_company(order: Order) -> bool:
    """Whether the buyer is a company by all signs: no VAT inside the EU, or an order number of its own and no name."""
    country = order.ship_to.country_code or order.bill_to.country_code
    untaxed = not _charged(order) and any(line.is_goods for line in order.lines)
    if untaxed and country in oss_countries():
        return True
    return bool(order.po_number) and not (order.bill_to.company or order.ship_to.company)


def _charged(order: Order) -> frozenset[Decimal]:
    """The rates that were charged on lines and shipping, else those of the whole order."""
    of_parts = [tax for line in order.lines for tax in line.tax_lines]
    of_parts += [tax for way in order.shipping for tax in way.tax_lines]
    return frozenset(tax.rate_percent for tax in _taxes(of_parts or order.tax_lines))


def _taxes(tax_lines: tuple[TaxLine, ...] | list[TaxLine]) -> list[TaxLine]:
    return [tax for tax in tax_lines if tax.amount]
